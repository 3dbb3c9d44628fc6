"""Whom the search left out, noted beside the rounds: after the offers, never in their way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from service.db.tables import new_id
from service.dispatch import queries
from service.dispatch.market import market_of_round
from service.dispatch.noting import UNNOTED, Noting, Unnoted
from service.dispatch.rounds import run_round
from service.dispatch.snapshot import sought
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, north_of


async def round_that_leaves_notes(city: City, noting: Noting) -> None:
    """A round for one more chore, whose notes are left to `noting`."""
    city.now += timedelta(minutes=1)
    await city.chore()
    await run_round(city.database, city.market.id, city.now, noting=noting)


async def noted(noting: Noting, city: City, wanted: int) -> None:
    """Run it until so many records say whom the search left out, ten seconds at most."""
    running = asyncio.create_task(noting.run())
    for _ in range(500):
        await asyncio.sleep(0.02)
        if records_with_notes(city) >= wanted:
            break
    running.cancel()
    assert records_with_notes(city) == wanted


def records_with_notes(city: City) -> int:
    ((count,),) = city.sql("SELECT count(*) FROM decisions WHERE record ? 'left_out'")
    return int(count)


async def test_offers_are_out_before_anything_is_noted(city: City) -> None:
    await city.tasker()
    await city.tasker(at=north_of(HACKNEY, 3000), reach_m=500)
    noting = Noting(city.database)
    await round_that_leaves_notes(city, noting)
    assert [state for _, state in city.offers()] == ["pending"]
    assert records_with_notes(city) == 0
    await noted(noting, city, 1)
    ((left_out,),) = city.sql("SELECT record -> 'left_out' FROM decisions")
    assert (left_out["in_reach"], left_out["outside_area"]) == (2, 1)


async def test_too_far_behind_the_oldest_is_given_up_and_counted(city: City) -> None:
    await city.tasker()
    noting = Noting(city.database, most=1)
    before = UNNOTED._value.get()
    for _ in range(2):
        await round_that_leaves_notes(city, noting)
    assert UNNOTED._value.get() == before + 1
    await noted(noting, city, 1)
    rows = city.sql("SELECT record ? 'left_out' FROM decisions ORDER BY id")
    assert [row[0] for row in rows] == [False, True]


async def test_one_that_cannot_be_noted_does_not_stop_the_next(city: City) -> None:
    noting = Noting(city.database)
    noting.add(await unknown_projection(city))
    await city.tasker()
    await round_that_leaves_notes(city, noting)
    await noted(noting, city, 1)


async def unknown_projection(city: City) -> Unnoted:
    """A chore of a market whose projection PostGIS does not know."""
    chore_id = await city.chore()
    chore = await city.run(lambda session: queries.chore_as_due(session, chore_id))
    assert chore is not None
    market = await city.run(
        lambda session: market_of_round(session, city.market.id, [chore.policy_version])
    )
    assert market is not None
    city.sql("UPDATE chores SET due_at = NULL WHERE id = %s RETURNING 1", chore_id)
    wrong = replace(market, srid=999_999)
    return Unnoted(wrong, new_id(), [sought(chore, wrong, city.now)])


async def test_a_round_noted_late_knows_nothing_of_the_offers_of_later_ones(city: City) -> None:
    noting = Noting(city.database)
    await city.tasker()
    await round_that_leaves_notes(city, noting)
    city.sql("UPDATE offers SET status = 'declined', closed_at = extended_at RETURNING 1")
    await city.tasker(at=north_of(HACKNEY, 6000), reach_m=9000)
    city.now += timedelta(seconds=5)
    await run_round(city.database, city.market.id, city.now, noting=noting)
    await noted(noting, city, 2)
    rows = city.sql("SELECT record -> 'left_out' -> 'asked_before' FROM decisions ORDER BY id")
    assert [asked for (asked,) in rows] == [0, 1]
