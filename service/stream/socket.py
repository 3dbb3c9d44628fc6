"""The socket of a stream: uvicorn's websocket, with bounds that hold against a peer that reads
nothing, and a way in and out that is short.

Through ASGI alone the kernel took 3.9 MB for a stalled reader before `send` blocked, and `close`
then never returned. Here the send buffer is small, a write that stays blocked ends in
`transport.abort()`, and every close does so too after a moment. Frames are written without waiting:
the session's window bounds what is on the way, so that delivering an event to a thousand people
needs no thousand tasks. Once somebody listens, messages are given to them as they are read: the
server's way, a queue, a pause of reading and a wakened task for each, is for the handshake.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio.transports import BaseTransport
from collections.abc import Callable
from typing import Any

import structlog
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import OPEN

from notifications import close_codes

log = structlog.get_logger("dibs.stream")

SEND_BUFFER_BYTES = 64 * 1024
WRITE_BUFFER_BYTES = 64 * 1024
STALLED_S = 5.0
CLOSE_S = 2.0
CONTROLS_PER_S = 20
"""Pings, pongs and pieces of messages: what costs us work and the session never sees."""
STATE_KEY = "dibs.socket"
WHOLE_TEXT = 0x81

Hear = Callable[[str | None], None]
"""Takes a message: text, or None for a binary one."""


class StreamSocket(WebSocketsSansIOProtocol):
    """A websocket whose writes are bounded in bytes and in time. Given to uvicorn as `ws=`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stalled: asyncio.TimerHandle | None = None
        self._controls, self._controls_since = 0, 0.0
        self._hear: Hear | None = None

    def listen(self, hear: Hear) -> None:
        """Give messages to `hear` at once from now on. The endpoint, which has received whatever
        came before, then receives nothing but the end.
        """
        self._hear = hear

    def connection_made(self, transport: BaseTransport) -> None:
        """Bound the kernel's buffer and ours."""
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)

    def handle_connect(self, event: Request) -> None:
        """Let the endpoint find this socket in its scope."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"][STATE_KEY] = self

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and leave no circles: what is spared by the collector has to go without
        it.
        """
        self._stop_stall_clock()
        super().connection_lost(exc)
        self._hear = None
        self.conn.parser.close()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The endpoint has ended, and with it the use of finding this socket in the scope."""
        super().on_task_complete(task)
        self.scope["state"].pop(STATE_KEY, None)

    def pause_writing(self) -> None:
        """The buffer is full: the peer has until the clock runs out to read some."""
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_S, self._cut)

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._stop_stall_clock()
        super().resume_writing()

    def handle_ping(self) -> None:
        """Answer a ping, unless there are so many that they can only be meant to make us write."""
        if self._bearable() and self.writable.is_set():
            super().handle_ping()
        else:
            self._cut()

    def handle_pong(self, event: Frame) -> None:
        """Take a pong, though nobody asked for one."""
        if self._bearable():
            super().handle_pong(event)
        else:
            self._cut()

    def handle_cont(self, event: Frame) -> None:
        """Take a piece of a message, which may be in a few: empty ones would cost memory for as
        long as it lasts.
        """
        if self._bearable():
            super().handle_cont(event)
        else:
            self._cut()

    def handle_close(self, event: Frame) -> None:
        """The peer ends it, or agrees to."""
        super().handle_close(event)
        self._cut_soon()

    def handle_parser_exception(self) -> None:
        """The peer broke the protocol: 1002, 1007 or 1009, as websockets decided."""
        super().handle_parser_exception()
        self._cut_soon()

    def shutdown(self) -> None:
        """The node is being replaced: say 1012."""
        super().shutdown()
        self._cut_soon()

    def send_receive_event_to_app(self) -> None:
        """A message is whole: whoever listens has it."""
        if self._hear is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data, self.frames = b"".join(self.frames), []
        try:
            text = data.decode() if self.curr_msg_data_type == "text" else None
        except UnicodeDecodeError:
            self.conn.send_close(close_codes.NOT_UTF8.code)
            self.handle_parser_exception()
            return
        try:
            self._hear(text)
        except Exception:
            log.exception("stream_failed")
            self.close_now(close_codes.SERVER_ERROR.code, close_codes.SERVER_ERROR.name)

    def send_now(self, text: str) -> None:
        """Write a text frame without waiting; one that comes after the end is dropped."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        if self.conn.state is OPEN:
            self.transport.write(text_frame(text))

    def close_now(self, code: int, reason: str) -> None:
        """Write a close frame without waiting, and cut the line soon whether or not it is
        answered.
        """
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            self._cut()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_S, self._cut)

    def _bearable(self) -> bool:
        """Whether one more frame that is no message is within `CONTROLS_PER_S`."""
        now = self.loop.time()
        if now - self._controls_since >= 1:
            self._controls, self._controls_since = 0, now
        self._controls += 1
        return self._controls <= CONTROLS_PER_S

    def _cut(self) -> None:
        """Reset the connection. Without the zero linger the kernel would go on trying to deliver
        what it holds for a peer that reads nothing.
        """
        if not self.disconnected:
            peer = self.transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _cut_soon(self) -> None:
        """`transport.close()` waits until everything is written: a peer that reads nothing is
        cut.
        """
        self.loop.call_later(CLOSE_S, self._cut)

    def _stop_stall_clock(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def text_frame(text: str) -> bytes:
    r"""A whole text frame of RFC 6455, from a server: not masked.

    >>> text_frame("{}")
    b'\x81\x02{}'
    """
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((WHOLE_TEXT, size)) + data
    if size < 2**16:
        return bytes((WHOLE_TEXT, 126)) + size.to_bytes(2, "big") + data
    return bytes((WHOLE_TEXT, 127)) + size.to_bytes(8, "big") + data


def socket_of(websocket: WebSocket) -> StreamSocket:
    """The socket below a websocket; raises TypeError if uvicorn was not given
    `ws=StreamSocket`.
    """
    found = websocket.scope["state"].get(STATE_KEY)
    if not isinstance(found, StreamSocket):
        raise TypeError("the stream needs uvicorn with ws=StreamSocket")
    return found
