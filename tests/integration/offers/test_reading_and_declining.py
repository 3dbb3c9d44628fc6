"""A tasker's list of offers, and saying no."""

from __future__ import annotations

from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from service.db.engine import Database
from tests.integration.conftest import Clock
from tests.support.scene import HACKNEY, Person, make_client, make_market, make_tasker
from tests.support.work import make_chore, make_offers


class Scene:
    """One tasker with three pending offers of three chores."""

    tasker: Person
    offers: list[UUID]


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene()

    async def make(session: AsyncSession) -> None:
        market = await make_market(session)
        client = await make_client(session)
        made.tasker = await make_tasker(session, market)
        made.offers = []
        for _ in range(3):
            chore = await make_chore(session, market, client, status="offered", minutes=90)
            made.offers += await make_offers(session, market, chore, [made.tasker], minutes=90)

    await database.run(make)
    return made


def problem(answer: httpx.Response) -> str:
    assert answer.status_code == 409, answer.text
    return str(answer.json()["type"]).rsplit("/", 1)[1]


async def test_an_offer_shows_the_cell_and_never_the_place(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    answer = await api.get(f"/v1/offers/{scene.offers[0]}", headers=scene.tasker.headers)
    offer = answer.json()
    centre = centre_of(cell_of(HACKNEY))
    assert offer["near"]["coordinates"] == [round(centre.lon, 7), round(centre.lat, 7)]
    assert "address" not in answer.text
    assert "Mare Street" not in answer.text
    assert offer["estimated_pay"] == {"amount": 3750, "currency": "GBP"}
    assert offer["duration_min"] == 90


async def test_offers_come_newest_first_page_by_page(api: httpx.AsyncClient, scene: Scene) -> None:
    first = await api.get("/v1/offers", params={"limit": 2}, headers=scene.tasker.headers)
    rest = await api.get(
        "/v1/offers", params={"cursor": first.json()["next"]}, headers=scene.tasker.headers
    )
    ids = [offer["id"] for offer in first.json()["items"] + rest.json()["items"]]
    assert ids == [str(each) for each in reversed(scene.offers)]
    assert rest.json()["next"] is None


async def test_offers_can_be_asked_for_by_state(api: httpx.AsyncClient, scene: Scene) -> None:
    headers = scene.tasker.headers
    await api.post(f"/v1/offers/{scene.offers[0]}/decline", headers=headers)
    pending = await api.get("/v1/offers", params={"state": "pending"}, headers=headers)
    both = await api.get("/v1/offers", params={"state": ["pending", "declined"]}, headers=headers)
    wrong = await api.get("/v1/offers", params={"state": "lost"}, headers=headers)
    assert (len(pending.json()["items"]), len(both.json()["items"])) == (2, 3)
    assert wrong.status_code == 422


async def test_declining_keeps_the_reason_and_is_said_once(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    headers = scene.tasker.headers
    path = f"/v1/offers/{scene.offers[0]}/decline"
    first = await api.post(path, json={"reason": "too far"}, headers=headers)
    again = await api.post(path, json={"reason": "another"}, headers=headers)
    assert (first.status_code, first.json()["state"]) == (200, "declined")
    assert again.json() == first.json()
    assert first.json()["closed_reason"] == "too far"


async def test_a_declined_offer_cannot_be_accepted(api: httpx.AsyncClient, scene: Scene) -> None:
    await api.post(f"/v1/offers/{scene.offers[0]}/decline", headers=scene.tasker.headers)
    answer = await api.post(f"/v1/offers/{scene.offers[0]}/accept", headers=scene.tasker.headers)
    assert problem(answer) == "offer-declined"


async def test_an_accepted_offer_cannot_be_declined(api: httpx.AsyncClient, scene: Scene) -> None:
    await api.post(f"/v1/offers/{scene.offers[0]}/accept", headers=scene.tasker.headers)
    answer = await api.post(f"/v1/offers/{scene.offers[0]}/decline", headers=scene.tasker.headers)
    assert problem(answer) == "offer-accepted"


async def test_an_expired_offer_cannot_be_declined(
    api: httpx.AsyncClient, scene: Scene, clock: Clock
) -> None:
    clock.forward(minutes=15)
    answer = await api.post(f"/v1/offers/{scene.offers[0]}/decline", headers=scene.tasker.headers)
    assert problem(answer) == "offer-expired"


async def test_offers_are_for_taskers(api: httpx.AsyncClient, database: Database) -> None:
    client = await database.run(make_client)
    assert (await api.get("/v1/offers", headers=client.headers)).status_code == 403
    assert (await api.get("/v1/offers")).status_code == 401
