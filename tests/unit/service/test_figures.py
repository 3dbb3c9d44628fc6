"""Figures of a market: what counts as filled, how long it took, and for which hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.figures.reckoning import (
    Fill,
    PostedChore,
    by_hour,
    fill_by,
    fill_of,
    quantiles,
    waits_s,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def chore(
    status: str, *, taken_after_s: float | None = None, category: str = "mounting", at: float = 0
) -> PostedChore:
    posted = NOON + timedelta(minutes=at)
    taken = None if taken_after_s is None else posted + timedelta(seconds=taken_after_s)
    return PostedChore(category, None, status, posted, taken)


def test_a_chore_that_was_taken_is_filled_whatever_came_of_it() -> None:
    chores = [chore("booked", taken_after_s=5), chore("cancelled", taken_after_s=5)]
    assert fill_of(chores) == Fill(posted=2, filled=2, missed=0)


def test_the_rate_is_of_what_was_decided() -> None:
    chores = [chore("completed", taken_after_s=5), chore("unfilled"), chore("expired")]
    assert fill_of([*chores, chore("open"), chore("cancelled")]).rate == pytest.approx(1 / 3)
    assert fill_of([chore("open")]).rate is None


def test_those_with_the_most_missed_come_first() -> None:
    chores = [chore("booked", taken_after_s=1), chore("expired", category="moving")]
    assert list(fill_by(chores, lambda each: each.category)) == ["moving", "mounting"]


def test_waits_are_those_of_the_taken() -> None:
    waits = waits_s([chore("booked", taken_after_s=s) for s in (10, 20, 30)] + [chore("open")])
    assert (waits.count, waits.p50) == (3, 20)
    assert quantiles([]).p50 is None


def test_every_hour_is_there_and_holds_what_was_posted_in_it() -> None:
    chores = [chore("open", at=5), chore("open", at=59), chore("open", at=125)]
    hours = by_hour(chores, NOON, NOON + timedelta(hours=3))
    assert [at for at, _ in hours] == [NOON + timedelta(hours=n) for n in range(3)]
    assert [fill.posted for _, fill in hours] == [2, 0, 1]


def test_what_is_at_the_very_end_belongs_to_the_last_hour() -> None:
    hours = by_hour([chore("open", at=180)], NOON, NOON + timedelta(hours=3))
    assert [fill.posted for _, fill in hours] == [0, 0, 1]
