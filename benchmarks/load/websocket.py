"""As little of a websocket client as it takes to hold thousands of lines in one process.

Text frames of a server that neither fragments nor compresses; what is sent is masked with zeros,
which is a mask like any other.
"""

from __future__ import annotations

import asyncio
from asyncio.transports import BaseTransport
from typing import cast

TEXT, CLOSE, PING = 0x81, 0x88, 0x89
NO_MASK = b"\0\0\0\0"


class WebSocket(asyncio.Protocol):
    """One line. Subclasses say what they do when it opens and what with a frame."""

    __slots__ = ("_buffer", "_is_open", "_request", "transport")

    def __init__(self, host: str, path: str, subprotocols: str = "") -> None:
        offered = f"Sec-WebSocket-Protocol: {subprotocols}\r\n" if subprotocols else ""
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"{offered}\r\n"
        ).encode()
        self._buffer = b""
        self._is_open = False
        self.transport: asyncio.Transport | None = None

    def opened(self) -> None:
        """The server agreed."""

    def heard(self, text: bytes) -> None:
        """A text frame arrived."""
        raise NotImplementedError

    def ended(self) -> None:
        """The line is gone, or never came to be."""

    def say(self, text: bytes) -> None:
        """Send a text frame of less than 64 KiB."""
        if self.transport is None or self.transport.is_closing():
            return
        size = len(text)
        head = bytes((TEXT, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        self.transport.write(head + NO_MASK + text)

    def connection_made(self, transport: BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)
        self._request = b""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The line is gone."""
        self.ended()

    def data_received(self, data: bytes) -> None:
        """Take the answer to the handshake, then frame after frame."""
        if self._buffer:
            data = self._buffer + data
        at = 0 if self._is_open else self._after_handshake(data)
        while at >= 0 and (whole := frame_at(data, at)):
            kind, begins, at = whole
            if kind == TEXT:
                self.heard(data[begins:at])
            elif kind == CLOSE and self.transport:
                self.transport.close()
            elif kind == PING and self.transport:
                self.transport.write(bytes((0x8A, 0x80 | at - begins)) + NO_MASK + data[begins:at])
        self._buffer = data[max(at, 0) :]

    def _after_handshake(self, data: bytes) -> int:
        """Where frames begin; -1 while the answer is not whole, or is a refusal."""
        ends = data.find(b"\r\n\r\n")
        if ends < 0:
            return -1
        if b" 101 " not in data[:20]:
            if self.transport:
                self.transport.close()
            return -1
        self._is_open = True
        self.opened()
        return ends + 4


def frame_at(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The first byte of the unmasked frame that begins at `at`, where its payload begins and where
    it ends; None while it is not whole.
    """
    if len(data) < at + 2:
        return None
    size, begins = data[at + 1], at + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, begins = int.from_bytes(data[begins : begins + width], "big"), begins + width
    if len(data) < begins + size:
        return None
    return data[at], begins, begins + size
