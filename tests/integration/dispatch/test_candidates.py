"""Whom the search finds: near, willing, able; and the walk of the index it takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from service.db.engine import Database
from service.db.tables import Block, Favourite, ServiceArea
from service.dispatch import candidates, planner
from service.dispatch.candidates import Sought, find_candidates
from service.taskers.copies import settle_copies
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, MONDAY_NOON, Person, make_present, north_of, square

NOBODY = UUID(int=1)


async def offered(city: City) -> set[object]:
    """Who is asked in a round."""
    await city.round()
    return {tasker for tasker, _ in city.offers()}


async def test_a_tasker_of_another_category_is_not_asked(city: City) -> None:
    await city.tasker(skills={"cleaning": 2000})
    await city.chore()
    assert await offered(city) == set()


async def test_a_tasker_outside_the_radius_is_not_asked(city: City) -> None:
    await city.tasker(at=north_of(HACKNEY, 6_000), reach_m=9_000)
    await city.chore()
    assert await offered(city) == set()


async def test_a_tasker_whose_area_does_not_cover_the_chore_is_not_asked(city: City) -> None:
    await city.tasker(at=north_of(HACKNEY, 3_000), reach_m=1_000)
    await city.chore()
    assert await offered(city) == set()


async def test_a_chore_of_today_asks_by_the_same_day_area(city: City) -> None:
    """Small near home for today, large for other days; the other has drawn none for today."""
    narrow = await city.tasker(at=north_of(HACKNEY, 3_000), reach_m=9_000)
    plain = await city.tasker(at=north_of(HACKNEY, 3_000), reach_m=9_000)

    async def draw(session: AsyncSession) -> None:
        area = square(north_of(HACKNEY, 3_000), 1_000)
        market = city.market.id
        session.add(ServiceArea(tasker_id=narrow.id, kind="same_day", market_id=market, area=area))
        await session.flush()
        await settle_copies(session, narrow.id)

    await city.run(draw)
    await city.chore()
    assert await offered(city) == {plain.id}
    await city.chore(starts_in=timedelta(days=1))
    assert await offered(city) == {plain.id, narrow.id}


async def test_a_tasker_above_the_budget_is_not_asked(city: City) -> None:
    cheap = await city.tasker(skills={"mounting": 3000})
    await city.tasker(skills={"mounting": 3001})
    await city.chore(budget_rate=3000)
    assert await offered(city) == {cheap.id}


@pytest.mark.parametrize("by_tasker", [True, False])
async def test_a_block_by_either_side_keeps_them_apart(city: City, by_tasker: bool) -> None:
    tasker = await city.tasker()

    async def block(session: AsyncSession) -> None:
        session.add(
            Block(
                client_id=city.client.id, tasker_id=tasker.id, by_tasker=by_tasker,
                created_at=city.now,
            )
        )  # fmt: skip

    await city.run(block)
    await city.chore()
    assert await offered(city) == set()


async def test_nobody_is_asked_to_do_their_own_chore(city: City) -> None:
    await city.tasker()
    chore = await city.chore()
    city.sql("UPDATE chores SET client_id = (SELECT id FROM taskers) RETURNING 1")
    assert await offered(city) == set()
    assert city.chore_row(chore)[0] == "open"


async def test_an_inactive_tasker_is_not_asked(city: City) -> None:
    await city.tasker()
    city.sql("UPDATE taskers SET active = false RETURNING 1")
    city.sql("UPDATE skills SET active = false RETURNING 1")
    await city.chore()
    assert await offered(city) == set()


async def test_a_chore_for_now_asks_those_who_are_near_now(city: City) -> None:
    """One lives near and is away, one lives far and is here, one is at home and offline."""
    away = await city.tasker(online=False)
    here = await city.tasker(at=north_of(HACKNEY, 15_000), reach_m=20_000, online=False)
    await city.tasker(online=False)
    await _present(city, away.id, north_of(HACKNEY, 12_000))
    await _present(city, here.id, HACKNEY)
    await city.chore(wanted_now=True, starts_in=timedelta(0))
    assert await offered(city) == {here.id}


async def test_presence_that_is_old_does_not_count(city: City) -> None:
    tasker = await city.tasker(online=False)
    await _present(city, tasker.id, HACKNEY)
    city.now += timedelta(seconds=301)
    await city.chore(wanted_now=True, starts_in=timedelta(0))
    assert await offered(city) == set()


async def test_a_tasker_who_does_not_work_then_is_not_asked(city: City) -> None:
    await city.tasker()
    await city.chore(starts_in=timedelta(hours=9), window=timedelta(hours=2))
    assert await offered(city) == set()


async def test_a_tasker_with_enough_unanswered_offers_is_not_asked(city: City) -> None:
    await city.tasker()
    for hours in (1, 3, 5, 7):
        await city.chore(starts_in=timedelta(hours=hours), window=timedelta(hours=1))
    await city.round()
    assert len(city.offers()) == 3


async def test_two_overlapping_chores_are_not_offered_to_one_tasker(city: City) -> None:
    await city.tasker()
    for _ in range(2):
        await city.chore(window=timedelta(hours=1))
    assert (await city.round()).offers == 1
    assert (await city.round(seconds=61)).offers == 0


@pytest.mark.parametrize("policy", [{"max_offers_per_wave": 1}])
async def test_a_favourite_is_asked_first_however_many_are_nearer(city: City) -> None:
    for _ in range(25):
        await city.tasker()
    favourite = await city.tasker(at=north_of(HACKNEY, 4_000), reach_m=9_000)

    async def like(session: AsyncSession) -> None:
        session.add(
            Favourite(client_id=city.client.id, tasker_id=favourite.id, created_at=city.now)
        )

    await city.run(like)
    await city.chore()
    assert await offered(city) == {favourite.id}


async def test_when_the_nearest_cannot_the_search_goes_deeper(city: City) -> None:
    """Twenty-five next door are off on Mondays; the one further out is not."""
    for _ in range(25):
        await city.tasker()
    city.sql("DELETE FROM weekly_hours WHERE weekday = 0 RETURNING 1")
    able = await city.tasker(at=north_of(HACKNEY, 3_000), reach_m=9_000)
    await city.chore()
    assert await offered(city) == {able.id}


@pytest.mark.parametrize(
    ("question", "index"),
    [("BASED", "ix_skills_nearest"), ("PRESENT", "ix_presence_cells_nearest")],
)
async def test_candidates_come_by_an_ordered_scan_without_a_sort(
    city: City, database: Database, question: str, index: str
) -> None:
    for metres in range(0, 3000, 300):
        await city.tasker(at=north_of(HACKNEY, metres))
    asked = candidates.columns_of([_sought()]) | {
        "market_id": city.market.id, "srid": city.market.srid, "most": 20,
    }  # fmt: skip

    async def plan(session: AsyncSession) -> dict[str, Any]:
        await planner.ORDERED_SCANS.rows(session, {})
        statement = getattr(candidates, question).text
        raw = await (await session.connection()).get_raw_connection()
        driver = cast("Any", raw.driver_connection)
        found = await (await driver.execute("EXPLAIN (FORMAT JSON) " + statement, asked)).fetchone()
        return dict(found[0][0]["Plan"])

    nodes = list(_nodes(await database.run(plan)))
    assert index in {node.get("Index Name") for node in nodes}
    assert not {"Sort", "Incremental Sort", "Seq Scan", "Bitmap Heap Scan"} & {
        node["Node Type"] for node in nodes
    }
    ordered = next(node for node in nodes if node.get("Index Name") == index)
    assert "Order By" in ordered
    assert "&&" in ordered["Index Cond"]
    assert {"BASED": "category_number", "PRESENT": "market_id"}[question] in ordered["Index Cond"]


async def test_the_search_leaves_the_planner_as_it_was(city: City, database: Database) -> None:
    async def after(session: AsyncSession) -> list[str]:
        await find_candidates(
            session, market_id=city.market.id, srid=city.market.srid, sought=[_sought()], most=20
        )
        names = (
            "enable_seqscan", "enable_sort", "enable_hashjoin", "enable_bitmapscan",
            "plan_cache_mode",
        )  # fmt: skip
        return [str(await session.scalar(text(f"SHOW {name}"))) for name in names]

    assert await database.run(after) == [*["on"] * 4, "auto"]


def _sought() -> Sought:
    return Sought(
        chore_id=NOBODY, client_id=NOBODY, category="mounting", centre=centre_of(cell_of(HACKNEY)),
        radius_m=5_000, budget_rate=None, today=True, wanted_now=False, seen_since=MONDAY_NOON,
        room=3, weekdays=127,
    )  # fmt: skip


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


async def _present(city: City, tasker: UUID, at: LonLat) -> None:
    person = Person(tasker, tasker, city.now)
    await city.run(lambda session: make_present(session, city.market, person, at=at, now=city.now))
