"""Waiting chores: those a tasker could take become due, through the index made for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.distance import great_circle_m
from service.chores.waiting import MOST_AT_ONCE, make_due_for_tasker, waiting_chores
from service.db.engine import Database
from tests.integration.chores.conftest import City
from tests.support.scene import HACKNEY, MONDAY_NOON, make_market, north_of, square
from tests.support.work import make_chore

LATER = MONDAY_NOON + timedelta(hours=1)


async def touch(database: Database, city: City, **different: Any) -> int:
    given: dict[str, Any] = {
        "tasker_id": city.tasker.id, "market_id": city.market.id, "reach_m": 20_000.0,
        "now": MONDAY_NOON,
    }  # fmt: skip
    return await database.run(make_due_for_tasker, **(given | different))


def due(connection: psycopg.Connection, chore_id: UUID) -> datetime | None:
    row = connection.execute("SELECT due_at FROM chores WHERE id = %s", [chore_id]).fetchone()
    assert row is not None
    at: datetime | None = row[0]
    return at


@pytest.mark.parametrize(
    ("status", "due_at"), [("open", LATER), ("open", None), ("unfilled", None)]
)
async def test_a_chore_that_waits_becomes_due(
    status: str, due_at: datetime | None, database: Database, city: City,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    chore_id = await database.run(
        make_chore, city.market, city.client, status=status, due_at=due_at
    )
    assert await touch(database, city) == 1
    assert due(connection, chore_id) == MONDAY_NOON


async def test_a_chore_that_is_due_keeps_its_place_but_is_seen_to_have_been_touched(
    database: Database, city: City, connection: psycopg.Connection
) -> None:
    earlier = MONDAY_NOON - timedelta(seconds=5)
    chore_id = await database.run(make_chore, city.market, city.client, due_at=earlier)
    await touch(database, city)
    assert due(connection, chore_id) == earlier + timedelta(microseconds=1)


OUT_OF_REACH: dict[str, dict[str, Any]] = {
    "another category": {"category": "cleaning"},
    "a budget below the rate": {"budget_rate": 2499},
    "outside the area": {"at": north_of(HACKNEY, 6_000)},
    "nobody needs it any more": {"match_by": MONDAY_NOON},
    "offered": {"status": "offered"},
    "booked": {"status": "booked"},
}


@pytest.mark.parametrize("different", OUT_OF_REACH.values(), ids=OUT_OF_REACH)
async def test_a_chore_they_could_not_take_is_left_alone(
    different: dict[str, Any], database: Database, city: City, connection: psycopg.Connection
) -> None:
    due_at = None if different.get("status") == "booked" else LATER
    chore_id = await database.run(
        make_chore, city.market, city.client, **({"due_at": due_at} | different)
    )
    assert await touch(database, city) == 0
    assert due(connection, chore_id) == due_at


async def test_reach_is_measured_from_the_base(
    database: Database, city: City, connection: psycopg.Connection
) -> None:
    away = centre_of(cell_of(north_of(HACKNEY, 3_000)))
    metres = great_circle_m(HACKNEY, away)
    await database.run(make_chore, city.market, city.client, at=away, due_at=LATER)
    assert await touch(database, city, reach_m=metres - 50) == 0
    assert await touch(database, city, reach_m=metres + 50) == 1


async def test_coming_online_is_of_interest_to_chores_for_now_only(
    database: Database, city: City, connection: psycopg.Connection
) -> None:
    later = await database.run(make_chore, city.market, city.client, due_at=LATER)
    now = await database.run(make_chore, city.market, city.client, due_at=LATER, wanted_now=True)
    assert await touch(database, city, where_they_are=True) == 1
    assert (due(connection, now), due(connection, later)) == (MONDAY_NOON, LATER)


async def test_a_change_of_somebody_online_counts_where_they_are_too(
    database: Database, city: City, connection: psycopg.Connection
) -> None:
    """Their base is too far from both chores; they stand beside them."""
    now = await database.run(make_chore, city.market, city.client, due_at=LATER, wanted_now=True)
    later = await database.run(make_chore, city.market, city.client, due_at=LATER)
    connection.execute("UPDATE skills SET point = ST_Translate(point, 0, 30000)")
    assert await touch(database, city) == 1
    assert (due(connection, now), due(connection, later)) == (MONDAY_NOON, LATER)


async def test_an_inactive_tasker_touches_nothing(
    database: Database, city: City, connection: psycopg.Connection
) -> None:
    await database.run(make_chore, city.market, city.client, due_at=LATER)
    connection.execute("UPDATE skills SET active = false")
    assert await touch(database, city) == 0


async def test_another_market_is_never_reached(database: Database, city: City) -> None:
    async def scene(session: AsyncSession) -> None:
        twin = await make_market(session, slug="twin")
        await make_chore(session, twin, city.client, due_at=LATER)

    await database.run(scene)
    assert await touch(database, city) == 0


async def test_one_change_touches_so_many_and_the_nearest(
    database: Database, city: City, connection: psycopg.Connection
) -> None:
    places = [north_of(HACKNEY, 2_000)] * 20 + [HACKNEY] * MOST_AT_ONCE

    async def scene(session: AsyncSession) -> list[UUID]:
        return [
            await make_chore(session, city.market, city.client, at=place, due_at=LATER)
            for place in places
        ]

    chores = await database.run(scene)
    assert await touch(database, city) == MOST_AT_ONCE
    touched = [due(connection, chore_id) == MONDAY_NOON for chore_id in chores]
    assert touched == [place == HACKNEY for place in places]


@pytest.mark.parametrize("reaching_the_centre", [True, False])
async def test_an_area_cannot_tell_two_places_of_one_cell_apart(
    reaching_the_centre: bool, database: Database, city: City, connection: psycopg.Connection
) -> None:
    centre = centre_of(cell_of(HACKNEY))
    inside, elsewhere = north_of(centre, 150), north_of(centre, -150)
    assert cell_of(inside) == cell_of(elsewhere) == cell_of(centre)
    half_m = 200 if reaching_the_centre else 100
    area = shapely.to_wkb(
        shapely.set_srid(square(inside, half_m), 4326), hex=True, include_srid=True
    )
    connection.execute("UPDATE service_areas SET area = %s", [area])
    chores = [
        await database.run(make_chore, city.market, city.client, at=at, due_at=LATER)
        for at in (inside, elsewhere)
    ]
    await touch(database, city)
    became_due = [due(connection, chore_id) == MONDAY_NOON for chore_id in chores]
    assert became_due == [reaching_the_centre] * 2


CROWD = """
    INSERT INTO chores (id, market_id, client_id, category, point, metric_point, cell, address,
        notes, wanted_now, window_start, window_end, duration_minutes, status, policy_version,
        wave, match_by, created_at)
    SELECT gen_random_uuid(), %(market)s, %(client)s, 'mounting', p, ST_Transform(p, 32630), 'x',
        'x', '', n %% 2 = 0, now() + interval '1 day', now() + interval '2 days', 60, 'unfilled', 1,
        4, now() + interval '1 day', now()
    FROM (SELECT n, ST_SetSRID(ST_MakePoint(-0.055 + (n %% 141) * 0.004 - 0.28,
        51.545 + (n / 141) * 0.0025 - 0.17), 4326) AS p FROM generate_series(1, 20000) n) AS grid
