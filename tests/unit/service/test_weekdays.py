"""On which weekdays hours may begin that touch a window: the day before, and every day of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from matching.availability import Hours, Interval, WeeklyHours, available
from service.dispatch.snapshot import EVERY_DAY, weekdays_of

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def named(bits: int) -> str:
    """The days of a set of bits."""
    days = ("mo", "tu", "we", "th", "fr", "sa", "su")
    return " ".join(day for n, day in enumerate(days) if bits >> n & 1)


@pytest.mark.parametrize(
    ("starts_h", "hours", "wanted"),
    [
        (12, 4, "mo su"),
        (20, 8, "mo tu su"),
        (24 * 5 + 9, 2, "fr sa"),
        (24 * 6 + 9, 30, "mo sa su"),
    ],
)
def test_the_days_are_those_of_the_window_and_the_one_before(
    starts_h: float, hours: float, wanted: str
) -> None:
    start = MONDAY + timedelta(hours=starts_h)
    assert named(weekdays_of(Interval(start, start + timedelta(hours=hours)), LONDON)) == wanted


@pytest.mark.parametrize("days", [6, 7, 30])
def test_a_window_of_a_week_reaches_every_day(days: int) -> None:
    window = Interval(MONDAY, MONDAY + timedelta(days=days))
    assert weekdays_of(window, LONDON) == EVERY_DAY


def test_the_days_are_those_on_the_wall() -> None:
    """Half past eleven at night in UTC is Monday already in London's summer."""
    late = datetime(2026, 6, 28, 23, 30, tzinfo=UTC)
    assert named(weekdays_of(Interval(late, late + timedelta(hours=1)), LONDON)) == "mo su"


def test_nobody_who_works_then_is_left_out() -> None:
    """Every pair of a night's weekday and a window: who is available has their day among the
    bits.
    """
    for weekday in range(7):
        night = [
            WeeklyHours(
                weekday, Hours(MONDAY.replace(hour=20).time(), MONDAY.replace(hour=6).time())
            )
        ]
        for hour in range(0, 24 * 8, 3):
            start = MONDAY + timedelta(hours=hour)
            window = Interval(start, start + timedelta(hours=5))
            if available(night, {}, LONDON, window):
                assert weekdays_of(window, LONDON) >> weekday & 1
