"""Markets: what anybody may know of a city."""

from __future__ import annotations

import httpx
import pytest

from service.db.engine import Database
from tests.support.scene import make_market
from tests.support.wire import refused


@pytest.fixture
async def two_markets(database: Database) -> None:
    await database.run(make_market, slug="paris")
    await database.run(make_market, slug="london")


async def test_markets_are_listed_by_name_without_their_shapes(
    api: httpx.AsyncClient, two_markets: None
) -> None:
    listed = (await api.get("/v1/markets")).json()
    assert [market["slug"] for market in listed] == ["london", "paris"]
    assert listed[0] == {
        "slug": "london",
        "name": "London",
        "zone": "Europe/London",
        "currency": "GBP",
        "centre": {"type": "Point", "coordinates": [-0.0553, 51.545]},
    }


async def test_one_market_comes_with_boundary_places_and_categories(
    api: httpx.AsyncClient, two_markets: None
) -> None:
    answer = await api.get("/v1/markets/london")
    market = answer.json()
    assert market["boundary"]["type"] == "MultiPolygon"
    corners = market["boundary"]["coordinates"][0][0]
    assert corners[0] == corners[-1]
    assert min(lon for lon, _ in corners) == pytest.approx(-0.634, abs=0.01)
    assert market["places"] == {"type": "FeatureCollection", "features": []}
    assert [category["slug"] for category in market["categories"]] == [
        "cleaning", "mounting", "moving",
    ]  # fmt: skip
    assert answer.headers["Cache-Control"] == "public, max-age=300"


async def test_categories_tell_what_is_usual(api: httpx.AsyncClient, two_markets: None) -> None:
    listed = (await api.get("/v1/markets/london/categories")).json()
    assert listed[1] == {
        "slug": "mounting",
        "name": "Mounting",
        "typical_min": 60,
        "minimum_min": 60,
        "rate_low": {"amount": 1500, "currency": "GBP"},
        "rate_median": {"amount": 2500, "currency": "GBP"},
        "rate_high": {"amount": 6000, "currency": "GBP"},
    }


@pytest.mark.parametrize("slug", ["atlantis", "London", "1", "%27;--", "lon%00don"])
async def test_a_market_that_is_not_there_is_not_found(
    slug: str, api: httpx.AsyncClient, two_markets: None
) -> None:
    for path in (f"/v1/markets/{slug}", f"/v1/markets/{slug}/categories"):
        answer = await api.get(path)
        assert answer.status_code in (400, 404)
        refused(answer, "bad-request" if "%00" in slug else "not-found")


async def test_a_name_longer_than_any_is_refused(api: httpx.AsyncClient, two_markets: None) -> None:
    refused(await api.get(f"/v1/markets/{'x' * 42}"), "invalid", "string_too_long")
