"""As little of an HTTP client as it takes: kept connections with one request at a time, requests
written beforehand, callbacks instead of tasks.
"""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import cast

REOPEN_S = 0.2
Done = Callable[[int, bytes], None]
"""Called with the status and the body; status 0 where the connection broke."""


def post(path: str, token: str, body: bytes = b"") -> bytes:
    """A POST as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nHost: dibs\r\nAuthorization: Bearer {token}\r\n"
    kind = "Content-Type: application/json\r\n" if body else ""
    return f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, pool: Pool) -> None:
        self._pool, self._buffer = pool, b""
        self._done: Done | None = None
        self._transport: asyncio.Transport | None = None

    def ask(self, request: bytes, done: Done) -> None:
        self._done = done
        cast("asyncio.Transport", self._transport).write(request)

    def connection_made(self, transport: BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        ends = self._buffer.find(b"\r\n\r\n")
        if ends < 0:
            return
        head = self._buffer[:ends].lower()
        at = head.find(b"content-length:") + 15
        size = int(head[at : head.find(b"\r", at) if b"\r" in head[at:] else len(head)])
        if len(self._buffer) >= ends + 4 + size:
            body, self._buffer = self._buffer[ends + 4 :], b""
            self._finish(int(head[9:12]), body)
            self._pool.free(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._finish(0, b"")
        self._pool.lost(self)

    def _finish(self, status: int, body: bytes) -> None:
        if self._done is not None:
            done, self._done = self._done, None
            done(status, body)


class Pool:
    """Connections to one server; requests wait for a free one in order."""

    def __init__(self) -> None:
        self._idle: list[_Connection] = []
        self._waiting: deque[tuple[bytes, Done]] = deque()
        self._port = 0
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self, port: int, connections: int) -> None:
        """Open so many connections; each that the server closes is replaced."""
        self._port = port
        for _ in range(connections):
            await self._open()

    async def _open(self) -> None:
        _, line = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self), "127.0.0.1", self._port
        )
        self.free(line)

    async def _reopen(self) -> None:
        while True:
            with suppress(OSError):
                return await self._open()
            await asyncio.sleep(REOPEN_S)

    def lost(self, line: _Connection) -> None:
        """A connection was closed: the server keeps an idle one for seconds only."""
        if line in self._idle:
            self._idle.remove(line)
        task = asyncio.create_task(self._reopen())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def ask(self, request: bytes, done: Done) -> None:
        """Send a request as soon as a connection is free."""
        if self._idle:
            self._idle.pop().ask(request, done)
        else:
            self._waiting.append((request, done))

    def free(self, line: _Connection) -> None:
        """A connection has its answer."""
        if self._waiting:
            line.ask(*self._waiting.popleft())
        else:
            self._idle.append(line)
