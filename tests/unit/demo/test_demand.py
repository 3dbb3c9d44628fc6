"""The demo's demand: recorded chores at another speed, and their form on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from geo.points import LonLat
from seed_data.city import Chore
from service.demo.demand import paced

STARTS = datetime(2026, 11, 23, 12, tzinfo=UTC)
RECORDED = datetime(2025, 3, 1, 9, tzinfo=UTC)


def chore(after_s: float, *, window: bool = False) -> Chore:
    posted = RECORDED + timedelta(seconds=after_s)
    return Chore(
        posted_at=posted,
        category="cleaning",
        point=LonLat(-0.05, 51.5),
        address="1 Mare Street",
        window=(posted + timedelta(hours=2), posted + timedelta(hours=5)) if window else None,
        duration_minutes=60,
        budget_rate=None,
        notes="",
    )


def test_a_replay_at_sixty_waits_a_second_for_a_minute_and_starts_at_once() -> None:
    waits = [wait for wait, _ in paced([chore(120), chore(0), chore(60)], 60.0, STARTS)]
    assert waits == [0.0, 1.0, 1.0]


def test_a_window_keeps_its_distance_from_the_posting() -> None:
    moved = [one for _, one in paced([chore(0), chore(600, window=True)], 60.0, STARTS)]
    assert moved[0].posted_at == STARTS
    assert moved[1].posted_at == STARTS + timedelta(seconds=10)
    assert moved[1].window == (
        moved[1].posted_at + timedelta(hours=2),
        moved[1].posted_at + timedelta(hours=5),
    )
