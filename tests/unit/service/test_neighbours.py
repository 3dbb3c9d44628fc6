"""Which plans of one tasker collide: on time, travel and the turn-around between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from geo.cells import cell_of, centre_of
from geo.distance import destination
from geo.points import LonLat
from service.offers.neighbours import colliding

HACKNEY = cell_of(LonLat(-0.0553, 51.5450))
FAR = cell_of(destination(centre_of(HACKNEY), 90, 8_000))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TURN_AROUND_S = 900
FIRST, SECOND = UUID(int=1), UUID(int=2)


@dataclass(frozen=True)
class Work:
    """Work at a place, an hour long."""

    cell: str
    starts_at: datetime
    round_id: UUID = FIRST

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(hours=1)


def collides(cell: str, minutes: float, mode: str = "bike") -> bool:
    """Whether work at noon in Hackney collides with work at `cell` so many minutes later."""
    other = Work(cell, NOON + timedelta(minutes=minutes))
    plan = Work(HACKNEY, NOON)
    (hit,) = colliding(plan, [other], mode=mode, turn_around_s=TURN_AROUND_S)
    return hit


@pytest.mark.parametrize("minutes", [0, 59, 74, -59, -74])
def test_work_in_one_place_needs_the_turn_around_between(minutes: float) -> None:
    assert collides(HACKNEY, minutes)


@pytest.mark.parametrize("minutes", [75, -75, 300])
def test_the_turn_around_is_enough_where_there_is_no_way_to_go(minutes: float) -> None:
    assert not collides(HACKNEY, minutes)


@pytest.mark.parametrize(("mode", "minutes"), [("bike", 120), ("walk", 200)])
def test_work_elsewhere_needs_the_travel_too(mode: str, minutes: float) -> None:
    """Eight kilometres: some forty minutes by bike, two hours on foot."""
    assert collides(FAR, 80, mode)
    assert collides(FAR, -80, mode)
    assert not collides(FAR, minutes + 10, mode)
    assert not collides(FAR, -minutes - 10, mode)


@pytest.mark.parametrize(("minutes", "hit"), [(74, True), (75, False), (-75, False)])
def test_what_a_round_planned_with_the_other_in_view_needs_the_turn_around_alone(
    minutes: float, hit: bool
) -> None:
    """Whatever the great circle says of the way: a router may have known better."""
    earlier = Work(FAR, NOON + timedelta(minutes=minutes), SECOND)
    plan = Work(HACKNEY, NOON)
    assert colliding(plan, [earlier], mode="bike", turn_around_s=TURN_AROUND_S) == [hit]


def test_nobody_else_collides_with_nothing() -> None:
    assert colliding(Work(HACKNEY, NOON), [], mode="car", turn_around_s=TURN_AROUND_S) == []
