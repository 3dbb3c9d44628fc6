"""The live map: its ground, its tiles, and who is on them."""

from __future__ import annotations

import math
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.tiles import Tile
from seed_data import LONDON
from seed_data.folder import read_city
from service.db.engine import Database
from service.live.cache import FRESH_S
from service.markets.importing.operations import Plan, import_city
from tests.integration.chores.conftest import City
from tests.integration.conftest import Clock
from tests.support.mvt import Feature, layers_of, place_of
from tests.support.scene import HACKNEY, MONDAY_NOON, make_present, make_tasker, north_of
from tests.support.wire import refused
from tests.support.work import make_booking, make_chore, make_offers


async def look(
    api: httpx.AsyncClient, city: City, tile: Tile, **headers: str
) -> dict[str, list[Feature]]:
    answer = await tile_of(api, city, tile, **headers)
    assert answer.status_code == 200, answer.text
    return layers_of(answer.content)


async def tile_of(api: httpx.AsyncClient, city: City, tile: Tile, **headers: str) -> httpx.Response:
    path = f"/v1/markets/london/tiles/{tile.z}/{tile.x}/{tile.y}"
    return await api.get(path, headers=city.viewer.headers | headers)


def metres_apart(one: LonLat, other: LonLat) -> float:
    east = (one.lon - other.lon) * math.cos(math.radians(one.lat))
    return math.hypot(east, one.lat - other.lat) * 111_195


