"""The pace: how often a node's loops come round."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from notifications.terms import Terms


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the node's loops come round, in seconds, and how long events are kept."""

    relay_poll_s: float = 1.0
    record_s: float = 0.25
    tick_s: float = 0.5
    compare_s: float = 3.0
    revoked_s: float = 2.0
    sweep_s: float = 60.0
    events_kept: timedelta = timedelta(days=7)
    terms: Terms = field(default_factory=Terms)
