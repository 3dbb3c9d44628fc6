"""The tally: what happened in the demo and how long it took, counted as the phones saw it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

COUNTED = (
    "posted",
    "offers_extended",
    "offers_delivered",
    "accepted",
    "declined",
    "expired",
    "booked",
    "completed",
    "unfilled",
    "double_bookings",
    "lost_events",
    "errors_5xx",
    "unanswered",
    "not_signed_in",
    "broken_phones",
)
"""The counts every report has, in the order of a chore's life."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of `values` lie (nearest rank); None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


@dataclass(slots=True)
class Tally:
    """Counts by name, and times in milliseconds by name."""

    counts: Counter[str] = field(default_factory=Counter)
    times_ms: dict[str, list[float]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    posted_at: dict[str, float] = field(default_factory=dict)
    offered_at: dict[str, float] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, by: int = 1) -> None:
        """Add to a count."""
        self.counts[what] += by

    def took(self, what: str, seconds: float) -> None:
        """Note one duration."""
        self.times_ms.setdefault(what, []).append(seconds * 1000)

    def chore_is(self, chore_id: str, state: str) -> None:
        """Where a chore stands now, as its client was told."""
        self.states[chore_id] = state

    def posting(self, chore_id: str, sent_at: float) -> None:
        """A chore was posted by a request sent at `sent_at`; its offer may be read already."""
        self.posted_at[chore_id] = sent_at
        if chore_id in self.offered_at:
            self.took("post_to_offer", self.offered_at[chore_id] - sent_at)

    def offered(self, chore_id: str, read_at: float) -> None:
        """A tasker read an offer; the first of a chore gives its time from post to offer."""
        self.count("offers_delivered")
        if chore_id in self.offered_at:
            return
        self.offered_at[chore_id] = read_at
        if chore_id in self.posted_at:
            self.took("post_to_offer", read_at - self.posted_at[chore_id])

    def chores_by_state(self) -> dict[str, int]:
        """How many chores stand where."""
        return dict(Counter(self.states.values()))

    def spread(self, what: str, *shares: float) -> dict[str, float | None]:
        """Percentiles of a duration in milliseconds, such as `{"p50": 8.1, "p99": 31.0}`."""
        values = self.times_ms.get(what, [])
        found = {f"p{round(share * 100)}": percentile(values, share) for share in shares}
        return {name: None if ms is None else round(ms, 1) for name, ms in found.items()}

    def report(self, rounds: Mapping[str, Any]) -> dict[str, Any]:
        """The report: every count, the latencies, what the rounds cost."""
        return {name: self.counts[name] for name in COUNTED} | {
            "post_to_offer_ms": self.spread("post_to_offer", 0.5, 0.99),
            "accept_ms": self.spread("accept", 0.5, 0.99),
            "rounds": dict(rounds),
            "chores_by_state": self.chores_by_state(),
            "refusals": dict(self.refusals),
        }


def broken(report: Mapping[str, Any]) -> list[str]:
    """The invariants that a report breaks, as sentences; empty when all is well."""
    faults = {
        "double_bookings": "somebody was booked twice",
        "lost_events": "events never arrived",
        "errors_5xx": "answers were server errors",
        "unanswered": "requests were never answered",
        "not_signed_in": "people could not sign in",
        "broken_phones": "phones ended in an error of their own",
    }
    found = [f"{report[name]} {what}" for name, what in faults.items() if report[name]]
    idle = [name for name in ("posted", "booked") if not report[name]]
    return found + [f"nothing was {name} at all" for name in idle]
