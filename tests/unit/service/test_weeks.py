"""Weeks as queries tell them, in words."""

from __future__ import annotations

from datetime import date, time

from matching.availability import Hours, WeeklyHours
from service.dispatch.weeks import other_days, week_of

MORNING = Hours(time(9), time(12, 30))
NIGHT = Hours(time(22), time(6))


def test_a_week_is_its_hours_and_how_long_they_are_together() -> None:
    week = week_of("0 09:00:00 12:30:00,6 22:00:00 06:00:00")
    assert week.hours == (WeeklyHours(0, MORNING), WeeklyHours(6, NIGHT))
    assert week.length_s == (3.5 + 8) * 3600


def test_a_day_from_midnight_to_midnight_has_24_hours() -> None:
    assert week_of("2 00:00:00 00:00:00").length_s == 24 * 3600


def test_nobody_told_of_has_no_hours() -> None:
    assert (week_of(None).hours, week_of(None).length_s) == ((), 0)
    assert other_days(None) == {}


def test_a_date_without_times_is_a_day_off_and_one_with_several_has_them_all() -> None:
    told = "2026-12-24 09:00:00 12:30:00,2026-12-25,2026-12-24 22:00:00 06:00:00"
    assert other_days(told) == {date(2026, 12, 24): [MORNING, NIGHT], date(2026, 12, 25): []}
