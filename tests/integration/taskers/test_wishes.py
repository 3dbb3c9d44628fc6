"""Favourites and blocks."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.db.tables import new_id
from service.taskers.operations import set_active
from tests.integration.taskers.conftest import City, Watch
from tests.support.scene import MONDAY_NOON, Person, make_client
from tests.support.wire import everything, refused
from tests.support.work import make_chore, make_offers

FAVOURITES = "/v1/clients/me/favourites"
CLIENT_BLOCKS = "/v1/clients/me/blocks"
TASKER_BLOCKS = "/v1/taskers/me/blocks"


async def test_a_favourite_is_kept_once_and_let_go(api: httpx.AsyncClient, city: City) -> None:
    headers = city.client.headers
    path = f"{FAVOURITES}/{city.tasker.id}"
    for _ in range(2):
        assert (await api.put(path, headers=headers)).status_code == 204
    listed = (await api.get(FAVOURITES, headers=headers)).json()
    assert listed == [
        {"id": str(city.tasker.id), "name": "Tom Tasker", "since": "2026-11-23T12:00:00.000Z"}
    ]
    for _ in range(2):
        assert (await api.delete(path, headers=headers)).status_code == 204
    assert (await api.get(FAVOURITES, headers=headers)).json() == []


async def test_each_side_blocks_and_takes_back_its_own(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch
) -> None:
    of_tasker = f"{CLIENT_BLOCKS}/{city.tasker.id}"
    of_client = f"{TASKER_BLOCKS}/{city.client.id}"
    before = watch.revision()
    assert (await api.put(of_tasker, headers=city.client.headers)).status_code == 204
    assert (await api.put(of_client, headers=city.tasker.headers)).status_code == 204
    assert watch.revision() == before + 2
    assert watch.due() is None
    rows = connection.execute("SELECT client_id, tasker_id, by_tasker FROM blocks ORDER BY 3")
    pair = (city.client.id, city.tasker.id)
    assert rows.fetchall() == [(*pair, False), (*pair, True)]
    assert (await api.delete(of_tasker, headers=city.client.headers)).status_code == 204
    assert (await api.get(CLIENT_BLOCKS, headers=city.client.headers)).json() == []
    (left,) = (await api.get(TASKER_BLOCKS, headers=city.tasker.headers)).json()
    assert left["id"] == str(city.client.id)
    assert watch.due() == MONDAY_NOON


async def test_a_block_said_twice_changes_the_tasker_once(
    api: httpx.AsyncClient, city: City, watch: Watch
) -> None:
    before = watch.revision()
    for _ in range(2):
        await api.put(f"{CLIENT_BLOCKS}/{city.tasker.id}", headers=city.client.headers)
    assert watch.revision() == before + 1


async def test_nobody_is_wished_for_who_is_not_there(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    client, tasker = city.client.headers, city.tasker.headers
    for path, headers in (
        (f"{FAVOURITES}/{new_id()}", client),
        (f"{FAVOURITES}/{city.novice.id}", client),
        (f"{CLIENT_BLOCKS}/{new_id()}", client),
        (f"{TASKER_BLOCKS}/{new_id()}", tasker),
        (f"{TASKER_BLOCKS}/{city.novice.id}", tasker),
        (f"{TASKER_BLOCKS}/{city.client.id}", city.novice.headers),
    ):
        refused(await api.put(path, headers=headers), "not-found")
    refused(await api.put(f"{FAVOURITES}/me", headers=client), "invalid", "uuid_parsing")
    refused(await api.put(f"{FAVOURITES}/{city.tasker.id}", headers=tasker), "not-allowed")
    assert everything(connection) == before


class Offered:
    """The tasker has two pending offers: one of the client's chore, one of somebody else's."""

    offer: UUID
    other: UUID


@pytest.fixture
async def offered(database: Database, city: City) -> Offered:
    made = Offered()

    async def make(session: AsyncSession) -> None:
        other = await make_client(session)
        for name, client in (("offer", city.client), ("other", other)):
            chore = await make_chore(session, city.market, client, status="offered")
            (offer,) = await make_offers(session, city.market, chore, [city.tasker])
            setattr(made, name, offer)

    await database.run(make)
    return made


def state(connection: psycopg.Connection, offer: UUID) -> tuple[str, str | None]:
    row = connection.execute(
        "SELECT status, closed_reason FROM offers WHERE id = %s", [offer]
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def withdrawals(connection: psycopg.Connection, tasker: Person) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT data ->> 'offer_id', data ->> 'reason' FROM events"
        " WHERE recipient_id = %s AND type = 'offer.withdrawn' ORDER BY n",
        [tasker.id],
    )
    return [(row[0], row[1]) for row in found]


@pytest.mark.parametrize("by_tasker", [False, True])
async def test_a_block_withdraws_what_is_offered_between_the_two_and_nothing_else(
    by_tasker: bool,
    api: httpx.AsyncClient,
    city: City,
    offered: Offered,
    connection: psycopg.Connection,
) -> None:
    if by_tasker:
        path, who = f"{TASKER_BLOCKS}/{city.client.id}", city.tasker
    else:
        path, who = f"{CLIENT_BLOCKS}/{city.tasker.id}", city.client
    assert (await api.put(path, headers=who.headers)).status_code == 204
    assert state(connection, offered.offer) == ("withdrawn", None)
    assert state(connection, offered.other) == ("pending", None)
    told = [(str(offered.offer), "tasker_unavailable")]
    assert withdrawals(connection, city.tasker) == told
    answer = await api.post(f"/v1/offers/{offered.offer}/accept", headers=city.tasker.headers)
    refused(answer, "offer-withdrawn")
    assert "Mare Street" not in answer.text


@pytest.mark.parametrize("stands_in_the_way", ["block", "inactive"])
async def test_an_offer_that_slipped_through_is_refused_when_accepted(
    stands_in_the_way: str,
    api: httpx.AsyncClient,
    city: City,
    offered: Offered,
    connection: psycopg.Connection,
) -> None:
    if stands_in_the_way == "block":
        connection.execute(
            "INSERT INTO blocks (client_id, tasker_id, by_tasker, created_at)"
            " VALUES (%s, %s, false, now())",
            [city.client.id, city.tasker.id],
        )
    else:
        connection.execute("UPDATE taskers SET active = false")
    answer = await api.post(f"/v1/offers/{offered.offer}/accept", headers=city.tasker.headers)
    refused(answer, "offer-withdrawn")
    assert connection.execute("SELECT count(*) FROM bookings").fetchone() == (0,)


async def test_a_block_and_an_accept_at_once_leave_a_booking_or_a_withdrawal(
    api: httpx.AsyncClient, city: City, offered: Offered, connection: psycopg.Connection
) -> None:
    blocked, accepted = await asyncio.gather(
        api.put(f"{CLIENT_BLOCKS}/{city.tasker.id}", headers=city.client.headers),
        api.post(f"/v1/offers/{offered.offer}/accept", headers=city.tasker.headers),
    )
    assert blocked.status_code == 204
    booked = connection.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
    assert booked == (accepted.status_code == 200)
    assert state(connection, offered.offer)[0] == ("accepted" if booked else "withdrawn")


async def test_a_tasker_taken_out_of_matching_loses_their_pending_offers(
    database: Database, city: City, offered: Offered, connection: psycopg.Connection
) -> None:
    await database.run(set_active, tasker_id=city.tasker.id, active=False, now=MONDAY_NOON)
    offers = (offered.offer, offered.other)
    assert [state(connection, offer) for offer in offers] == [("withdrawn", None)] * 2
    told = [(str(offer), "tasker_unavailable") for offer in offers]
    assert withdrawals(connection, city.tasker) == told
