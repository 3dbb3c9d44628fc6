"""Experiments over HTTP: chores get their arms, keep them, and the difference is told with its
doubt.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.postgis import to_metric
from service.db.engine import Database
from service.db.tables import Booking, Chore, Experiment, Market, Offer, Round, new_id
from service.experiments.operations import member_of_running
from tests.integration.conftest import Clock
from tests.support.scene import (
    HACKNEY,
    MONDAY_NOON,
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
    north_of,
)
from tests.support.wire import chore, point, refused

PATH = "/v1/markets/london/experiments"
NEAR = {"default": {"radius_m": 3000}}
FAR = {"default": {"radius_m": 9000}}


@dataclass
class Room:
    """A market whose policy has two versions, and who is in it."""

    api: httpx.AsyncClient
    market: Market
    client: Person
    tasker: Person
    editor: Person
    viewer: Person

    def on(self, clock: Clock, **later: float) -> None:
        """Time goes on, and everybody signs in anew."""
        since = clock.forward(**later)
        self.client, self.editor, self.viewer = (
            replace(person, since=since) for person in (self.client, self.editor, self.viewer)
        )

    async def start(self, **changes: Any) -> httpx.Response:
        body = {
            "name": "9 km",
            "version_a": 2,
            "version_b": 3,
            "days": 4,
            "seed": 7,
            "reason": "is it worth it?",
        }
        return await self.api.post(PATH, json=body | changes, headers=self.editor.headers)

    async def started(self, **changes: Any) -> dict[str, Any]:
        answer = await self.start(**changes)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def read(self, experiment_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"{PATH}/{experiment_id}", headers=self.viewer.headers)
        found: dict[str, Any] = answer.json()
        return found

    async def stop(self, experiment_id: str) -> httpx.Response:
        return await self.api.post(
            f"{PATH}/{experiment_id}/stop", json={"reason": "enough"}, headers=self.editor.headers
        )

    async def post(self, at: LonLat = HACKNEY) -> str:
        answer = await self.api.post(
            "/v1/chores", json=chore(point=point(at)), headers=self.client.headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture
async def room(api: httpx.AsyncClient, database: Database) -> Room:
    async def scene(session: AsyncSession) -> Room:
        market = await make_market(session)
        editor = await make_person(session, name="Opal", operator_role="editor")
        viewer = await make_person(session, name="Vera", operator_role="viewer")
        tasker = await make_tasker(session, market)
        return Room(api, market, await make_client(session), tasker, editor, viewer)

    made = await database.run(scene)
    for version, document in enumerate((NEAR, FAR), start=1):
        answer = await api.put(
            "/v1/markets/london/policy",
            json={"document": document, "reason": "a try"},
            headers=made.editor.headers | {"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 200
    return made


async def test_chores_are_matched_under_the_version_of_their_arm_and_keep_it(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    before = await room.post()
    running = await room.started(slot_minutes=60, washout_minutes=15, resolution=6)
    clock.forward(minutes=20)
    for km in range(40):
        await room.post(north_of(HACKNEY, 800.0 * (km - 20)))
    rows = connection.execute(
        "SELECT id, experiment_id, arm, policy_version, counted FROM chores ORDER BY created_at"
    ).fetchall()
    assert (str(rows[0][0]), *rows[0][1:4]) == (before, None, None, 3)
    assert {str(row[1]) for row in rows[1:]} == {running["id"]}
    assert {row[2:4] for row in rows[1:]} == {("a", 2), ("b", 3)}
    assert all(row[4] for row in rows[1:])
    told = await room.read(running["id"])
    arms = Counter(row[2] for row in rows[1:])
    assert (told["a"]["posted"], told["b"]["posted"]) == (arms["a"], arms["b"])
    assert told["status"] == "running"
    assert told["regions"] > 1


async def test_in_a_wash_out_a_chore_has_an_arm_and_does_not_count(
    room: Room, connection: psycopg.Connection
) -> None:
    running = await room.started()
    await room.post()
    assert connection.execute("SELECT counted FROM chores").fetchone() == (False,)
    told = await room.read(running["id"])
    assert told["a"]["posted"] + told["b"]["posted"] == 1
    assert told["a"]["counted"] + told["b"]["counted"] == 0


async def test_a_policy_applied_to_open_chores_leaves_the_arms_alone(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    await room.post()
    await room.started()
    clock.forward(minutes=1)
    await room.post()
    answer = await room.api.put(
        "/v1/markets/london/policy",
        json={"document": {}, "reason": "back", "apply_to_open": True},
        headers=room.editor.headers | {"If-Match": '"3"'},
    )
    assert answer.json()["applied_to"] == 1
    rows = connection.execute("SELECT arm IS NULL, policy_version FROM chores").fetchall()
    assert sorted(rows) == [(False, rows[1][1] if not rows[1][0] else rows[0][1]), (True, 4)]
    assert {version for free, version in rows if not free} <= {2, 3}


async def test_after_its_end_and_after_a_stop_chores_have_no_arm(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    first = await room.started(days=2)
    room.on(clock, days=2)
    await room.post()
    assert (await room.read(first["id"]))["status"] == "ended"
    refused(await room.stop(first["id"]), "wrong-state")
    second = await room.started()
    stopped = await room.stop(second["id"])
    assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")
    assert (await room.stop(second["id"])).json() == stopped.json()
    clock.forward(minutes=1)
    await room.post()
    assert connection.execute("SELECT count(*) FROM chores WHERE arm IS NOT NULL").fetchone() == (
        0,
    )
    listed = await room.api.get(PATH, headers=room.viewer.headers)
    assert [each["status"] for each in listed.json()["items"]] == ["stopped", "ended"]
    audit = connection.execute("SELECT action, reason FROM audit_entries ORDER BY id").fetchall()
    assert audit[2:] == [
        ("experiment.started", "is it worth it?"),
        ("experiment.started", "is it worth it?"),
        ("experiment.stopped", "enough"),
    ]


async def test_a_scheduled_one_waits_for_its_time_and_can_be_called_off(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    waiting = await room.started(starts_at="2026-11-25T00:00:00Z")
    assert waiting["status"] == "scheduled"
    await room.post()
    assert connection.execute("SELECT arm FROM chores").fetchone() == (None,)
    assert (await room.stop(waiting["id"])).json()["status"] == "stopped"
    assert (await room.start()).status_code == 201


async def test_of_experiments_started_at_once_one_is(room: Room) -> None:
    answers = await asyncio.gather(*(room.start(seed=n) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, "experiment-runs")


async def test_sent_again_with_its_key_it_starts_once(room: Room) -> None:
    body = {"name": "x", "version_a": 1, "version_b": 2, "days": 2, "reason": "why"}
    headers = room.editor.headers | {"Idempotency-Key": "once"}
    answers = [await room.api.post(PATH, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version_b": 2}, "version_b"),
        ({"version_b": 9}, "version_b"),
        ({"version_a": 0}, "version_a"),
        ({"days": 3}, "days"),
        ({"days": 86}, "days"),
        ({"slot_minutes": 100}, "slot_minutes"),
        ({"washout_minutes": 240}, "washout_minutes"),
        ({"washout_minutes": -1}, "washout_minutes"),
        ({"resolution": 8}, "resolution"),
        ({"starts_at": "2026-11-22T00:00:00Z"}, "starts_at"),
        ({"starts_at": "yesterday"}, "starts_at"),
        ({"reason": " "}, "reason"),
        ({"name": ""}, "name"),
        ({"arm": "a"}, "arm"),
    ],
)
async def test_what_is_no_experiment_is_refused_beside_its_field(
    room: Room, changes: dict[str, Any], field: str
) -> None:
    answer = await room.start(**changes)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]
    assert (await room.api.get(PATH, headers=room.viewer.headers)).json()["items"] == []


async def test_what_is_not_there_is_not_found(room: Room) -> None:
    nobody = UUID(int=7)
    for method, path in (
        ("GET", f"{PATH}/{nobody}"),
        ("POST", f"{PATH}/{nobody}/stop"),
        ("GET", "/v1/markets/atlantis/experiments"),
    ):
        body = {"reason": "x"} if method == "POST" else None
        answer = await room.api.request(method, path, json=body, headers=room.editor.headers)
        refused(answer, "not-found")


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
