"""Hours: written in wall-clock, read back as instants, right on the days on which clocks change."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.taskers.conftest import City, Watch
from tests.support.scene import MONDAY_NOON
from tests.support.wire import everything, refused

ME = "/v1/taskers/me"


def span(weekday: str, starts: str = "09:00", ends: str = "17:00") -> dict[str, str]:
    return {"weekday": weekday, "starts": starts, "ends": ends}


async def available(
    api: httpx.AsyncClient, city: City, since: str, until: str
) -> list[tuple[str, str]]:
    answer = await api.get(
        ME + "/availability", params={"from": since, "to": until}, headers=city.tasker.headers
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["zone"] == "Europe/London"
    return [(one["starts_at"], one["ends_at"]) for one in answer.json()["available"]]


async def put_week(api: httpx.AsyncClient, city: City, *spans: dict[str, str]) -> httpx.Response:
    return await api.put(ME + "/hours", json={"weekly": list(spans)}, headers=city.tasker.headers)


async def test_the_week_is_replaced_and_read_back_in_order(
    api: httpx.AsyncClient, city: City, watch: Watch
) -> None:
    before = watch.revision()
    put = await put_week(api, city, span("sunday", "22:00", "02:00"), span("monday"))
    read = await api.get(ME + "/hours", headers=city.tasker.headers)
    week = [span("monday"), span("sunday", "22:00", "02:00")]
    assert put.json() == read.json() == {"weekly": week, "exceptions": []}
    assert watch.revision() == before + 1
    assert watch.due() == MONDAY_NOON
    await put_week(api, city, *week)
    assert watch.revision() == before + 1


async def test_an_empty_week_is_a_week_off(api: httpx.AsyncClient, city: City) -> None:
    assert (await put_week(api, city)).json()["weekly"] == []
    assert await available(api, city, "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z") == []


async def test_a_night_is_one_stretch_and_clipped_to_what_was_asked(
    api: httpx.AsyncClient, city: City
) -> None:
    await put_week(api, city, span("monday", "22:00", "06:00"))
    assert await available(api, city, "2026-11-23T12:00:00Z", "2026-11-24T03:00:00Z") == [
        ("2026-11-23T22:00:00.000Z", "2026-11-24T03:00:00.000Z")
    ]
    assert await available(api, city, "2026-11-24T03:00:00Z", "2026-11-25T00:00:00Z") == [
        ("2026-11-24T03:00:00.000Z", "2026-11-24T06:00:00.000Z")
    ]


async def test_hours_shift_with_the_clock_in_march(api: httpx.AsyncClient, city: City) -> None:
    await put_week(api, city, span("saturday"), span("sunday"))
    assert await available(api, city, "2027-03-27T00:00:00Z", "2027-03-29T00:00:00Z") == [
        ("2027-03-27T09:00:00.000Z", "2027-03-27T17:00:00.000Z"),
        ("2027-03-28T08:00:00.000Z", "2027-03-28T16:00:00.000Z"),
    ]


async def test_an_hour_that_is_skipped_does_not_exist_and_one_repeated_counts_twice(
    api: httpx.AsyncClient, city: City
) -> None:
    await put_week(api, city, span("sunday", "00:30", "04:00"))
    assert await available(api, city, "2027-03-28T00:00:00Z", "2027-03-28T12:00:00Z") == [
        ("2027-03-28T00:30:00.000Z", "2027-03-28T03:00:00.000Z")
    ]
    assert await available(api, city, "2027-10-30T22:00:00Z", "2027-10-31T12:00:00Z") == [
        ("2027-10-30T23:30:00.000Z", "2027-10-31T04:00:00.000Z")
    ]
    answer = await api.get(
        ME + "/availability",
        params={"from": "2027-10-30T22:00:00Z", "to": "2027-10-31T12:00:00Z"},
        headers=city.tasker.headers,
    )
    (stretch,) = answer.json()["available"]
    assert stretch["starts_local"] == "2027-10-31T00:30:00+01:00"
    assert stretch["ends_local"] == "2027-10-31T04:00:00+00:00"


async def test_an_exception_replaces_its_date_and_can_be_taken_back(
    api: httpx.AsyncClient, city: City, watch: Watch
) -> None:
    await put_week(api, city, span("friday"))
    path, headers = ME + "/hours/exceptions/2026-12-25", city.tasker.headers
    asked = ("2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z")
    off = await api.put(path, json={"hours": []}, headers=headers)
    assert off.json() == {"day": "2026-12-25", "hours": []}
    assert await available(api, city, *asked) == []
    watch.rest()
    short = {"hours": [{"starts": "10:00", "ends": "12:00"}]}
    await api.put(path, json=short, headers=headers)
    assert watch.due() == MONDAY_NOON
    assert await available(api, city, *asked) == [
        ("2026-12-25T10:00:00.000Z", "2026-12-25T12:00:00.000Z")
    ]
    read = await api.get(ME + "/hours", headers=headers)
    assert read.json()["exceptions"] == [{"day": "2026-12-25"} | short]
    for _ in range(2):
        assert (await api.delete(path, headers=headers)).status_code == 204
    assert await available(api, city, *asked) == [
        ("2026-12-25T09:00:00.000Z", "2026-12-25T17:00:00.000Z")
    ]


async def test_the_same_exception_again_changes_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    path, headers = ME + "/hours/exceptions/2026-12-25", city.tasker.headers
    bodies: list[dict[str, Any]] = [
        {"hours": []},
        {"hours": [{"starts": "10:00", "ends": "12:00"}]},
    ]
    for body in bodies:
        await api.put(path, json=body, headers=headers)
        before = everything(connection)
        await api.put(path, json=body, headers=headers)
        assert everything(connection) == before


BAD_WEEKS: dict[str, tuple[Any, str]] = {
    "25 o'clock": ([span("monday", "25:00")], "string_pattern_mismatch"),
    "24 o'clock": ([span("monday", ends="24:00")], "string_pattern_mismatch"),
    "half a time": ([span("monday", "9")], "string_pattern_mismatch"),
    "a time with a zone": ([span("monday", "09:00Z")], "string_pattern_mismatch"),
    "Arabic digits": ([span("monday", "٠٩:00")], "string_pattern_mismatch"),
    "a number": ([span("monday") | {"starts": 900}], "string_type"),
    "no such day": ([span("someday")], "literal_error"),
    "a day by number": ([span("monday") | {"weekday": 0}], "literal_error"),
    "no end": ([{"weekday": "monday", "starts": "09:00"}], "missing"),
    "an unknown field": ([span("monday") | {"zone": "UTC"}], "extra_forbidden"),
    "seventy-one spans": ([span("monday")] * 71, "too_long"),
    "not a list": ({"monday": "9-5"}, "list_type"),
}


async def test_every_bad_week_is_refused_and_changes_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    for weekly, reason in BAD_WEEKS.values():
        answer = await api.put(ME + "/hours", json={"weekly": weekly}, headers=city.tasker.headers)
        refused(answer, "invalid", reason)
    twice = await put_week(api, city, span("monday"), span("monday", ends="12:00"))
    refused(twice, "hours-not-usable", "start_given_twice")
    hours = {"hours": [{"starts": "10:00", "ends": "12:00"}]}
    for day, problem, reason in (
        ("2026-11-21", "hours-not-usable", "date_out_of_reach"),
        ("2028-01-01", "hours-not-usable", "date_out_of_reach"),
        ("2026-02-30", "invalid", "date_from_datetime_parsing"),
        ("tomorrow", "invalid", "value_error"),
        ("1798761600", "invalid", "value_error"),
    ):
        answer = await api.put(
            f"{ME}/hours/exceptions/{day}", json=hours, headers=city.tasker.headers
        )
        refused(answer, problem, reason)
    assert everything(connection) == before


@pytest.mark.parametrize(
    ("since", "until", "problem"),
    [
        ("2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "hours-not-usable"),
        ("2026-11-24T00:00:00Z", "2026-11-23T00:00:00Z", "hours-not-usable"),
        ("2026-11-23T00:00:00Z", "2027-01-25T00:00:00Z", "hours-not-usable"),
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", "hours-not-usable"),
        ("9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z", "hours-not-usable"),
        ("2026-11-23", "2026-11-24", "invalid"),
        ("0", "1", "invalid"),
    ],
)
async def test_a_range_that_cannot_be_looked_at_is_refused(
    since: str, until: str, problem: str, api: httpx.AsyncClient, city: City
) -> None:
    answer = await api.get(
        ME + "/availability", params={"from": since, "to": until}, headers=city.tasker.headers
    )
    refused(answer, problem)
