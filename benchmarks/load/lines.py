"""The three kinds of lines that listeners hold: dibs, a bare websocket, Socket.IO."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.load.schedule import now_us
from benchmarks.load.websocket import WebSocket

EVENT = b'{"frame":"event","n":'
PING_FRAME = b'{"frame":"ping"}'
PONG_FRAME = b'{"frame":"pong"}'
MARK = b"-7000-8000-"
"""What stands before the twelve digits of a marked id: microseconds of the monotonic clock."""
ACK_EVERY, ACK_WITHIN_US = 32, 500_000


def marked_id(scheduled_us: int) -> str:
    """A UUID that says when its event was scheduled."""
    return f"00000000-0000{MARK.decode()}{scheduled_us & 0xFFFF_FFFF_FFFF:012x}"


def mark_of(text: bytes) -> int | None:
    """When the event in this frame was scheduled; None if nothing in it is marked."""
    found = text.find(MARK)
    return None if found < 0 else int(text[found + 11 : found + 23], 16)


@dataclass
class Heard:
    """What the lines of one process have heard, and who is to acknowledge something by when."""

    keep: Callable[[bytes, int, str], None]
    opened: int = 0
    ended: int = 0
    owing: deque[tuple[int, DibsLine]] = field(default_factory=deque)

    def acknowledge(self, now: int) -> None:
        """Have those say what they have dealt with for whom it is time."""
        while self.owing and self.owing[0][0] <= now:
            self.owing.popleft()[1].acknowledge()


class Line(WebSocket):
    """A line of one of the kinds; `ready` once it is through with its greetings, or gone."""

    __slots__ = ("_all", "ready", "token")

    def __init__(self, everything: Heard, *where: str) -> None:
        super().__init__(*where)
        self._all = everything
        self.token = ""
        self.ready = asyncio.get_running_loop().create_future()

    def _ready(self) -> None:
        self._all.opened += 1
        self.ready.set_result(None)

    def opened(self) -> None:
        """A bare line is ready with its handshake."""
        self._ready()

    def heard(self, text: bytes) -> None:
        """An event."""
        self._all.keep(text, now_us(), self.token)

    def ended(self) -> None:
        """Counted: none should."""
        self._all.ended += 1
        if not self.ready.done():
            self.ready.set_result(None)


class BareLine(Line):
    """A line to a server that only pushes."""

    __slots__ = ()


class DibsLine(Line):
    """A line of `dibs.v1` that acknowledges as the reference client does."""

    __slots__ = ("_acked", "_n")

    def __init__(self, everything: Heard, host: str, path: str, ticket: str) -> None:
        super().__init__(everything, host, path, f"dibs.v1, ticket.{ticket}")
        self._n = self._acked = 0

    def opened(self) -> None:
        """Resume from now on."""
        self.say(b'{"frame":"resume","n":null,"device":"phone"}')

    def heard(self, text: bytes) -> None:
        """Hello makes it ready; events are kept and acknowledged, pings answered."""
        if text.startswith(EVENT):
            self._all.keep(text, now := now_us(), self.token)
            if self._n == self._acked:
                self._all.owing.append((now + ACK_WITHIN_US, self))
            self._n = int(text[len(EVENT) : text.index(b",", len(EVENT))])
            if self._n - self._acked >= ACK_EVERY:
                self.acknowledge()
        elif text == PING_FRAME:
            self.say(PONG_FRAME)
        elif not self.ready.done():
            self._ready()

    def acknowledge(self) -> None:
        """Say up to where everything is dealt with."""
        if self._acked < self._n:
            self._acked = self._n
            self.say(b'{"frame":"ack","n":%d}' % self._n)


class RoomLine(Line):
    """A line of Socket.IO: Engine.IO's packets, and a connect to the default namespace."""

    __slots__ = ()

    def opened(self) -> None:
        """The server speaks first."""

    def heard(self, text: bytes) -> None:
        """Opened: connect. Connected: ready. Ping: pong. Event: kept."""
        if text.startswith(b"42"):
            super().heard(text)
        elif text == b"2":
            self.say(b"3")
        elif text.startswith(b"40"):
            self._ready()
        elif text.startswith(b"0"):
            self.say(b"40")


KINDS: dict[str, Callable[..., Line]] = {"dibs": DibsLine, "bare": BareLine, "rooms": RoomLine}
PATHS = {"dibs": "/v1/stream", "bare": "/", "rooms": "/socket.io/?EIO=4&transport=websocket"}
