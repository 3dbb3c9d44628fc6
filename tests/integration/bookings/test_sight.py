"""Who sees a booking and its place, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest

from geo.cells import cell_of, centre_of
from service.bookings.operations import give_up_waiting
from service.db.engine import Database
from tests.integration.bookings.conftest import Scene, post
from tests.support.scene import (
    HACKNEY,
    MONDAY_NOON,
    Person,
    make_person,
)
from tests.support.wire import refused


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
