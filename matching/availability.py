"""Weekly hours and their exceptions, in wall-clock time of a zone -> half-open UTC intervals.

A tasker is available at an instant when the clock on the wall of the market then shows a time
within their hours. That one sentence decides the days on which clocks change: hours that a gap
skips do not exist, hours that a fold repeats count twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


class Interval(NamedTuple):
    """A half-open stretch of time [start, end), both aware and in UTC."""

    start: datetime
    end: datetime


class Hours(NamedTuple):
    """A span of wall-clock time. An `end` at or before `start` lies on the next day, so 22:00-06:00
    is a night and 00:00-00:00 a whole day.
    """

    start: time
    end: time


class WeeklyHours(NamedTuple):
    """Hours that begin on a weekday (Monday is 0)."""

    weekday: int
    hours: Hours


def available(
    weekly: Iterable[WeeklyHours],
    exceptions: Mapping[date, Sequence[Hours]],
    zone: ZoneInfo,
    during: Interval,
) -> list[Interval]:
    """The UTC intervals within `during` in which somebody with these hours is available.

    An exception replaces the weekly hours that would begin on its date; an empty one closes the day
    (a night that began the day before still runs to its end). Overlapping and touching spans are
    merged; the result is sorted and disjoint. Raises ValueError if a weekday is not 0-6 or `during`
    is not aware.
    """
    by_weekday: dict[int, list[Hours]] = {}
    for weekday, hours in weekly:
        if not 0 <= weekday <= 6:
            raise ValueError(f"weekday must be 0 (Monday) to 6 (Sunday), got {weekday}")
        by_weekday.setdefault(weekday, []).append(hours)
    found: list[Interval] = []
    for stretch in _stretches_of_one_offset(zone, during):
        offset = stretch.start.astimezone(zone).utcoffset() or timedelta(0)
        for start, end in _wall_spans(by_weekday, exceptions, stretch, offset):
            clipped = Interval(max(start, stretch.start), min(end, stretch.end))
            if clipped.start < clipped.end:
                found.append(clipped)
    return merged(found)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as sorted, disjoint, non-touching intervals; empty ones vanish."""
    result: list[Interval] = []
    for interval in sorted(i for i in intervals if i.start < i.end):
        if result and interval.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, interval.end))
        else:
            result.append(interval)
    return result


def _wall_spans(
    by_weekday: Mapping[int, Sequence[Hours]],
    exceptions: Mapping[date, Sequence[Hours]],
    stretch: Interval,
    offset: timedelta,
) -> Iterator[Interval]:
    """Spans that touch the stretch, as instants under its one offset (hours of the day before may
    still run).
    """
    day = (stretch.start + offset).date() - _DAY
    last = (stretch.end + offset).date()
    while day <= last:
        for hours in exceptions.get(day, by_weekday.get(day.weekday(), ())):
            start = datetime.combine(day, hours.start, UTC) - offset
            end = datetime.combine(day, hours.end, UTC) - offset
            yield Interval(start, end if hours.end > hours.start else end + _DAY)
        day += _DAY


@lru_cache(maxsize=4096)
def _stretches_of_one_offset(zone: ZoneInfo, during: Interval) -> tuple[Interval, ...]:
    """`during` cut where the zone's offset from UTC changes (at most once a day, as in every real
    zone). Remembered, since the candidates of a chore are all asked about its window.
    """
    return tuple(_cut_by_offset(zone, during))


def _cut_by_offset(zone: ZoneInfo, during: Interval) -> Iterator[Interval]:
    if during.start.tzinfo is None or during.end.tzinfo is None:
        raise ValueError("during must have aware times")
    start, limit = during.start.astimezone(UTC), during.end.astimezone(UTC)
    at = start
    while at < limit:
        ahead = min(at + _DAY, limit)
        if _offset(zone, at) != _offset(zone, ahead):
            change = _first_with_other_offset(zone, at, ahead)
            yield Interval(start, change)
            start = ahead = change
        at = ahead
    if start < limit:
        yield Interval(start, limit)


def _first_with_other_offset(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The change of offset in (before, after], to the second: transitions lie on whole seconds."""
    low, high = int(before.timestamp()), -int(-after.timestamp() // 1)
    offset = _offset(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == offset:
            low = middle
        else:
            high = middle
    return min(datetime.fromtimestamp(high, UTC), after)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
