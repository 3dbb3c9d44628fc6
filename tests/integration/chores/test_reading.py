"""Reading a chore: everybody gets the view they may have, and nothing of any other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from seed_data import LONDON
from seed_data.folder import read_city
from service.db.engine import Database
from service.db.tables import Booking, new_id
from service.markets.importing.rows import base_map
from tests.integration.chores.conftest import City
from tests.support.scene import (
    HACKNEY,
    Person,
    make_client,
    make_market,
    make_tasker,
    north_of,
)
from tests.support.wire import refused
from tests.support.work import make_booking, make_chore, make_offers

OFFERED_FIELDS = {"view", "id", "market", "category", "state", "when", "duration_min", "near"}


async def read(api: httpx.AsyncClient, chore_id: UUID, who: Person) -> httpx.Response:
    return await api.get(f"/v1/chores/{chore_id}", headers=who.headers)


async def booked_chore(database: Database, city: City) -> UUID:
    async def scene(session: AsyncSession) -> UUID:
        booking_id = await make_booking(session, city.market, city.client, city.tasker)
        booking = await session.get_one(Booking, booking_id)
        return booking.chore_id

    return await database.run(scene)


async def open_chore(database: Database, city: City) -> UUID:
    return await database.run(make_chore, city.market, city.client, budget_rate=3500)


async def test_its_client_and_operators_read_everything(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore_id = await open_chore(database, city)
    for who in (city.client, city.editor, city.viewer):
        chore = (await read(api, chore_id, who)).json()
        assert chore["view"] == "exact"
        assert chore["point"]["coordinates"] == [HACKNEY.lon, HACKNEY.lat]
        assert chore["address"] == "12 Mare Street, E8"


async def test_a_tasker_with_an_offer_sees_the_cell_and_nothing_of_the_address(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore_id = await open_chore(database, city)
    await database.run(make_offers, city.market, chore_id, [city.tasker])
    answer = await read(api, chore_id, city.tasker)
    chore = answer.json()
    assert set(chore) == OFFERED_FIELDS
    assert chore["near"]["coordinates"] == pytest.approx(centre_of(cell_of(HACKNEY)), abs=1e-6)
    for secret in ("Mare", "Brick", "51.545,", "Cleo", str(city.client.id), "3500"):
        assert secret not in answer.text


@pytest.mark.parametrize("status", ["declined", "withdrawn", "expired"])
async def test_an_offer_that_has_ended_shows_nothing_any_more(
    status: str, api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore_id = await open_chore(database, city)
    await database.run(
        make_offers,
        city.market,
        chore_id,
        [city.tasker],
        status=status,
        closed_at=city.client.since,
    )
    refused(await read(api, chore_id, city.tasker), "not-found")


async def test_the_holder_of_the_booking_reads_the_exact_place(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore = (await read(api, await booked_chore(database, city), city.tasker)).json()
    assert chore["view"] == "held"
    assert chore["address"] == "12 Mare Street, E8"
    assert chore["client_name"] == "Cleo Client"
    assert "client_id" not in chore
    assert "budget" not in chore


async def test_who_lost_the_booking_lost_the_place(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore_id = await booked_chore(database, city)
    booking = (await read(api, chore_id, city.tasker)).json()["booking_id"]
    gone = await api.post(f"/v1/bookings/{booking}/cancel", headers=city.tasker.headers)
    assert gone.status_code == 200
    refused(await read(api, chore_id, city.tasker), "not-found")
    assert (await read(api, chore_id, city.client)).json()["booking_id"] is None


async def test_anybody_else_is_told_that_there_is_none(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore_id = await booked_chore(database, city)
    another = await database.run(make_client)
    idle = await database.run(make_tasker, city.market)
    absent = await read(api, new_id(), another)
    for who in (another, idle):
        answer = await read(api, chore_id, who)
        refused(answer, "not-found")
        assert answer.json() == absent.json()
    refused(await api.get("/v1/chores/17", headers=another.headers), "invalid", "uuid_parsing")
    refused(await api.get(f"/v1/chores/{chore_id}"), "not-signed-in")


async def test_a_client_lists_their_own_newest_first_in_pages(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    mine = [str(await open_chore(database, city)) for _ in range(5)]
    await database.run(make_chore, city.market, await database.run(make_client))
    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        listed = (await api.get("/v1/chores", params=query, headers=city.client.headers)).json()
        found += [chore["id"] for chore in listed["items"]]
        cursor = listed["next"]
        if cursor is None:
            break
    assert found == mine[::-1]


async def test_operators_list_a_market_by_state_and_category(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    async def scene(session: AsyncSession) -> tuple[UUID, UUID]:
        paris = await make_market(session, slug="paris")
        await make_chore(session, paris, city.client)
        await make_chore(session, city.market, city.client, category="cleaning")
        unfilled = await make_chore(session, city.market, city.client, status="unfilled")
        return await make_chore(session, city.market, city.client), unfilled

    mounting, unfilled = await database.run(scene)

    async def listed(**query: str | list[str]) -> list[str]:
        answer = await api.get(
            "/v1/markets/london/chores", params=query, headers=city.viewer.headers
        )
        return [chore["id"] for chore in answer.json()["items"]]

    assert len(await listed()) == 3
    assert await listed(state="unfilled") == [str(unfilled)]
    assert await listed(state=["open", "unfilled"], category="mounting") == [
        str(mounting), str(unfilled),
    ]  # fmt: skip
    for who in (city.client, city.tasker):
        answer = await api.get("/v1/markets/london/chores", headers=who.headers)
        refused(answer, "not-allowed")
    nowhere = await api.get("/v1/markets/atlantis/chores", headers=city.viewer.headers)
    refused(nowhere, "not-found")
    assert await listed(district="Atlantis") == []
    wrong = await api.get("/v1/markets/london/chores?state=lost", headers=city.viewer.headers)
    refused(wrong, "invalid", "literal_error")


async def test_operators_search_by_address_category_id_and_district(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    async def scene(session: AsyncSession) -> tuple[str, str]:
        market = await session.merge(city.market)
        market.places = base_map(read_city(LONDON))
        here = await make_chore(session, market, city.client, address="12 Mare Street, E8 1AB")
        far = north_of(HACKNEY, 30_000)
        there = await make_chore(
            session, market, city.client, category="cleaning", at=far, address="100% Lane_7"
        )
        return str(here), str(there)

    here, there = await database.run(scene)

    async def listed(**query: str) -> list[str]:
        answer = await api.get(
            "/v1/markets/london/chores", params=query, headers=city.viewer.headers
        )
        return [chore["id"] for chore in answer.json()["items"]]

    assert await listed(q="e8 1ab") == [here]
    assert await listed(q="mare street", state="unfilled") == []
    assert await listed(q="clean") == [there]
    for part in (there[:30], there[-6:], there.upper()):
        assert await listed(q=part) == [there]
    for literal in ("100%", "e_7"):
        assert await listed(q=literal) == [there]
    assert await listed(q="%%") == []
    assert await listed(district="Hackney") == [here]
    short = await api.get("/v1/markets/london/chores?q=e", headers=city.viewer.headers)
    refused(short, "invalid", "string_too_short")


async def test_a_long_closed_booking_does_not_double_a_chore_in_lists(
    api: httpx.AsyncClient, database: Database, city: City
) -> None:
    chore_id = await booked_chore(database, city)
    booking = (await read(api, chore_id, city.tasker)).json()["booking_id"]
    await api.post(f"/v1/bookings/{booking}/cancel", headers=city.tasker.headers)

    async def again(session: AsyncSession) -> None:
        await make_booking(
            session, city.market, city.client, city.tasker, starts_in=timedelta(hours=9)
        )

    await database.run(again)
    listed = await api.get("/v1/chores", headers=city.client.headers)
    assert len(listed.json()["items"]) == 2
