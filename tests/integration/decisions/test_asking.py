"""A tasker asks why: as of then from the record, as of now from the rules; and who may not ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from service.app import create_app
from service.db.engine import Database
from service.db.tables import Block, ServiceArea
from service.settings import Settings
from tests.integration.conftest import Clock
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, Person, north_of, square
from tests.support.work import make_booking

NEVER = UUID(int=7)


class Asked:
    """The api, asked by taskers."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self.api = api

    async def raw(self, person: Person, chore: object, as_of: str) -> httpx.Response:
        wanted = {"chore": str(chore), "as_of": as_of}
        return await self.api.get("/v1/taskers/me/decisions", params=wanted, headers=person.headers)

    async def why(self, person: Person, chore: object, as_of: str = "then") -> dict[str, Any]:
        answer = await self.raw(person, chore, as_of)
        assert answer.status_code == 200, answer.text
        newest: dict[str, Any] = answer.json()[-1]
        return newest


@pytest.fixture
def ask(api: httpx.AsyncClient) -> Asked:
    return Asked(api)


async def draw(city: City, tasker: Person, middle: LonLat, half_m: float) -> None:
    """The tasker's area becomes another."""

    async def change(session: AsyncSession) -> None:
        area = await session.get_one(ServiceArea, (tasker.id, "regular"))
        area.area = square(middle, half_m)

    await city.run(change)
    city.sql("UPDATE taskers SET revision = revision + 1 WHERE id = %s RETURNING 1", tasker.id)


async def outside(city: City, by_m: float) -> Person:
    """A tasker whose area ends so far from the chore's place."""
    home = north_of(HACKNEY, 3_000)
    return await city.tasker(at=home, reach_m=3_000 - by_m)


async def test_who_was_just_outside_hears_what_extending_the_area_would_have_done(
    city: City, ask: Asked
) -> None:
    tasker = await outside(city, 1_000)
    chore = await city.chore()
    await city.round()
    found = await ask.why(tasker, chore)
    assert found["standing"] == "refused"
    assert found["words"] == (
        "about 1 km outside your area; with the area extended you would have been offered it"
    )
    (reason,) = found["reasons"]
    assert reason["rule"] == "outside_service_area"
    assert reason["by_m"] in (1_000, 1_500)
    assert found["changes"][0]["standing"] == "offered"


async def test_as_of_now_the_rules_are_asked_again(city: City, ask: Asked) -> None:
    tasker = await outside(city, 1_000)
    chore = await city.chore()
    await city.round()
    now = await ask.why(tasker, chore, "now")
    assert now["words"] == (
        "about 1 km outside your area; with the area extended you would be offered it"
    )
    await draw(city, tasker, HACKNEY, 5_000)
    now = await ask.why(tasker, chore, "now")
    assert (now["standing"], now["words"]) == ("offered", "you could be offered it")
    then = await ask.why(tasker, chore)
    assert then["words"] == "it lay outside your area"
    assert (then["standing"], then["changes"]) == ("refused", [])


async def test_the_answer_as_of_then_is_the_records_whatever_came_after(
    city: City, ask: Asked
) -> None:
    tasker = await city.tasker()
    await city.run(
        lambda session: make_booking(session, city.market, city.client, tasker, minutes=240)
    )
    chore = await city.chore()
    await city.round()
    city.sql("DELETE FROM bookings RETURNING 1")
    then, now = [await ask.why(tasker, chore, when) for when in ("then", "now")]
    assert then["words"] == "you had no free time for it, travel included"
    assert then["changes"] == []
    assert now["standing"] == "offered"


async def test_who_was_offered_it_or_outranked_hears_so(city: City, ask: Asked) -> None:
    city.sql("UPDATE policy_versions SET document = %s RETURNING 1", ONE_OFFER)
    near, far = [await city.tasker(at=north_of(HACKNEY, metres)) for metres in (100, 2_500)]
    chore = await city.chore()
    await city.round()
    assert (await ask.why(near, chore))["words"] == "you were offered it"
    assert (await ask.why(near, chore, "now"))["words"] == "you already have its offer"
    told = await ask.why(far, chore)
    assert (told["standing"], told["wave"]) == ("outranked", 1)
    assert "you are in line" in told["words"]


