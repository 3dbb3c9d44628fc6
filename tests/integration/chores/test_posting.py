"""Posting a chore: one transaction, and nothing at all when it is refused."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from service.app import create_app
from service.settings import Settings
from tests.integration.chores.conftest import City
from tests.integration.conftest import Clock
from tests.support.scene import HACKNEY, UTM_30
from tests.support.wire import chore, everything, point, pounds, refused

EVENING = {"start": "2026-11-23T17:00:00Z", "end": "2026-11-23T20:00:00Z"}


async def test_a_posted_chore_is_open_due_and_told(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, clock: Clock
) -> None:
    answer = await api.post("/v1/chores", json=chore(when=EVENING), headers=city.client.headers)
    posted = answer.json()
    assert answer.status_code == 201
    assert posted["view"] == "exact"
    assert posted["state"] == "open"
    assert posted["point"]["coordinates"] == [HACKNEY.lon, HACKNEY.lat]
    assert posted["budget"] == pounds(3500)
    assert posted["match_by"] == "2026-11-23T19:00:00.000Z"
    row = connection.execute(
        "SELECT cell, due_at, policy_version, wave, ST_SRID(metric_point) FROM chores"
    ).fetchone()
    assert row == (cell_of(HACKNEY), clock.at, 1, 0, UTM_30)
    told = connection.execute("SELECT recipient_id, n, type, data FROM events").fetchall()
    assert [told[0][:3]] == [(city.client.id, 1, "chore.posted")]
    assert told[0][3]["chore_id"] == posted["id"]
    assert len(told) == 1


async def test_what_is_searched_by_is_the_centre_of_the_cell(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    await api.post("/v1/chores", json=chore(), headers=city.client.headers)
    centre = centre_of(cell_of(HACKNEY))
    row = connection.execute(
        """SELECT ST_Distance(metric_point, ST_Transform(
            ST_SetSRID(ST_MakePoint(%s, %s), 4326), 32630)) FROM chores""",
        [centre.lon, centre.lat],
    ).fetchone()
    assert row == (pytest.approx(0, abs=0.01),)


async def test_a_chore_for_now_may_be_matched_for_as_long_as_the_policy_says(
    api: httpx.AsyncClient, city: City
) -> None:
    posted = (await api.post("/v1/chores", json=chore(), headers=city.client.headers)).json()
    assert posted["when"]["now"] is True
    assert posted["when"]["start"] == "2026-11-23T12:00:00.000Z"
    assert posted["match_by"] == "2026-11-23T12:30:00.000Z"
    assert posted["when"]["end"] == "2026-11-23T14:30:00.000Z"


async def test_the_same_key_posts_once_and_another_body_is_refused(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    headers = city.client.headers | {"Idempotency-Key": "one"}
    first = await api.post("/v1/chores", json=chore(), headers=headers)
    again = await api.post("/v1/chores", json=chore(), headers=headers)
    other = await api.post("/v1/chores", json=chore(duration_min=90), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(other, "idempotency-key-reused")
    assert connection.execute("SELECT count(*) FROM chores").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM events").fetchone() == (1,)


async def test_a_chore_may_leave_budget_and_notes_out(api: httpx.AsyncClient, city: City) -> None:
    body = chore(budget=None)
    del body["notes"]
    posted = (await api.post("/v1/chores", json=body, headers=city.client.headers)).json()
    assert (posted["budget"], posted["notes"]) == (None, "")


async def test_a_window_may_be_no_longer_than_the_work(api: httpx.AsyncClient, city: City) -> None:
    exact = {"start": "2026-11-23T17:00:00Z", "end": "2026-11-23T18:00:00Z"}
    answer = await api.post("/v1/chores", json=chore(when=exact), headers=city.client.headers)
    assert answer.json()["match_by"] == "2026-11-23T17:00:00.000Z"


async def test_only_a_client_posts(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    refused(await api.post("/v1/chores", json=chore()), "not-signed-in")
    for other in (city.tasker, city.editor):
        answer = await api.post("/v1/chores", json=chore(), headers=other.headers)
        refused(answer, "not-allowed")
    assert everything(connection) == before


async def test_a_client_may_post_only_so_often(
    settings: Settings, city: City, clock: Clock
) -> None:
    app = create_app(settings.model_copy(update={"post_limit": "2/minute"}))
    async with app.router.lifespan_context(app):
        app.state.runtime.clock = clock
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as api:
            answers = [
                await api.post("/v1/chores", json=chore(), headers=city.client.headers)
                for _ in range(3)
            ]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    refused(answers[2], "too-many-requests")
    assert int(answers[2].headers["Retry-After"]) >= 1


def window(start: str, end: str) -> dict[str, Any]:
    return {"when": {"start": start, "end": end}}


SWAPPED = LonLat(51.5450, -0.0553)
PARIS = LonLat(2.3522, 48.8566)
BAD: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "an unknown market": ({"market": "atlantis"}, "unknown-market", "unknown_market"),
    "an unknown category": ({"category": "alchemy"}, "unknown-category", "unknown_category"),
    "another city": ({"point": point(PARIS)}, "outside-market", "outside_market"),
    "lon and lat swapped": ({"point": point(SWAPPED)}, "outside-market", "outside_market"),
    "a place out of range": ({"point": point(LonLat(-0.05, 151.5))}, "invalid", "value_error"),
    "a longitude beyond the date line": ({"point": point(LonLat(200, 51))}, "invalid", None),
    "a point of one number": (
        {"point": {"type": "Point", "coordinates": [1.0]}}, "invalid", "too_short",
    ),
    "a point of words": (
        {"point": {"type": "Point", "coordinates": ["-0.05", "51.5"]}}, "invalid", "float_type",
    ),
    "a polygon for a point": (
        {"point": {"type": "Polygon", "coordinates": []}}, "invalid", "literal_error",
    ),
    "no point": ({"point": None}, "invalid", None),
    "a duration of nothing": ({"duration_min": 0}, "duration-not-usable", "too_short"),
    "a negative duration": ({"duration_min": -60}, "duration-not-usable", "too_short"),
    "a duration of a year": ({"duration_min": 525_600}, "duration-not-usable", "too_long"),
    "a duration beyond any number": ({"duration_min": 10**30}, "duration-not-usable", "too_long"),
    "a duration of half a minute": ({"duration_min": 60.5}, "invalid", "int_type"),
    "a duration in words": ({"duration_min": "60"}, "invalid", "int_type"),
    "a duration of true": ({"duration_min": True}, "invalid", "int_type"),
    "a budget of -1": ({"budget": pounds(-1)}, "rate-not-usable", "too_low"),
    "a budget of nothing": ({"budget": pounds(0)}, "rate-not-usable", "too_low"),
    "a budget nobody works for": ({"budget": pounds(100)}, "rate-not-usable", "too_low"),
    "a budget of 10^12": ({"budget": pounds(10**12)}, "rate-not-usable", "too_high"),
    "a budget of 10^30": ({"budget": pounds(10**30)}, "rate-not-usable", "too_high"),
    "a budget of another currency": (
        {"budget": {"amount": 3500, "currency": "USD"}}, "rate-not-usable", "wrong_currency",
    ),
    "a budget of no currency": ({"budget": {"amount": 3500, "currency": ""}}, "invalid", None),
    "a budget in halfpennies": ({"budget": pounds(3500.5)}, "invalid", "int_type"),
    "a bare budget": ({"budget": 3500}, "invalid", None),
    "a window in the past": (
        window("2026-11-22T17:00:00Z", "2026-11-22T20:00:00Z"), "window-not-usable", "in_the_past",
    ),
    "a window that has begun": (
        window("2026-11-23T11:00:00Z", "2026-11-23T20:00:00Z"), "window-not-usable", "in_the_past",
    ),
    "a window that ends before it starts": (
        window("2026-11-23T20:00:00Z", "2026-11-23T17:00:00Z"),
        "window-not-usable", "ends_before_it_starts",
    ),
    "a window of no time": (
        window("2026-11-23T20:00:00Z", "2026-11-23T20:00:00Z"),
        "window-not-usable", "ends_before_it_starts",
    ),
    "a window shorter than the work": (
        window("2026-11-23T17:00:00Z", "2026-11-23T17:59:59Z"),
        "window-not-usable", "shorter_than_duration",
    ),
    "a window more than a year ahead": (
        window("2027-12-01T17:00:00Z", "2027-12-01T20:00:00Z"),
        "window-not-usable", "too_far_ahead",
    ),
    "a window at the end of the calendar": (
        window("9999-12-31T17:00:00Z", "9999-12-31T23:59:59-14:00"), "invalid", "value_error",
    ),
    "a window that leaves no time": (
        window("2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"),
        "window-not-usable", "too_late_to_begin",
    ),
    "a window without a zone": (
        window("2026-11-23T17:00:00", "2026-11-23T20:00:00"), "invalid", None,
    ),
    "a window in seconds": ({"when": {"start": 1, "end": 10**10}}, "invalid", None),
    "a window without an end": (
        {"when": {"start": "2026-11-23T17:00:00Z"}}, "invalid", "missing",
    ),
    "another word for now": ({"when": "soon"}, "invalid", "value_error"),
    "no time at all": ({"when": None}, "invalid", "value_error"),
    "no address": ({"address": "   "}, "invalid", "string_too_short"),
    "an address of 301": ({"address": "x" * 301}, "invalid", "string_too_long"),
    "notes of 2,001": ({"notes": "x" * 2001}, "invalid", "string_too_long"),
    "notes of null": ({"notes": None}, "invalid", "string_type"),
    "an unknown field": ({"colour": "red"}, "invalid", "extra_forbidden"),
    "a state of one's own": ({"state": "booked"}, "invalid", "extra_forbidden"),
}  # fmt: skip


async def test_every_bad_chore_has_its_own_refusal_and_leaves_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    for name, (different, problem, reason) in BAD.items():
        headers = city.client.headers | {"Idempotency-Key": name.replace(" ", "-")}
        answer = await api.post("/v1/chores", json=chore(**different), headers=headers)
        assert answer.status_code == 422, name
        refused(answer, problem, reason)
    assert everything(connection) == before


async def test_a_swapped_place_is_recognised_and_another_city_is_measured(
    api: httpx.AsyncClient, city: City
) -> None:
    async def error(place: LonLat) -> Any:
        answer = await api.post(
            "/v1/chores", json=chore(point=point(place)), headers=city.client.headers
        )
        return refused(answer, "outside-market")

    swapped, paris = await error(SWAPPED), await error(PARIS)
    assert swapped["looks_swapped"] is True
    assert "longitude comes first" in swapped["message"]
    assert paris["looks_swapped"] is False
    assert 250_000 < paris["metres"] < 350_000


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_numbers_that_are_none_are_not_json(
    number: str, api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    body = f'{{"market": "london", "point": {{"type": "Point", "coordinates": [{number}, 51.5]}}}}'
    headers = city.client.headers | {"Content-Type": "application/json"}
    refused(await api.post("/v1/chores", content=body, headers=headers), "malformed-json")
    assert everything(connection) == before
