"""What a client is told to expect before posting, and what nobody can find out that way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from service.app import create_app
from service.db.tables import ServiceArea
from service.settings import Settings
from tests.integration.conftest import Clock
from tests.integration.dispatch.conftest import City
from tests.support.scene import HACKNEY, MONDAY_NOON, north_of, square

AFTERNOON = {"start": "2026-11-23T14:00:00Z", "end": "2026-11-23T18:00:00Z"}


async def expect(
    api: httpx.AsyncClient, city: City, at: LonLat = HACKNEY, **facts: Any
) -> dict[str, Any]:
    """The estimate of a chore this afternoon."""
    wish = {
        "market": "london", "category": "mounting", "when": AFTERNOON, "duration_min": 60,
        "point": {"type": "Point", "coordinates": list(at)},
    }  # fmt: skip
    answer = await api.post("/v1/chores/estimate", json=wish | facts, headers=city.client.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def crowd(city: City, many: int, **facts: Any) -> None:
    for n in range(many):
        await city.tasker(**({"skills": {"mounting": 2_000 + 110 * n}} | facts))


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "GBP"}


async def test_an_estimate_tells_reach_rates_chance_and_time(
    api: httpx.AsyncClient, city: City
) -> None:
    await crowd(city, 8)
    found = await expect(api, city)
    assert found["taskers"] == {"at_least": 6, "at_most": 10}
    assert found["rates"] == {"low": money(2_100), "high": money(2_600)}
    assert found["chance"] > 0.9
    assert found["expected_s"] <= 900
    assert city.sql("SELECT count(*) FROM chores") == [(0,)]


async def test_what_the_round_then_does_is_what_was_expected(
    api: httpx.AsyncClient, city: City
) -> None:
    """Of eight near, one is outside, one is dear, one is off: five are in reach, five are asked."""
    await crowd(city, 5)
    await city.tasker(at=north_of(HACKNEY, 3_000), reach_m=1_000)
    await city.tasker(skills={"mounting": 9_000})
    off = await city.tasker()
    city.sql("DELETE FROM weekly_hours WHERE tasker_id = %s RETURNING 1", off.id)
    found = await expect(api, city, budget=money(4_000))
    assert found["taskers"] == {"at_least": 3, "at_most": 5}
    await city.chore(budget_rate=4_000)
    await city.round()
    ((record,),) = city.sql("SELECT record FROM decisions")
    assert len(record["considered"]) == 5
    assert found["chance"] >= round(record["fill_chance"] - 0.03, 2)


@pytest.mark.parametrize("many", [0, 1, 2])
async def test_one_or_two_taskers_are_not_told_from_nobody(
    api: httpx.AsyncClient, city: City, many: int
) -> None:
    await crowd(city, many)
    assert await expect(api, city) == {
        "taskers": {"at_least": 0, "at_most": 2}, "rates": None, "chance": None,
        "expected_s": None, "best_change": None,
    }  # fmt: skip


async def test_places_in_one_cell_get_one_answer(api: httpx.AsyncClient, city: City) -> None:
    """Three live so that the radius ends between the two places: a point would tell."""
    middle = centre_of(cell_of(HACKNEY))
    north, south = north_of(middle, 300), north_of(middle, -300)
    assert cell_of(north) == cell_of(south)
    city.sql("UPDATE policy_versions SET document = %s RETURNING 1", ONE_WAVE)
    await crowd(city, 4, at=north_of(middle, 5_150), reach_m=9_000)
    assert await expect(api, city, at=north) == await expect(api, city, at=south)


async def test_a_higher_budget_is_the_change_to_make_where_it_is_too_low(
    api: httpx.AsyncClient, city: City
) -> None:
    await crowd(city, 5, skills={"mounting": 3_200})
    found = await expect(api, city, budget=money(3_000))
    assert found["taskers"] == {"at_least": 0, "at_most": 2}
    assert found["best_change"]["change"] == "budget 10 % higher"
    assert found["best_change"]["chance"] > 0.8


async def test_another_hour_is_the_change_to_make_where_the_window_is_too_short(
    api: httpx.AsyncClient, city: City
) -> None:
    await crowd(city, 4)
    city.sql("UPDATE weekly_hours SET starts = '18:00' WHERE weekday = 0 RETURNING 1")
    city.sql("DELETE FROM weekly_hours WHERE weekday <> 0 RETURNING 1")
    assert (await expect(api, city))["best_change"]["change"] == "another hour"


async def test_a_day_later_is_the_change_to_make_where_nobody_works_today(
    api: httpx.AsyncClient, city: City
) -> None:
    """Their areas for today are elsewhere; nobody is online."""
    await crowd(city, 4, online=False)

    async def draw(session: AsyncSession) -> None:
        session.add_all(
            ServiceArea(
                tasker_id=tasker.id, kind="same_day", market_id=city.market.id,
                area=square(north_of(HACKNEY, 9_000), 500),
            )
            for tasker in city.taskers
        )  # fmt: skip

    await city.run(draw)
    for when in ("now", AFTERNOON):
        found = await expect(api, city, when=when)
        assert found["taskers"]["at_most"] == 2
        assert found["best_change"]["change"] == "a day later"


async def test_for_a_chore_for_now_only_those_heard_of_lately_count(
    api: httpx.AsyncClient, city: City, clock: Clock
) -> None:
    await crowd(city, 4)
    assert (await expect(api, city, when="now"))["taskers"]["at_least"] == 3
    clock.forward(seconds=301)
    assert (await expect(api, city, when="now"))["taskers"]["at_most"] == 2


async def test_an_estimate_refuses_what_a_post_would(api: httpx.AsyncClient, city: City) -> None:
    good = {
        "market": "london", "category": "mounting", "when": AFTERNOON, "duration_min": 60,
        "point": {"type": "Point", "coordinates": list(HACKNEY)},
    }  # fmt: skip
    past = (MONDAY_NOON - timedelta(days=1)).isoformat()
    for wrong, kind in (
        ({"market": "atlantis"}, "unknown-market"),
        ({"category": "alchemy"}, "unknown-category"),
        ({"duration_min": 5}, "duration-not-usable"),
        ({"point": {"type": "Point", "coordinates": [2.35, 48.85]}}, "outside-market"),
        ({"budget": {"amount": 3, "currency": "GBP"}}, "rate-not-usable"),
        ({"when": {"start": past, "end": past}}, "window-not-usable"),
        ({"address": "12 Mare Street"}, "invalid"),
    ):
        answer = await api.post(
            "/v1/chores/estimate", json=good | wrong, headers=city.client.headers
        )
        assert answer.status_code == 422, wrong
        assert answer.json()["type"].endswith("/" + kind), wrong


async def test_estimates_are_limited_for_each_client(
    settings: Settings, city: City, clock: Clock
) -> None:
    app = create_app(settings.model_copy(update={"estimate_limit": "2/minute"}))
    async with app.router.lifespan_context(app):
        app.state.runtime.clock = clock
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as api:
            for _ in range(2):
                await expect(api, city)
            refused = await api.post("/v1/chores/estimate", json={}, headers=city.client.headers)
            assert refused.status_code == 422
            with pytest.raises(AssertionError, match="too-many-requests"):
                await expect(api, city)


ONE_WAVE = '{"default": {"max_waves": 1}, "categories": {}}'
