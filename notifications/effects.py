"""What a session asks of its driver, and what the driver tells it about the store."""

from __future__ import annotations

from typing import NamedTuple

from notifications.close_codes import CloseCode


class Send(NamedTuple):
    """Write this text frame."""

    text: str


class Deliver(NamedTuple):
    """Write this text frame: it is event `n`."""

    n: int
    text: str


class Locate(NamedTuple):
    """Look up where this device stands, and answer with `located`."""

    device: str


class Read(NamedTuple):
    """Read the rows after this number, in order, and answer with `read`."""

    after: int


class Acked(NamedTuple):
    """The device stands at `n`; what lies in (after, n] it has just dealt with."""

    after: int
    n: int


class Follow(NamedTuple):
    """Tell this line of a market as it changes, if its person may watch; None: of none."""

    market: str | None


class Close(NamedTuple):
    """Close with this code. Best effort: a peer that reads nothing is cut off shortly after."""

    code: CloseCode


Effect = Send | Deliver | Locate | Read | Acked | Follow | Close


class Position(NamedTuple):
    """What the store says of a recipient and a device.

    `last` is the newest number given, `oldest` the oldest still kept (last + 1 where none is),
    `device_n` what the device acknowledged, None for a new device.
    """

    last: int
    oldest: int
    device_n: int | None