async def test_a_change_that_would_still_have_been_dearer_only_brings_the_next_place(
    city: City, ask: Asked
) -> None:
    city.sql("UPDATE policy_versions SET document = %s RETURNING 1", ONE_OFFER)
    await city.tasker()
    late = await outside(city, 1_000)
    chore = await city.chore()
    await city.round()
    told = await ask.why(late, chore)
    assert told["words"].endswith("with the area extended you would have been next in line")


async def test_a_dearer_tasker_hears_by_how_much(city: City, ask: Asked) -> None:
    dear = await city.tasker(skills={"mounting": 5_350})
    chore = await city.chore(budget_rate=5_000)
    await city.round()
    told = await ask.why(dear, chore)
    assert told["reasons"][0]["by_rate"] == {"amount": 350, "currency": "GBP"}
    assert told["words"] == (
        "your rate is 3.50 an hour over the client's budget;"
        " with your rate within the budget you would have been offered it"
    )


async def test_who_was_not_online_hears_so(city: City, ask: Asked) -> None:
    tasker = await city.tasker(online=False)
    chore = await city.chore(wanted_now=True, starts_in=timedelta(0))
    await city.round()
    for when in ("then", "now"):
        told = await ask.why(tasker, chore, when)
        assert (told["standing"], told["words"]) == ("refused", "you were not online")


async def test_about_a_chore_that_is_over_there_is_no_now(
    city: City, ask: Asked, clock: Clock
) -> None:
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    clock.forward(hours=8)
    told = await ask.why(tasker, chore, "now")
    assert (told["standing"], told["words"]) == ("closed", "it is no longer open")
    assert (await ask.why(tasker, chore))["standing"] == "offered"


async def test_distances_are_of_the_cell_and_coarse(city: City, ask: Asked) -> None:
    """Two places in one cell give one answer, and half a kilometre is the finest step."""
    tasker = await outside(city, 1_000)
    answers = []
    for metres in (0, 60):
        chore = await city.chore(at=north_of(HACKNEY, metres))
        await city.round()
        told = await ask.why(tasker, chore)
        answers.append((told["words"], told["reasons"]))
    assert answers[0] == answers[1]
    assert answers[0][1][0]["by_m"] % 500 == 0


async def test_nobody_can_ask_about_a_chore_that_never_came_near_them(
    city: City, ask: Asked
) -> None:
    stranger = await city.tasker(at=north_of(HACKNEY, 20_000), reach_m=30_000)
    other_trade = await city.tasker(skills={"cleaning": 2_000})
    chore = await city.chore()
    await city.round()
    for person in (stranger, other_trade):
        for when in ("then", "now"):
            unknown = await ask.raw(person, NEVER, when)
            refused = await ask.raw(person, chore, when)
            assert refused.status_code == unknown.status_code == 404
            assert refused.json() == unknown.json()


@pytest.mark.parametrize("by_tasker", [True, False])
async def test_a_block_is_not_to_be_found_out(city: City, ask: Asked, by_tasker: bool) -> None:
    tasker = await city.tasker()

    async def block(session: AsyncSession) -> None:
        session.add(
            Block(
                client_id=city.client.id, tasker_id=tasker.id, by_tasker=by_tasker,
                created_at=city.now,
            )
        )  # fmt: skip

    await city.run(block)
    chore = await city.chore()
    await city.round()
    for when in ("then", "now"):
        assert (await ask.raw(tasker, chore, when)).status_code == 404


async def test_asking_is_limited(settings: Settings, city: City, clock: Clock) -> None:
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    app = create_app(settings.model_copy(update={"ask_limit": "2/minute"}))
    async with app.router.lifespan_context(app):
        app.state.runtime.clock = clock
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as client:
            answers = [await Asked(client).raw(tasker, chore, "then") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_a_tasker_whose_offer_fell_to_their_own_change_hears_no_lie(
    city: City, ask: Asked, database: Database
) -> None:
    """Their record says that they were chosen, and that the offer was dropped."""
    tasker = await city.tasker()
    chore = await city.chore()
    await city.round()
    city.sql(
        "UPDATE decisions SET record = record || jsonb_build_object('dropped', %s::jsonb)"
        " RETURNING 1",
        f'["{tasker.id}"]',
    )
    assert (await ask.why(tasker, chore))["standing"] == "outranked"


ONE_OFFER = '{"default": {"max_offers_per_wave": 1}, "categories": {}}'
