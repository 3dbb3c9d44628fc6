"""Favourites and blocks."""

from __future__ import annotations

import httpx
import psycopg

from service.db.tables import new_id
from tests.integration.taskers.conftest import City, Watch
from tests.support.scene import MONDAY_NOON
from tests.support.wire import everything, refused

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
