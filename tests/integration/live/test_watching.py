"""The look at a market: what those who watch it are told is what is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from notifications.market import MarketView, change
from service.db.engine import Database
from service.live.watching import look, may_watch
from tests.integration.chores.conftest import City
from tests.support.scene import HACKNEY, MONDAY_NOON
from tests.support.wire import chore, point
from tests.support.work import make_booking, make_chore, make_offers


async def seen(database: Database, city: City, since: datetime = MONDAY_NOON) -> MarketView:
    return await database.run(
        look, market_id=city.market.id, market="london", since=since, now=MONDAY_NOON
    )


async def test_an_operator_may_watch_and_nobody_else(database: Database, city: City) -> None:
    for person, may in ((city.viewer, True), (city.editor, True), (city.client, False)):
        found = await database.run(may_watch, person_id=person.id, market="london")
        assert found == (may, city.market.id)
    elsewhere = await database.run(may_watch, person_id=city.viewer.id, market="atlantis")
    assert elsewhere == (True, None)


async def test_the_look_lists_and_counts_what_is_live(database: Database, city: City) -> None:
    async def scene(session: AsyncSession) -> None:
        await make_chore(session, city.market, city.client)
        offered = await make_chore(session, city.market, city.client, status="offered", wave=2)
        await make_offers(session, city.market, offered, [city.tasker])
        await make_booking(
            session, city.market, city.client, city.tasker, starts_in=timedelta(days=1)
        )

    await database.run(scene)
    view = await seen(database, city)
    assert view.counts.model_dump() == {
        "open": 1, "offered": 1, "unfilled": 0, "bookings": 1, "online": 1, "offers": 1,
    }  # fmt: skip
    offered = next(one for one in view.chores.values() if one.status == "offered")
    assert (offered.offers, offered.wave, offered.radius_m) == (1, 2, 7_500)
    assert (offered.lon, offered.lat) == pytest.approx(HACKNEY)
    (booking,) = view.bookings.values()
    assert (booking.tasker_id, booking.status) == (city.tasker.id, "scheduled")


async def test_a_chore_that_is_cancelled_is_gone(
    database: Database, city: City, api: httpx.AsyncClient
) -> None:
    posted = await api.post("/v1/chores", json=chore(), headers=city.client.headers)
    before = await seen(database, city)
    await api.post(f"/v1/chores/{posted.json()['id']}/cancel", headers=city.client.headers)
    frame = change(before, await seen(database, city))
    assert frame is not None
    assert [str(one) for one in frame.gone] == [posted.json()["id"]]
    assert frame.counts.open == 0


async def test_who_comes_moves_or_goes_is_told_by_their_cell(
    database: Database, city: City, api: httpx.AsyncClient
) -> None:
    headers = city.tasker.headers
    await api.delete("/v1/taskers/me/presence", headers=headers)
    view = await seen(database, city)
    assert (list(view.moved), list(view.left)) == ([], [city.tasker.id])
    there = {"online": True, "point": point(HACKNEY)}
    await api.put("/v1/taskers/me/presence", json=there, headers=headers)
    view = await seen(database, city)
    centre = centre_of(cell_of(HACKNEY))
    assert [(one.id, one.lon, one.lat) for one in view.moved] == [(city.tasker.id, *centre)]
    assert list(view.left) == []
    later = MONDAY_NOON + timedelta(seconds=1)
    assert list((await seen(database, city, since=later)).moved) == []


async def test_posting_wakes_those_who_watch_the_market(city: City, api: httpx.AsyncClient) -> None:
    woken: list[frozenset[str]] = []
    transport: Any = api._transport
    transport.app.state.runtime.database.on_wake = woken.append
    await api.post("/v1/chores", json=chore(), headers=city.client.headers)
    assert any(f"market:{city.market.id}" in topics for topics in woken)
