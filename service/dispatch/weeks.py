"""Weeks: taskers' hours as queries tell them in words, made what the matcher takes.

Rounds that follow each other read the same people's weeks again and again, and clocks on walls show
few different times: each is parsed once. Told in words, a week costs the database half of what an
array of JSON does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

from matching.availability import Hours, WeeklyHours

DAY = timedelta(days=1)
KEPT = 20_000
"""Weeks remembered, some 2 KB each."""


@dataclass(frozen=True, slots=True)
class Week:
    """Weekly hours, and how long they are together, in seconds."""

    hours: Sequence[WeeklyHours]
    length_s: float


@lru_cache(KEPT)
def week_of(told: str | None) -> Week:
    """The week told as "0 09:00:00 17:00:00,1 ..." (weekday, start, end); None: no hours."""
    hours = tuple(
        WeeklyHours(int(day), hours_of(starts, ends)) for day, starts, ends in _words(told)
    )
    return Week(hours, sum(_length_s(each.hours) for each in hours))


def other_days(told: str | None) -> dict[date, list[Hours]]:
    """The dates that differ from the week, told as "2026-12-24 09:00:00 12:00:00,2026-12-25"; one
    without times is a day off.
    """
    found: dict[date, list[Hours]] = defaultdict(list)
    for day, *times in _words(told):
        found[date.fromisoformat(day)] += [hours_of(*times)] if times else []
    return found


def _words(told: str | None) -> list[list[str]]:
    return [each.split() for each in told.split(",")] if told else []


@lru_cache(KEPT)
def hours_of(starts: str, ends: str) -> Hours:
    """Hours from and to times such as 09:00:00."""
    return Hours(time.fromisoformat(starts), time.fromisoformat(ends))


@lru_cache(KEPT)
def _length_s(hours: Hours) -> float:
    """Seconds of the hours; an end at or before the start lies on the next day."""
    start, end = (timedelta(hours=t.hour, minutes=t.minute, seconds=t.second) for t in hours)
    return (end - start + (DAY if end <= start else timedelta(0))).total_seconds()
