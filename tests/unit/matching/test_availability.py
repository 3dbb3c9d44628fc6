"""Weekly hours on the wall -> intervals in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.availability import Hours, Interval, WeeklyHours, available, merged

LONDON = ZoneInfo("Europe/London")
ZONES = [
    LONDON,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kolkata"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, end: str) -> Hours:
    return Hours(time.fromisoformat(start), time.fromisoformat(end))


def during(start: str, end: str) -> Interval:
    return Interval(utc(start), utc(end))


EVERY_DAY_9_TO_17 = [WeeklyHours(day, span("09:00", "17:00")) for day in range(7)]


def test_the_same_hours_lie_an_hour_earlier_in_utc_after_the_clocks_go_forward() -> None:
    found = available(EVERY_DAY_9_TO_17, {}, LONDON, during("2027-03-27", "2027-03-29"))
    assert found == [
        during("2027-03-27T09:00", "2027-03-27T17:00"),
        during("2027-03-28T08:00", "2027-03-28T16:00"),
    ]


def test_a_night_over_a_gap_is_an_hour_shorter() -> None:
    nights = [WeeklyHours(5, span("22:00", "06:00"))]
    found = available(nights, {}, LONDON, during("2027-03-27", "2027-03-29"))
    assert found == [during("2027-03-27T22:00", "2027-03-28T05:00")]


def test_a_night_over_a_fold_is_an_hour_longer() -> None:
    nights = [WeeklyHours(5, span("22:00", "06:00"))]
    found = available(nights, {}, LONDON, during("2027-10-30", "2027-11-01"))
    assert found == [during("2027-10-30T21:00", "2027-10-31T06:00")]


def test_hours_within_a_gap_do_not_exist_and_hours_within_a_fold_come_twice() -> None:
    early = [WeeklyHours(6, span("01:15", "01:45"))]
    assert available(early, {}, LONDON, during("2027-03-28", "2027-03-29")) == []
    assert available(early, {}, LONDON, during("2027-10-31", "2027-11-01")) == [
        during("2027-10-31T00:15", "2027-10-31T00:45"),
        during("2027-10-31T01:15", "2027-10-31T01:45"),
    ]


def test_an_exception_replaces_the_hours_that_begin_that_day() -> None:
    exceptions = {date(2027, 1, 5): [span("12:00", "13:00")], date(2027, 1, 6): []}
    found = available(EVERY_DAY_9_TO_17, exceptions, LONDON, during("2027-01-05", "2027-01-08"))
    assert found == [
        during("2027-01-05T12:00", "2027-01-05T13:00"),
        during("2027-01-07T09:00", "2027-01-07T17:00"),
    ]


def test_a_night_that_began_before_the_range_still_counts() -> None:
    nights = [WeeklyHours(0, span("22:00", "06:00"))]
    found = available(nights, {}, LONDON, during("2027-01-05T01:00", "2027-01-05T12:00"))
    assert found == [during("2027-01-05T01:00", "2027-01-05T06:00")]


def test_a_day_from_midnight_to_midnight_is_whole() -> None:
    days = [WeeklyHours(day, span("00:00", "00:00")) for day in range(7)]
    whole = during("2027-03-20", "2027-11-20")
    assert available(days, {}, LONDON, whole) == [whole]


def test_an_empty_range_holds_nothing() -> None:
    assert available(EVERY_DAY_9_TO_17, {}, LONDON, during("2027-01-05", "2027-01-05")) == []


def test_a_weekday_outside_the_week_is_refused() -> None:
    with pytest.raises(ValueError, match="weekday"):
        available(
            [WeeklyHours(7, span("09:00", "10:00"))], {}, LONDON, during("2027-01-05", "2027-01-06")
        )


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        available(
            [],
            {},
            LONDON,
            Interval(*(at.replace(tzinfo=None) for at in during("2027-01-05", "2027-01-06"))),
        )


TIMES_OF_DAY = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
HOURS = st.builds(Hours, TIMES_OF_DAY, TIMES_OF_DAY)
WEEKS = st.lists(st.builds(WeeklyHours, st.integers(0, 6), HOURS), max_size=6)
# Fortnights around the changes of clocks of 2027 in all four zones.
STARTS = st.sampled_from(["2027-03-10", "2027-03-24", "2027-03-31", "2027-10-01", "2027-10-28"])


def on_the_wall(
    at: datetime, weekly: list[WeeklyHours], exceptions: dict[date, list[Hours]], zone: ZoneInfo
) -> bool:
    """The definition itself, an instant at a time: does the wall show a time within the hours?"""
    wall = at.astimezone(zone).replace(tzinfo=None)
    for day in (wall.date() - timedelta(days=1), wall.date()):
        hours_of_day = exceptions.get(day, [h for d, h in weekly if d == day.weekday()])
        for hours in hours_of_day:
            start = datetime.combine(day, hours.start)
            end = datetime.combine(day, hours.end)
            if hours.end <= hours.start:
                end += timedelta(days=1)
            if start <= wall < end:
                return True
    return False


@given(
    WEEKS,
    st.dictionaries(st.integers(0, 13), st.lists(HOURS, max_size=2), max_size=3),
    st.sampled_from(ZONES),
    STARTS,
    st.lists(st.integers(0, 14 * 288 - 1), min_size=20, max_size=20),
)
def test_an_instant_is_available_exactly_when_the_wall_says_so(
    weekly: list[WeeklyHours],
    by_day: dict[int, list[Hours]],
    zone: ZoneInfo,
    start: str,
    probes: list[int],
) -> None:
    first = utc(start)
    exceptions = {(first + timedelta(days=n)).date(): hours for n, hours in by_day.items()}
    found = available(weekly, exceptions, zone, Interval(first, first + timedelta(days=14)))
    assert merged(found) == found
    for probe in probes:
        at = first + timedelta(minutes=5 * probe)
        expected = on_the_wall(at, weekly, exceptions, zone)
        assert any(i.start <= at < i.end for i in found) == expected
