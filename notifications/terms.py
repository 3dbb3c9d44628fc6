"""The terms of a stream: its heartbeats, deadlines and bounds, said to the client in hello where
they concern it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ANNOUNCED = (
    "heartbeat_s",
    "idle_s",
    "ack_every",
    "ack_within_s",
    "resume_within_s",
    "max_frame_bytes",
    "frames_per_s",
)
"""The terms a client has to know; the rest bound what the server keeps for it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers a session goes by. Seconds, bytes, frames."""

    heartbeat_s: float = 25.0
    """A ping so long after the last one, or after events were last acknowledged: both show that the
    line works. Under the 30 s after which mobile networks drop silent connections.
    """
    jitter: float = 0.2
    """Pings come up to this share earlier, so that thousands of subscribers do not answer at
    once.
    """
    idle_s: float = 60.0
    """Nothing heard for this long, two unanswered pings, ends the session."""
    ack_every: int = 32
    ack_within_s: float = 1.0
    resume_within_s: float = 10.0
    window_bytes: int = 256 * 1024
    """Unacknowledged bytes on the way to one subscriber; beyond it nothing is sent until acks
    come.
    """
    unacked_for_s: float = 5.0
    """With something unacknowledged, no progress for this long ends the session."""
    max_frame_bytes: int = 4096
    frames_per_s: float = 50.0
    frames_burst: int = 100
    """An honest client sends an ack each `ack_every` events or `ack_within_s`, and a pong a
    heartbeat. An ack that moves on is not counted: who catches up on thousands sends many.
    """

    def announced(self) -> dict[str, Any]:
        """The terms that hello carries."""
        return {name: getattr(self, name) for name in ANNOUNCED}


class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` kept."""

    __slots__ = ("_at", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at = float(burst), now

    def take(self, now: float) -> bool:
        """Take one token; false if there is none."""
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Return a token: what it was taken for is not to be counted."""
        self._tokens = min(self.burst, self._tokens + 1)
