"""A booking's life through the api: on the way, at work, done and priced, or given up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from service.bookings.operations import give_up_waiting, note_overrun
from service.db.engine import Database
from service.db.tables import Market
from tests.integration.conftest import Clock
from tests.support.scene import (
    HACKNEY,
    MONDAY_NOON,
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
)
from tests.support.wire import refused
from tests.support.work import make_booking, make_chore


class Scene:
    """A booking of two hours from now, one hour long, at 25 pounds an hour."""

    client: Person
    tasker: Person
    operator: Person
    viewer: Person
    booking: UUID


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene()

    async def make(session: AsyncSession) -> None:
        market = await make_market(session)
        made.client = await make_client(session)
        made.tasker = await make_tasker(session, market)
        made.operator = await make_person(session, operator_role="editor")
        made.viewer = await make_person(session, operator_role="viewer")
        made.booking = await make_booking(session, market, made.client, made.tasker)

    await database.run(make)
    return made


async def post(
    api: httpx.AsyncClient, scene: Scene, action: str, who: Person, **body: Any
) -> httpx.Response:
    path = f"/v1/bookings/{scene.booking}/{action}"
    return await api.post(path, headers=who.headers, json=body or None)


def told(connection: psycopg.Connection, person: Person) -> list[str]:
    found = connection.execute(
        "SELECT type FROM events WHERE recipient_id = %s ORDER BY n", [person.id]
    )
    return [str(row[0]) for row in found]


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


async def test_a_client_who_cancels_cancels_the_chore(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    answer = await post(api, scene, "cancel", scene.client, reason="Done it myself.")
    assert answer.json()["cancelled_by"] == "client"
    chore = connection.execute("SELECT status, due_at, closed_at FROM chores").fetchone()
    assert chore == ("cancelled", None, MONDAY_NOON)
    assert told(connection, scene.client) == ["booking.cancelled", "chore.cancelled"]
    assert told(connection, scene.tasker) == ["booking.cancelled"]


async def test_a_tasker_who_cancels_makes_the_chore_due_again(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    answer = await post(api, scene, "cancel", scene.tasker, reason="My van broke down.")
    assert answer.json()["cancelled_by"] == "tasker"
    chore = connection.execute("SELECT status, due_at, closed_at FROM chores").fetchone()
    assert chore == ("open", MONDAY_NOON, None)
    assert told(connection, scene.client) == ["booking.cancelled", "chore.reopened"]


async def test_an_operator_takes_a_booking_away_and_it_is_on_record(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    answer = await post(api, scene, "cancel", scene.operator, reason="Safety.")
    assert answer.json()["cancelled_by"] == "operator"
    assert connection.execute("SELECT status FROM chores").fetchone() == ("open",)
    entry = connection.execute("SELECT operator_id, action, reason FROM audit_entries").fetchone()
    assert entry == (scene.operator.id, "booking.cancel", "Safety.")


async def test_work_that_has_begun_is_cancelled_by_operators_alone(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    await post(api, scene, "start", scene.tasker)
    for who in (scene.client, scene.tasker):
        refused(await post(api, scene, "cancel", who), "wrong-state")
    answer = await post(api, scene, "cancel", scene.operator, reason="The phone died.")
    assert (answer.json()["state"], answer.json()["price"]) == ("cancelled", None)
    assert connection.execute("SELECT status FROM chores").fetchone() == ("open",)
    assert told(connection, scene.tasker) == ["booking.started", "booking.cancelled"]
    entry = connection.execute("SELECT facts ->> 'state' FROM audit_entries").fetchone()
    assert entry == ("in_progress",)


@pytest.mark.parametrize("who", ["client", "tasker"])
async def test_a_start_and_a_cancellation_at_once_cancel_no_work_that_has_begun(
    who: str, api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    started, cancelled = await asyncio.gather(
        post(api, scene, "start", scene.tasker), post(api, scene, "cancel", getattr(scene, who))
    )
    assert sorted([started.status_code, cancelled.status_code]) == [200, 409]
    state = "in_progress" if started.status_code == 200 else "cancelled"
    assert connection.execute("SELECT status FROM bookings").fetchone() == (state,)


async def test_an_operator_who_may_only_look_cancels_nothing(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    assert (await post(api, scene, "cancel", scene.viewer)).status_code == 403
    read = await api.get(f"/v1/bookings/{scene.booking}", headers=scene.viewer.headers)
    assert read.json()["state"] == "scheduled"


async def test_a_strangers_booking_does_not_exist(
    api: httpx.AsyncClient, scene: Scene, database: Database
) -> None:
    stranger = await database.run(
        lambda session: make_person(session, is_client=True, is_tasker=True)
    )
    read = await api.get(f"/v1/bookings/{scene.booking}", headers=stranger.headers)
    assert read.status_code == 404
    for action in ("en-route", "start", "finish", "cancel"):
        assert (await post(api, scene, action, stranger)).status_code == 404


async def test_both_sides_list_the_booking_with_its_address(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    for person in (scene.client, scene.tasker, scene.viewer):
        listed = (await api.get("/v1/bookings", headers=person.headers)).json()["items"]
        assert [item["id"] for item in listed] == [str(scene.booking)]
        assert listed[0]["address"] == "12 Mare Street, E8"
    none = await api.get(
        "/v1/bookings", params={"state": "completed"}, headers=scene.client.headers
    )
    assert none.json()["items"] == []


async def seen(api: httpx.AsyncClient, scene: Scene, who: Person) -> dict[str, Any]:
    """The place as this person reads it, the same from the list as by its id."""
    (listed,) = (await api.get("/v1/bookings", headers=who.headers)).json()["items"]
    read = (await api.get(f"/v1/bookings/{scene.booking}", headers=who.headers)).json()
    assert listed == read
    return {name: read[name] for name in ("place", "exact", "address", "notes")}


EXACT = {
    "place": {"type": "Point", "coordinates": [HACKNEY.lon, HACKNEY.lat]},
    "exact": True,
    "address": "12 Mare Street, E8",
    "notes": "Brick wall.",
}


def hidden(place: dict[str, Any]) -> bool:
    near = pytest.approx(centre_of(cell_of(HACKNEY)), abs=1e-6)
    rest = (place["exact"], place["address"], place["notes"])
    return rest == (False, None, None) and place["place"]["coordinates"] == near


@pytest.mark.parametrize("by", ["client", "tasker", "operator", "time"])
async def test_who_holds_a_booking_no_longer_sees_its_cell_alone(
    by: str,
    api: httpx.AsyncClient,
    database: Database,
    scene: Scene,
    connection: psycopg.Connection,
) -> None:
    await post(api, scene, "en-route", scene.tasker)
    if by == "time":
        late = MONDAY_NOON + timedelta(hours=3)
        await database.run(give_up_waiting, booking_id=scene.booking, now=late)
    else:
        await post(api, scene, "cancel", getattr(scene, by), reason="It has to be.")
    assert hidden(await seen(api, scene, scene.tasker))
    assert await seen(api, scene, scene.client) == EXACT
    assert await seen(api, scene, scene.viewer) == EXACT
    for person, exact in ((scene.tasker, False), (scene.client, True)):
        places = connection.execute(
            "SELECT data -> 'booking' -> 'place' FROM events WHERE recipient_id = %s"
            " AND type IN ('booking.en_route', 'booking.cancelled', 'booking.no_show')",
            [person.id],
        ).fetchall()
        assert [place["exact"] for (place,) in places] == [exact, exact]
        assert ["Mare Street" in str(place) for place in places] == [exact, exact]


async def test_completed_work_is_remembered_for_thirty_days(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    for step in ("start", "finish"):
        await post(api, scene, step, scene.tasker)
    chore = connection.execute("SELECT chore_id FROM bookings").fetchone()
    assert chore is not None
    path = f"/v1/chores/{chore[0]}"
    connection.execute("UPDATE bookings SET closed_at = closed_at - interval '30 days' + '1 s'")
    connection.execute("UPDATE chores SET closed_at = closed_at - interval '30 days' + '1 s'")
    assert await seen(api, scene, scene.tasker) == EXACT
    assert (await api.get(path, headers=scene.tasker.headers)).json()["view"] == "held"
    connection.execute("UPDATE bookings SET closed_at = closed_at - interval '1 s'")
    connection.execute("UPDATE chores SET closed_at = closed_at - interval '1 s'")
    assert hidden(await seen(api, scene, scene.tasker))
    assert await seen(api, scene, scene.client) == EXACT
    refused(await api.get(path, headers=scene.tasker.headers), "not-found")


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
