"""Service areas: drawn by hand, refused with the reason and the place."""

from __future__ import annotations

from math import cos, pi, sin
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.taskers.conftest import City, Watch
from tests.support.scene import MONDAY_NOON
from tests.support.wire import everything, refused

AREAS = "/v1/taskers/me/areas"
W, S, E, N = -0.10, 51.52, -0.02, 51.57


def box(w: float = W, s: float = S, e: float = E, n: float = N) -> list[list[float]]:
    return [[w, s], [e, s], [e, n], [w, n], [w, s]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def ring(corners: int) -> list[list[float]]:
    turns = [2 * pi * n / corners for n in range(corners)]
    drawn = [[round(0.1 * cos(t), 6), round(51.5 + 0.1 * sin(t), 6)] for t in turns]
    return [*drawn, drawn[0]]


HOLE = box(-0.07, 51.53, -0.05, 51.54)
ISLANDS = {
    "type": "MultiPolygon",
    "coordinates": [[box(), HOLE], [box(0.0, 51.5, 0.02, 51.52)]],
}


@pytest.mark.parametrize("kind", ["regular", "same_day"])
async def test_an_area_with_holes_and_islands_is_kept_as_drawn(
    kind: str, api: httpx.AsyncClient, city: City, watch: Watch
) -> None:
    before = watch.revision()
    put = await api.put(f"{AREAS}/{kind}", json=ISLANDS, headers=city.tasker.headers)
    assert put.status_code == 200
    assert put.json()["kind"] == kind
    assert [len(rings) for rings in put.json()["area"]["coordinates"]] == [2, 1]
    assert 30 < put.json()["km2"] < 40
    assert (await api.get(f"{AREAS}/{kind}", headers=city.tasker.headers)).json() == put.json()
    assert watch.revision() == before + 1
    assert watch.due() == MONDAY_NOON


async def test_an_area_without_the_chore_leaves_it_waiting(
    api: httpx.AsyncClient, city: City, watch: Watch
) -> None:
    elsewhere = polygon(box(0.1, 51.5, 0.2, 51.6))
    await api.put(f"{AREAS}/regular", json=elsewhere, headers=city.tasker.headers)
    assert watch.due() is None
    around_hackney_with_a_hole_there = polygon(box(), box(-0.06, 51.54, -0.05, 51.55))
    await api.put(
        f"{AREAS}/regular", json=around_hackney_with_a_hole_there, headers=city.tasker.headers
    )
    assert watch.due() is None


async def test_drawing_the_same_again_changes_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    await api.put(f"{AREAS}/same_day", json=ISLANDS, headers=city.tasker.headers)
    before = everything(connection)
    await api.put(f"{AREAS}/same_day", json=ISLANDS, headers=city.tasker.headers)
    assert everything(connection) == before


async def test_an_area_is_dropped_once(api: httpx.AsyncClient, city: City, watch: Watch) -> None:
    before = watch.revision()
    for _ in range(2):
        gone = await api.delete(f"{AREAS}/regular", headers=city.tasker.headers)
        assert gone.status_code == 204
    assert watch.revision() == before + 1
    assert watch.due() is None
    refused(await api.get(f"{AREAS}/regular", headers=city.tasker.headers), "not-found")


OPEN_RING = box()[:-1]
BOW_TIE = [[W, S], [E, N], [E, S], [W, N], [W, S]]
SPIKE_HOLE = box(0.0, 51.0, 0.01, 51.01)
BAD_AREAS: dict[str, tuple[Any, str]] = {
    "a point": ({"type": "Point", "coordinates": [0, 51]}, "not_a_polygon"),
    "a feature": ({"type": "Feature", "geometry": polygon(box())}, "not_a_polygon"),
    "nothing": ({}, "not_a_polygon"),
    "a type alone": ({"type": "Polygon"}, "empty"),
    "no rings": (polygon(), "empty"),
    "no polygons": ({"type": "MultiPolygon", "coordinates": []}, "empty"),
    "text for coordinates": ({"type": "Polygon", "coordinates": "x"}, "not_a_polygon"),
    "text for a position": (polygon([["a", "b"]] * 4), "not_a_polygon"),
    "a number for a ring": (polygon(7), "not_a_polygon"),
    "true for a longitude": (polygon([[True, 51]] * 4), "not_a_polygon"),
    "an open ring": (polygon(OPEN_RING), "not_closed"),
    "three positions": (polygon([[W, S], [E, S], [W, S]]), "not_a_polygon"),
    "a bow tie": (polygon(BOW_TIE), "self_crossing"),
    "a hole outside": (polygon(box(), SPIKE_HOLE), "misplaced_hole"),
    "a line": (polygon([[W, S], [E, S], [W, S], [W, S]]), "empty"),
    "501 vertices": (polygon(ring(501)), "too_many_vertices"),
    "10,000 vertices": (polygon(ring(9_999)), "too_many_vertices"),
    "half of England": (polygon(box(-2, 51, 1, 53)), "too_large"),
    "Paris": (polygon(box(2.3, 48.8, 2.4, 48.9)), "outside_market"),
    "swapped": (polygon([[y, x] for x, y in box()]), "outside_market"),
    "latitude 91": (polygon(box(n=91)), "out_of_range"),
    "longitude 10^300": (polygon(box(e=1e300)), "out_of_range"),
    "over the date line": (polygon(box(w=-179, e=179)), "crosses_antimeridian"),
}


async def test_every_bad_area_is_refused_for_its_reason_and_changes_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    for name, (area, reason) in BAD_AREAS.items():
        answer = await api.put(f"{AREAS}/regular", json=area, headers=city.tasker.headers)
        assert answer.status_code == 422, (name, answer.text)
        assert refused(answer, "area-not-usable", reason)["message"], name
    not_objects: list[Any] = [[], "x", 7, None]
    for body in not_objects:
        answer = await api.put(f"{AREAS}/regular", json=body, headers=city.tasker.headers)
        refused(answer, "invalid")
    wrong_kind = await api.put(f"{AREAS}/weekly", json=ISLANDS, headers=city.tasker.headers)
    refused(wrong_kind, "invalid", "literal_error")
    assert everything(connection) == before


async def test_a_refusal_says_where_and_how_much(api: httpx.AsyncClient, city: City) -> None:
    async def facts(area: Any) -> Any:
        answer = await api.put(f"{AREAS}/regular", json=area, headers=city.tasker.headers)
        return refused(answer, "area-not-usable")

    crossing = await facts(polygon(BOW_TIE))
    assert crossing["at"] == pytest.approx([(W + E) / 2, (S + N) / 2])
    many = await facts(polygon(ring(600)))
    assert (many["count"], many["limit"]) == (600, 500)
    swapped = await facts(polygon([[y, x] for x, y in box()]))
    assert swapped["looks_swapped"] is True
    away = await facts(polygon(box(2.3, 48.8, 2.4, 48.9)))
    assert 250_000 < away["metres_outside"] < 350_000


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
async def test_coordinates_that_are_no_numbers_are_not_json(
    number: str, api: httpx.AsyncClient, city: City
) -> None:
    body = f'{{"type": "Polygon", "coordinates": [[[{number}, 51]]]}}'
    headers = city.tasker.headers | {"Content-Type": "application/json"}
    answer = await api.put(f"{AREAS}/regular", content=body, headers=headers)
    refused(answer, "malformed-json")