"""


@pytest.mark.parametrize("where_they_are", [False, True])
async def test_twenty_thousand_waiting_chores_are_searched_by_an_ordered_scan_of_the_index(
    where_they_are: bool, database: Database, city: City, connection: psycopg.Connection
) -> None:
    connection.execute(CROWD.encode(), {"market": city.market.id, "client": city.client.id})
    connection.execute("ANALYZE chores")
    wanted = waiting_chores(
        city.tasker.id, city.market.id, 20_000.0, datetime.now(UTC), where_they_are
    )
    await database.run(explained, wanted)  # a connection's first projection takes some 40 ms
    plan = await database.run(explained, wanted)
    (scan,) = [node for node in nodes(plan["Plan"]) if node.get("Alias") == "chores"]
    assert scan["Node Type"] == "Index Scan"
    assert scan["Index Name"] == "ix_chores_waiting"
    assert "Order By" in scan
    assert scan["Actual Rows"] == MOST_AT_ONCE
    assert scan.get("Rows Removed by Filter", 0) < 2 * MOST_AT_ONCE
    assert plan["Execution Time"] < 100


async def explained(session: AsyncSession, wanted: Any) -> dict[str, Any]:
    dialect = (await session.connection()).dialect
    sql = wanted.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    found = await session.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}".replace(":", r"\:")))
    plans = found if isinstance(found, list) else json.loads(str(found))
    plan: dict[str, Any] = plans[0]
    return plan


def nodes(plan: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return [plan, *(node for below in plan.get("Plans", []) for node in nodes(below))]