async def test_the_ground_is_what_the_market_was_imported_with(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    plan = Plan(read_city(LONDON), [], 0, "!")
    connection.execute("UPDATE markets SET slug = 'elsewhere'")
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    answer = await api.get("/v1/markets/london/map", headers=city.viewer.headers)
    ground: dict[str, Any] = answer.json()
    west, south, east, north = ground["bounds"]
    assert west < ground["centre"]["coordinates"][0] < east
    assert south < ground["centre"]["coordinates"][1] < north
    districts = ground["districts"]["features"]
    assert len(districts) == 33
    assert "Hackney" in {each["properties"]["name"] for each in districts}
    assert len({each["id"] for each in districts}) == 33
    assert ground["river"]["type"] == "MultiLineString"
    assert {each["geometry"]["type"] for each in ground["parks"]["features"]} == {"Polygon"}


async def test_a_market_without_a_river_or_any_places_has_a_ground_too(
    api: httpx.AsyncClient, city: City
) -> None:
    ground = (await api.get("/v1/markets/london/map", headers=city.viewer.headers)).json()
    assert ground["districts"] == {"type": "FeatureCollection", "features": []}
    assert ground["river"] is None
    missing = await api.get("/v1/markets/atlantis/map", headers=city.viewer.headers)
    refused(missing, "not-found")


async def test_close_by_each_tasker_is_told_apart_at_the_centre_of_their_cell(
    api: httpx.AsyncClient, city: City
) -> None:
    tile = Tile.at(centre_of(cell_of(HACKNEY)), 14)
    (tasker,) = (await look(api, city, tile))["taskers"]
    assert tasker.properties == {
        "id": str(city.tasker.id), "online": True, "mode": "bike", "cell": cell_of(HACKNEY),
    }  # fmt: skip
    assert metres_apart(place_of(tile, tasker), centre_of(cell_of(HACKNEY))) < 2


async def test_further_out_taskers_are_counted_by_cell_and_then_by_square(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    async def scene(session: AsyncSession) -> None:
        for metres in (0, 0, 1_000, 2_000):
            await make_tasker(session, city.market, at=north_of(HACKNEY, metres))

    await database.run(scene)
    cells = (await look(api, city, Tile.at(HACKNEY, 12)))["taskers"]
    assert sorted(cell.properties["count"] for cell in cells) == [1, 1, 3]
    tile = Tile.at(HACKNEY, 6)
    (square,) = (await look(api, city, tile))["taskers"]
    assert square.properties == {"count": 5}
    assert metres_apart(place_of(tile, square), HACKNEY) < 1_500


async def test_a_tasker_who_is_off_work_is_nowhere_on_the_map(
    api: httpx.AsyncClient, city: City, database: Database, clock: Clock
) -> None:
    await api.delete("/v1/taskers/me/presence", headers=city.tasker.headers)
    for zoom in (0, 9, 12, 15):
        assert "taskers" not in await look(api, city, Tile.at(centre_of(cell_of(HACKNEY)), zoom))

    async def scene(session: AsyncSession) -> None:
        far = north_of(HACKNEY, 3_000)
        await make_present(session, city.market, city.tasker, at=far, now=MONDAY_NOON)

    await database.run(scene)
    clock.forward(seconds=FRESH_S)
    (seen,) = (await look(api, city, Tile.at(HACKNEY, 10)))["taskers"]
    assert seen.properties["count"] == 1


async def test_chores_show_where_they_are_and_how_far_their_wave_reaches(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    async def scene(session: AsyncSession) -> dict[str, str]:
        ids = {}
        for status, wave in (("open", 0), ("offered", 2), ("unfilled", 4), ("called off", 0)):
            kept = "open" if status == "called off" else status
            chore_id = await make_chore(session, city.market, city.client, status=kept, wave=wave)
            ids[status] = str(chore_id)
        return ids

    ids = await database.run(scene)
    await api.post(f"/v1/chores/{ids['called off']}/cancel", headers=city.client.headers)
    tile = Tile.at(HACKNEY, 13)
    chores = (await look(api, city, tile))["chores"]
    radii = {chore.properties["id"]: chore.properties["radius_m"] for chore in chores}
    assert radii == {
        ids["open"]: 5_000, ids["offered"]: 7_500, ids["unfilled"]: 5_000 * 1.5**3,
    }  # fmt: skip
    assert {chore.properties["category"] for chore in chores} == {"mounting"}
    assert all(metres_apart(place_of(tile, chore), HACKNEY) < 3 for chore in chores)


async def test_bookings_show_while_they_stand(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    async def scene(session: AsyncSession) -> str:
        return str(await make_booking(session, city.market, city.client, city.tasker))

    booking_id = await database.run(scene)
    found = await look(api, city, Tile.at(HACKNEY, 11))
    (booking,) = found["bookings"]
    assert (booking.properties["id"], booking.properties["status"]) == (booking_id, "scheduled")
    assert "chores" not in found


async def test_a_tile_elsewhere_is_empty_and_one_that_cannot_be_is_refused(
    api: httpx.AsyncClient, city: City
) -> None:
    for tile in (Tile(12, 0, 0), Tile(20, 2**20 - 1, 2**20 - 1), Tile(6, 40, 30)):
        assert await look(api, city, tile) == {}
    assert refused(await tile_of(api, city, Tile(3, 8, 0)), "invalid", "out_of_range")["field"] == (
        "x"
    )
    assert refused(await tile_of(api, city, Tile(3, 0, 8)), "invalid", "out_of_range")["field"] == (
        "y"
    )
    assert refused(await tile_of(api, city, Tile(21, 0, 0)), "invalid")["field"] == "z"
    there_is_none = await api.get("/v1/markets/atlantis/tiles/0/0/0", headers=city.viewer.headers)
    refused(there_is_none, "not-found")


async def test_a_tile_is_kept_for_a_moment_and_tagged(
    api: httpx.AsyncClient, city: City, database: Database, clock: Clock
) -> None:
    tile = Tile.at(HACKNEY, 12)
    first = await tile_of(api, city, tile)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    again = await tile_of(api, city, tile, **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")

    async def scene(session: AsyncSession) -> None:
        chore_id = await make_chore(session, city.market, city.client, status="offered")
        await make_offers(session, city.market, chore_id, [city.tasker])

    await database.run(scene)
    assert (await tile_of(api, city, tile, **{"If-None-Match": etag})).status_code == 304
    clock.forward(seconds=FRESH_S)
    fresh = await tile_of(api, city, tile, **{"If-None-Match": etag})
    assert fresh.status_code == 200
    assert "chores" in layers_of(fresh.content)


async def test_a_tile_comes_compressed_to_whoever_takes_that(
    api: httpx.AsyncClient, city: City
) -> None:
    tile = Tile.at(HACKNEY, 12)
    packed = await tile_of(api, city, tile, **{"Accept-Encoding": "gzip"})
    plain = await tile_of(api, city, tile, **{"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content


@pytest.mark.parametrize("zoom", range(21))
async def test_every_zoom_can_be_drawn(api: httpx.AsyncClient, city: City, zoom: int) -> None:
    place = centre_of(cell_of(HACKNEY))
    found = await look(api, city, Tile.at(place, zoom))
    assert len(found["taskers"]) == 1
