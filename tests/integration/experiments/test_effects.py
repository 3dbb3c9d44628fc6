"""What an experiment found out, told with its doubt, and how long one has to run."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.postgis import to_metric
from service.db.engine import Database
from service.db.tables import Booking, Chore, Experiment, Offer, Round, new_id
from service.experiments.operations import member_of_running
from tests.integration.conftest import Clock
from tests.integration.experiments.conftest import PATH, Room
from tests.support.scene import (
    HACKNEY,
    MONDAY_NOON,
    north_of,
)
from tests.support.wire import refused


class TestWithAHistory:
    """Four days of two regions, an hour's chore each: half of them matched, under b all."""

    @pytest.fixture
    async def experiment(self, room: Room, database: Database, clock: Clock) -> str:
        running = await room.started(days=4, slot_minutes=240, washout_minutes=0)
        await database.run(live_through, room=room, experiment_id=UUID(running["id"]))
        room.on(clock, days=4)
        return str(running["id"])

    async def test_the_effect_is_told_with_its_interval(self, room: Room, experiment: str) -> None:
        told = await room.read(experiment)
        effects = {each["figure"]: each for each in told["effects"]}
        fill = effects["fill_rate"]
        assert (fill["a"], fill["b"]) == (pytest.approx(0.5, abs=0.02), 1.0)
        assert fill["effect"] == pytest.approx(0.5, abs=0.02)
        assert fill["low"] <= fill["effect"] <= fill["high"]
        assert fill["low"] > 0.4
        assert effects["accept_s"]["a"] == effects["accept_s"]["b"] == 600
        assert effects["travel_s"]["b"] == 900
        assert effects["offers"]["effect"] == 0
        assert fill["blocks"] == 24

    async def test_the_plan_goes_by_what_is_recorded(self, room: Room, experiment: str) -> None:
        days = []
        for effect in (0.2, 0.05):
            answer = await room.api.post(
                f"{PATH}/plan", json={"effect": effect}, headers=room.viewer.headers
            )
            told = answer.json()
            assert answer.status_code == 200, told
            assert told["recorded_days"] == 4
            assert told["recorded_chores"] == 192
            days.append(told["days"])
        assert days[0] < days[1]
        assert days[1] % 2 == 0


async def test_a_plan_without_a_record_is_refused(room: Room) -> None:
    await room.post()
    for body, kind in (
        ({"effect": 0.1}, "too-little-recorded"),
        ({"effect": 0}, "invalid"),
        ({"effect": 0.1, "figure": "income"}, "invalid"),
    ):
        answer = await room.api.post(f"{PATH}/plan", json=body, headers=room.viewer.headers)
        refused(answer, kind)


async def live_through(session: AsyncSession, *, room: Room, experiment_id: UUID) -> None:
    """Chores of four days, each placed by the very code that posts them, with their outcomes."""
    experiment = await session.scalar(select(Experiment).where(Experiment.id == experiment_id))
    assert experiment is not None
    made = await session.execute(
        insert(Round)
        .values(
            id=new_id(), market_id=room.market.id, fence=1, started_at=MONDAY_NOON, chores=1,
            candidates=1, offers=1, dropped=0, solver="flow", snapshot_ms=1, solve_ms=1, write_ms=1,
        )
        .returning(Round.id)
    )  # fmt: skip
    round_id = made.scalar_one()
    for hour in range(96):
        for number, place in enumerate((HACKNEY, north_of(HACKNEY, 25_000))):
            at = MONDAY_NOON + timedelta(hours=hour)
            member = await member_of_running(
                session, market_id=room.market.id, cell=cell_of(place), now=at
            )
            assert member is not None
            matched = member.placement.arm == "b" or (hour + number) % 2 == 0
            chore_row = _chore(room, place, at, matched)
            chore_row.experiment_id, chore_row.arm = member.experiment_id, member.placement.arm
            chore_row.counted, chore_row.policy_version = True, member.version
            session.add(chore_row)
            await session.flush()
            if matched:
                await _book(session, room, chore_row, round_id)


def _chore(room: Room, place: LonLat, at: datetime, matched: bool) -> Chore:
    cell = cell_of(place)
    return Chore(
        id=new_id(), market_id=room.market.id, client_id=room.client.id, category="mounting",
        point=place, metric_point=to_metric(centre_of(cell), room.market.srid), cell=cell,
        address="1 Mare Street", notes="", wanted_now=True, window_start=at,
        window_end=at + timedelta(hours=1), duration_minutes=60, budget_rate=None,
        status="completed" if matched else "expired", wave=1, due_at=None, next_wave_at=None,
        match_by=at + timedelta(minutes=30), created_at=at, closed_at=at + timedelta(minutes=50),
    )  # fmt: skip


async def _book(session: AsyncSession, room: Room, row: Chore, round_id: UUID) -> None:
    accepted_at = row.created_at + timedelta(minutes=10)
    plan = {"starts_at": accepted_at, "ends_at": accepted_at + timedelta(minutes=30)}
    offer = Offer(
        id=new_id(), market_id=row.market_id, chore_id=row.id, tasker_id=room.tasker.id,
        round_id=round_id, wave=1, status="accepted", rate=2500, distance_m=900, travel_s=900,
        extended_at=row.created_at, expires_at=row.match_by, event_n=1, delivered_at=None,
        closed_at=accepted_at, closed_reason=None, **plan,
    )  # fmt: skip
    session.add(offer)
    await session.flush()
    session.add(
        Booking(
            id=new_id(), market_id=row.market_id, chore_id=row.id, tasker_id=room.tasker.id,
            client_id=row.client_id, offer_id=offer.id, status="completed", rate=2500,
            held=(accepted_at, plan["ends_at"]), created_at=accepted_at, started_at=accepted_at,
            finished_at=plan["ends_at"], closed_at=plan["ends_at"], billed_minutes=60, price=2500,
            **plan,
        )
    )  # fmt: skip
    await session.flush()
