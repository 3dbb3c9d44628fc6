"""Figures from rows: fill rates, waits, and the hours they belong to. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np

K = TypeVar("K")

MISSED = frozenset({"unfilled", "expired"})


@dataclass(frozen=True, slots=True)
class PostedChore:
    """A chore of the past hours: where it stands, in which district, when it was taken."""

    category: str
    district: str | None
    status: str
    posted_at: datetime
    taken_at: datetime | None

    @property
    def is_filled(self) -> bool:
        """Whether somebody took it."""
        return self.taken_at is not None

    @property
    def is_missed(self) -> bool:
        """Whether nobody did, and its waves or its time are over."""
        return self.taken_at is None and self.status in MISSED


@dataclass(frozen=True, slots=True)
class Fill:
    """How many were posted, filled and missed; `rate` of those decided, None where none is."""

    posted: int
    filled: int
    missed: int

    @property
    def rate(self) -> float | None:
        """The share of the decided ones that were filled."""
        decided = self.filled + self.missed
        return self.filled / decided if decided else None


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of so many values, the middle and the tail."""

    count: int
    p50: float | None
    p90: float | None
    p99: float | None


def fill_of(chores: Sequence[PostedChore]) -> Fill:
    """How these fared."""
    filled = sum(chore.is_filled for chore in chores)
    return Fill(len(chores), filled, sum(chore.is_missed for chore in chores))


def declined_of(accepted: int, declined: int, ignored: int) -> float | None:
    """The share declined of the offers that somebody could answer and whose answer counts; None
    without any. Those withdrawn because somebody was sooner say nothing.
    """
    answered = accepted + declined + ignored
    return declined / answered if answered else None


def fill_by(chores: Sequence[PostedChore], key: Callable[[PostedChore], K]) -> dict[K, Fill]:
    """How they fared by something, those with the most missed first."""
    groups: dict[K, list[PostedChore]] = {}
    for chore in chores:
        groups.setdefault(key(chore), []).append(chore)
    fills = {name: fill_of(group) for name, group in groups.items()}
    return dict(sorted(fills.items(), key=lambda item: (-item[1].missed, -item[1].posted)))


def waits_s(chores: Sequence[PostedChore]) -> Quantiles:
    """Seconds from post to acceptance, of those that were taken."""
    return quantiles(
        [(chore.taken_at - chore.posted_at).total_seconds() for chore in chores if chore.taken_at]
    )


def by_hour(
    chores: Sequence[PostedChore], since: datetime, now: datetime
) -> list[tuple[datetime, Fill]]:
    """Every hour from `since` until `now`, those without a chore too."""
    hours = max(1, math.ceil((now - since) / timedelta(hours=1)))
    groups: list[list[PostedChore]] = [[] for _ in range(hours)]
    for chore in chores:
        at = int((chore.posted_at - since) / timedelta(hours=1))
        groups[min(max(at, 0), hours - 1)].append(chore)
    return [(since + timedelta(hours=n), fill_of(group)) for n, group in enumerate(groups)]


def quantiles(values: Sequence[float]) -> Quantiles:
    """The middle and the tail of some values."""
    if not values:
        return Quantiles(0, None, None, None)
    p50, p90, p99 = np.percentile(np.array(values), [50, 90, 99]).tolist()
    return Quantiles(len(values), p50, p90, p99)
