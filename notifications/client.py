"""A reference client of `dibs.v1`: every event once and in order, across cuts, restarts and slow
lines.

    async with aclosing(Stream(door, device="phone-1", n=stored_n).events()) as events:
        async for item in events:
            apply(item)  # a Resync says: read your state over HTTP first

An event counts as dealt with, and is acknowledged, when the next one is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from random import random

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from notifications.close_codes import LOST, Reconnect, reconnect_after
from notifications.frames import (
    SUBPROTOCOL,
    TICKET_PREFIX,
    Ack,
    Event,
    Hello,
    Ping,
    Pong,
    Resume,
    Resync,
    parse_server_frame,
)

Door = Callable[[], Awaitable[tuple[str, str]]]
"""Gets the stream's URL and a fresh ticket; raises OSError where the api cannot be reached."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 30.0


class StreamEnded(Exception):
    """The server closed the stream for good; `code` is one of `notifications.close_codes`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the stream ended with {code}")
        self.code = code


class Stream:
    """One device's stream. `n` is the last event dealt with: keep it where it survives a
    restart.
    """

    def __init__(
        self, door: Door, *, device: str, n: int | None = None, jitter: Callable[[], float] = random
    ) -> None:
        self.n = n
        self._door, self._device, self._jitter = door, device, jitter
        self._unacked, self._ack_at = 0, 0.0
        self._wait_s = FIRST_WAIT_S

    async def events(self) -> AsyncGenerator[Event | Resync, None]:
        """Events and resyncs, for ever. Raises StreamEnded when coming back would be of no use."""
        while True:
            code = LOST.code
            try:
                async with aclosing(self._connection()) as items:
                    async for item in items:
                        yield item
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else LOST.code
            except (OSError, InvalidHandshake, TimeoutError):
                pass
            match reconnect_after(code):
                case Reconnect.NO:
                    raise StreamEnded(code)
                case Reconnect.AT_ONCE:
                    await asyncio.sleep(FIRST_WAIT_S * self._jitter())
                case Reconnect.BACKOFF:
                    await asyncio.sleep(self._wait_s * (0.5 + self._jitter()))
                    self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    async def _connection(self) -> AsyncGenerator[Event | Resync, None]:
        url, ticket = await self._door()
        protocols = [Subprotocol(SUBPROTOCOL), Subprotocol(TICKET_PREFIX + ticket)]
        async with connect(
            url, subprotocols=protocols, compression=None, ping_interval=None
        ) as line:
            await line.send(Resume(n=self.n, device=self._device).model_dump_json())
            hello = parse_server_frame(await line.recv(decode=True))
            if not isinstance(hello, Hello):
                raise ConnectionError("the server did not say hello")
            self._unacked = 0
            while True:
                frame = await self._next(line, hello)
                if frame is not None:
                    yield frame
                    self._done(frame.n, hello)

    async def _next(self, line: ClientConnection, hello: Hello) -> Event | Resync | None:
        """The next frame, acknowledging what is due meanwhile; a line that is silent is dead."""
        clock = asyncio.get_running_loop().time
        if self._unacked >= hello.ack_every or (self._unacked and clock() >= self._ack_at):
            self._unacked = 0
            await line.send(Ack(n=self.n or 0).model_dump_json())
        silence_s = self._ack_at - clock() if self._unacked else 2 * hello.heartbeat_s
        try:
            async with asyncio.timeout(silence_s):
                frame = parse_server_frame(await line.recv(decode=True))
        except TimeoutError:
            if not self._unacked:
                raise
            return None
        self._wait_s = FIRST_WAIT_S
        if isinstance(frame, Ping):
            await line.send(Pong().model_dump_json())
        return frame if isinstance(frame, Event | Resync) else None

    def _done(self, n: int, hello: Hello) -> None:
        self.n = n
        if not self._unacked:
            self._ack_at = asyncio.get_running_loop().time() + hello.ack_within_s / 2
        self._unacked += 1
