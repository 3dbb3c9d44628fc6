"""A booking's life through the api: on the way, at work, done and priced, or given up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.bookings.operations import give_up_waiting, note_overrun
from service.db.engine import Database
from service.db.tables import Market
from tests.integration.bookings.conftest import Scene, post, told
from tests.integration.conftest import Clock
from tests.support.scene import (
    MONDAY_NOON,
)
from tests.support.wire import refused
from tests.support.work import make_chore


async def test_a_booking_goes_from_scheduled_to_completed(
    api: httpx.AsyncClient, scene: Scene, clock: Clock, connection: psycopg.Connection
) -> None:
    states = []
    for action in ("en-route", "start", "finish"):
        clock.forward(minutes=50)
        states.append((await post(api, scene, action, scene.tasker)).json()["state"])
    assert states == ["en_route", "in_progress", "completed"]
    steps = ["booking.en_route", "booking.started", "booking.completed"]
    assert told(connection, scene.client) == steps
    assert told(connection, scene.tasker) == steps
    assert connection.execute("SELECT status FROM chores").fetchone() == ("completed",)


@pytest.mark.parametrize("ending", ["finish", "cancel", "no_show"])
async def test_a_chore_that_waits_is_looked_at_when_the_tasker_has_time_again(
    ending: str, api: httpx.AsyncClient, scene: Scene, clock: Clock, database: Database,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    async def wait(session: AsyncSession) -> UUID:
        market = (await session.scalars(select(Market))).one()
        return await make_chore(
            session, market, scene.client, status="unfilled", due_at=None,
            match_by=MONDAY_NOON + timedelta(hours=30),
        )  # fmt: skip

    waiting = await database.run(wait)
    now = clock.forward(hours=2)
    if ending == "no_show":
        assert await database.run(give_up_waiting, booking_id=scene.booking, now=now)
    elif ending == "cancel":
        await post(api, scene, "cancel", scene.tasker, reason="ill")
    else:
        await post(api, scene, "start", scene.tasker)
        await post(api, scene, "finish", scene.tasker)
    row = connection.execute("SELECT due_at FROM chores WHERE id = %s", [waiting]).fetchone()
    assert row == (now,)


async def test_an_end_waits_for_no_chore_that_somebody_else_holds(
    scene: Scene, clock: Clock, database: Database, connection: psycopg.Connection
) -> None:
    async def wait(session: AsyncSession) -> UUID:
        market = (await session.scalars(select(Market))).one()
        return await make_chore(session, market, scene.client, status="unfilled", due_at=None)

    waiting = await database.run(wait)
    with connection.transaction():
        connection.execute("SELECT FROM chores WHERE id = %s FOR UPDATE", [waiting])
        async with asyncio.timeout(5):
            now = clock.forward(hours=3)
            assert await database.run(give_up_waiting, booking_id=scene.booking, now=now)


@pytest.mark.parametrize(
    ("worked_minutes", "billed_minutes", "pence"),
    [
        (1, 60, 2500),
        (60, 60, 2500),
        (61, 75, 3125),
        (90, 90, 3750),
        (134, 135, 5625),
        (900, 240, 10000),
    ],
)
async def test_the_price_follows_the_time_worked(
    api: httpx.AsyncClient,
    scene: Scene,
    clock: Clock,
    worked_minutes: int,
    billed_minutes: int,
    pence: int,
) -> None:
    await post(api, scene, "start", scene.tasker)
    clock.forward(minutes=worked_minutes)
    done = (await post(api, scene, "finish", scene.tasker)).json()
    assert done["billed_minutes"] == billed_minutes
    assert done["price"] == {"amount": pence, "currency": "GBP"}


async def test_finishing_frees_the_taskers_time(
    api: httpx.AsyncClient, scene: Scene, clock: Clock, connection: psycopg.Connection
) -> None:
    await post(api, scene, "start", scene.tasker)
    clock.forward(minutes=1)
    await post(api, scene, "finish", scene.tasker)
    revision = connection.execute("SELECT revision FROM taskers").fetchone()
    assert revision == (2,)


async def test_an_action_said_twice_is_told_once(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    for action in ("en-route", "start", "finish"):
        first = await post(api, scene, action, scene.tasker)
        again = await post(api, scene, action, scene.tasker)
        assert (again.status_code, again.json()) == (200, first.json())
    assert len(told(connection, scene.client)) == 3


async def test_an_action_said_twice_at_once_is_told_once(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    await post(api, scene, "start", scene.tasker)
    answers = await asyncio.gather(*(post(api, scene, "finish", scene.tasker) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert told(connection, scene.tasker) == ["booking.started", "booking.completed"]


@pytest.mark.parametrize(
    ("before", "action"),
    [([], "finish"), (["en-route"], "finish"), (["start"], "en-route"), (["start"], "cancel")],
)
async def test_an_action_out_of_turn_is_refused(
    api: httpx.AsyncClient, scene: Scene, before: list[str], action: str
) -> None:
    for step in before:
        await post(api, scene, step, scene.tasker)
    answer = await post(api, scene, action, scene.tasker)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/wrong-state")


@pytest.mark.parametrize("before", [[], ["en-route"]])
async def test_work_does_not_begin_long_before_its_plan(
    api: httpx.AsyncClient, scene: Scene, clock: Clock, before: list[str]
) -> None:
    clock.forward(seconds=-1)
    for step in before:
        assert (await post(api, scene, step, scene.tasker)).status_code == 200
    answer = await post(api, scene, "start", scene.tasker)
    refused(answer, "too-early")
    assert answer.json()["earliest_at"] == "2026-11-23T12:00:00.000Z"
    clock.forward(seconds=1)
    assert (await post(api, scene, "start", scene.tasker)).json()["state"] == "in_progress"


async def test_a_no_show_makes_the_chore_due_again(
    database: Database, scene: Scene, connection: psycopg.Connection
) -> None:
    late = MONDAY_NOON + timedelta(hours=3)
    assert await database.run(give_up_waiting, booking_id=scene.booking, now=late)
    assert not await database.run(give_up_waiting, booking_id=scene.booking, now=late)
    assert connection.execute("SELECT status FROM bookings").fetchone() == ("no_show",)
    assert connection.execute("SELECT status, due_at FROM chores").fetchone() == ("open", late)
    assert told(connection, scene.client) == ["booking.no_show", "chore.reopened"]
    assert told(connection, scene.tasker) == ["booking.no_show"]


async def test_an_overrun_is_told_once(
    api: httpx.AsyncClient, database: Database, scene: Scene, connection: psycopg.Connection
) -> None:
    late = MONDAY_NOON + timedelta(hours=4)
    assert not await database.run(note_overrun, booking_id=scene.booking, now=late)
    await post(api, scene, "start", scene.tasker)
    assert await database.run(note_overrun, booking_id=scene.booking, now=late)
    assert not await database.run(note_overrun, booking_id=scene.booking, now=late)
    assert told(connection, scene.tasker) == ["booking.started", "booking.overrun"]
