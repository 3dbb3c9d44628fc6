"""Presence: cells, never points; a log of changes, not of heartbeats; cheap where frequent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from service import retention
from service.db.engine import Database
from service.settings import Settings
from service.taskers.presence.queries import heard_again
from tests.integration.conftest import Clock
from tests.integration.taskers.conftest import City, Watch
from tests.support.scene import HACKNEY, MONDAY_NOON, make_market, make_tasker, north_of
from tests.support.wire import everything, point, refused

PRESENCE = "/v1/taskers/me/presence"
ELSEWHERE = north_of(HACKNEY, 2_000)


async def heartbeat(
    api: httpx.AsyncClient, city: City, place: LonLat | None = HACKNEY
) -> httpx.Response:
    body = {"online": True, "point": point(place)} if place else {"online": False}
    return await api.put(PRESENCE, json=body, headers=city.tasker.headers)


def log(connection: psycopg.Connection) -> list[tuple[bool, str | None]]:
    return connection.execute("SELECT online, cell FROM presence_log ORDER BY id").fetchall()


async def test_coming_online_keeps_the_cell_and_makes_chores_for_now_due(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch
) -> None:
    before = watch.revision()
    answer = await heartbeat(api, city)
    assert answer.status_code == 200
    near = answer.json()["near"]["coordinates"]
    assert near == pytest.approx(centre_of(cell_of(HACKNEY)), abs=1e-6)
    assert answer.json()["online_since"] == "2026-11-23T12:00:00.000Z"
    stored = connection.execute(
        "SELECT cell, ST_X(p), ST_Y(p) FROM (SELECT cell, ST_Transform(point, 4326) AS p"
        " FROM presence) AS s"
    ).fetchone()
    assert stored is not None
    assert stored[0] == cell_of(HACKNEY)
    assert stored[1:] == pytest.approx(centre_of(cell_of(HACKNEY)), abs=1e-6)
    assert watch.due() == MONDAY_NOON
    assert watch.revision() == before + 1
    assert log(connection) == [(True, cell_of(HACKNEY))]


async def test_a_heartbeat_writes_when_they_were_seen_and_nothing_else(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch, clock: Clock
) -> None:
    await heartbeat(api, city)
    watch.rest()
    before = everything(connection)
    clock.forward(seconds=30)
    await heartbeat(api, city, north_of(HACKNEY, 5))
    after = everything(connection)
    assert {table for table in after if after[table] != before[table]} == {"presence"}
    row = connection.execute("SELECT seen_at, online_since FROM presence").fetchone()
    assert row == (clock.at, MONDAY_NOON)


async def test_a_heartbeat_touches_no_index(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    await heartbeat(api, city)

    async def heard_often(session: AsyncSession) -> tuple[int, int]:
        for second in range(20):
            now = MONDAY_NOON + timedelta(seconds=second)
            assert await heard_again(
                session, city.tasker.id, cell=cell_of(HACKNEY), since=MONDAY_NOON, now=now
            )
        counted = await session.execute(text(HOT_UPDATES))
        updates, hot = counted.one()
        return updates, hot

    assert await database.run(heard_often) == (20, 20)


HOT_UPDATES = """
    SELECT pg_stat_get_xact_tuples_updated('presence'::regclass),
           pg_stat_get_xact_tuples_hot_updated('presence'::regclass)
"""


async def test_another_cell_is_logged_and_looked_at(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch, clock: Clock
) -> None:
    await heartbeat(api, city, ELSEWHERE)
    watch.rest()
    clock.forward(seconds=30)
    answer = await heartbeat(api, city)
    assert log(connection) == [(True, cell_of(ELSEWHERE)), (True, cell_of(HACKNEY))]
    assert answer.json()["online_since"] == "2026-11-23T12:00:00.000Z"
    assert watch.due() == clock.at


async def test_heard_of_again_after_a_silence_counts_as_coming_back_but_is_not_logged(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch, clock: Clock
) -> None:
    await heartbeat(api, city)
    watch.rest()
    clock.forward(minutes=10)
    await heartbeat(api, city)
    assert watch.due() == clock.at
    assert len(log(connection)) == 1


@pytest.mark.parametrize("way", ["put", "delete"])
async def test_offline_leaves_no_trace_but_the_log(
    way: str, api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch
) -> None:
    await heartbeat(api, city)
    before = watch.revision()
    for _ in range(2):
        if way == "put":
            answer = await heartbeat(api, city, None)
            assert answer.json() == {"online": False, "near": None, "online_since": None}
        else:
            answer = await api.delete(PRESENCE, headers=city.tasker.headers)
            assert answer.status_code == 204
    assert connection.execute("SELECT count(*) FROM presence").fetchone() == (0,)
    assert log(connection) == [(True, cell_of(HACKNEY)), (False, None)]
    assert watch.revision() == before + 1


async def test_who_has_gone_silent_is_taken_offline_in_every_market_and_nobody_else(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, database: Database,
    settings: Settings, clock: Clock,
) -> None:  # fmt: skip
    async def elsewhere(session: AsyncSession) -> None:
        paris = await make_market(session, slug="paris")
        await make_tasker(session, paris, now=clock.at)

    await database.run(elsewhere)
    await heartbeat(api, city)
    clock.forward(seconds=settings.presence_silent_s)
    assert (await retention.sweep(database, settings, clock.at)).silent == 0
    clock.forward(seconds=1)
    assert (await retention.sweep(database, settings, clock.at)).silent == 2
    assert (await retention.sweep(database, settings, clock.at)).silent == 0
    assert log(connection)[-2:] == [(False, None)] * 2
    assert connection.execute("SELECT count(*) FROM presence").fetchone() == (0,)


BAD: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "online nowhere": ({"online": True}, "invalid", "value_error"),
    "offline somewhere": ({"online": False, "point": point()}, "invalid", "value_error"),
    "nothing said": ({}, "invalid", "missing"),
    "online: yes": ({"online": "yes", "point": point()}, "invalid", "bool_type"),
    "another city": (
        {"online": True, "point": point(LonLat(2.35, 48.85))}, "outside-market", "outside_market",
    ),
    "swapped": (
        {"online": True, "point": point(LonLat(51.545, -0.0553))}, "outside-market", None,
    ),
    "the pole": ({"online": True, "point": point(LonLat(0, 90))}, "outside-market", None),
    "beyond the pole": ({"online": True, "point": point(LonLat(0, 90.1))}, "invalid", None),
    "an unknown field": (
        {"online": True, "point": point(), "speed": 3}, "invalid", "extra_forbidden",
    ),
}  # fmt: skip


@pytest.mark.parametrize("online_before", [False, True])
async def test_every_bad_heartbeat_is_refused_and_changes_nothing(
    online_before: bool, api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    if online_before:
        await heartbeat(api, city)
    before = everything(connection)
    for body, problem, reason in BAD.values():
        answer = await api.put(PRESENCE, json=body, headers=city.tasker.headers)
        refused(answer, problem, reason)
    assert everything(connection) == before
