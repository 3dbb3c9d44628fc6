"""Each refusal of an area says which reason, and the facts a person needs to draw it better."""

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon

from geo.areas import AreaLimits, AreaRefused, parse_area
from geo.refusals import REASONS

SQUARE = [[-0.10, 51.50], [-0.08, 51.50], [-0.08, 51.52], [-0.10, 51.52], [-0.10, 51.50]]
HOLE = [[-0.095, 51.505], [-0.085, 51.505], [-0.085, 51.515], [-0.095, 51.505]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def round_area(vertices: int) -> dict[str, Any]:
    turns = [2 * math.pi * i / vertices for i in range(vertices)]
    ring = [[-0.1 + 0.01 * math.cos(a), 51.5 + 0.01 * math.sin(a)] for a in turns]
    return polygon([*ring, ring[0]])


def refusal(geojson: object, **options: Any) -> AreaRefused:
    with pytest.raises(AreaRefused) as refused:
        parse_area(geojson, **options)
    json.dumps(refused.value.facts, allow_nan=False)
    return refused.value


@pytest.mark.parametrize(
    "geojson",
    [
        None,
        "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        [],
        {},
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "Feature", "geometry": polygon(SQUARE)},
        {"type": ["Polygon"], "coordinates": [SQUARE]},
        {"type": "Polygon", "coordinates": "0,0 1,0"},
        {"type": "Polygon", "coordinates": {"0": SQUARE}},
        {"type": "Polygon", "coordinates": SQUARE},
        {"type": "MultiPolygon", "coordinates": [SQUARE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE], []]},
        polygon(SQUARE, []),
        polygon(SQUARE, "hole"),
        polygon([["0", "0"], ["1", "0"], ["1", "1"], ["0", "0"]]),
        polygon([[0, 0], [1, 0], [1, 1], [True, False]]),
        polygon([[0, 0], [1, 0], [1, 1], None]),
        polygon([[0, 0], [1, 0], [0, 0]]),
        polygon([[0, 0]]),
    ],
)
def test_what_is_no_polygon_is_called_that(geojson: object) -> None:
    refused = refusal(geojson)
    assert refused.reason in {"not_a_polygon", "empty"}
    assert (refused.reason == "empty") == (geojson == polygon([[0, 0]]))


@pytest.mark.parametrize(
    "geojson",
    [
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": None},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": [[], [[]]]},
        polygon([[0, 0], [0, 0], [0, 0], [0, 0]]),
        polygon([[0, 0], [1, 1], [2, 2], [0, 0]]),
    ],
)
def test_an_area_without_an_inside_is_empty(geojson: object) -> None:
    assert refusal(geojson).reason == "empty"


def test_five_hundred_vertices_are_taken_and_one_more_is_counted_out() -> None:
    assert len(parse_area(round_area(500)).geoms) == 1
    refused = refusal(round_area(501))
    assert (refused.reason, refused.facts) == ("too_many_vertices", {"count": 501, "limit": 500})
    assert str(refused) == "The area has 501 vertices; at most 500 are taken."


def test_ten_thousand_vertices_are_refused_before_one_is_read() -> None:
    unread = polygon(["never looked at"] * 10_001)
    assert refusal(unread).facts == {"count": 10_000, "limit": 500}


def test_vertices_count_over_all_rings_and_polygons() -> None:
    many = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [SQUARE, HOLE]]}
    assert refusal(many, limits=AreaLimits(max_vertices=13)).facts["count"] == 14


def test_overlapping_combs_are_counted_as_they_come_out() -> None:
    teeth = [[x, y] for n in range(60) for x, y in ((n / 100, 0), ((n + 0.5) / 100, 1))]
    upright = [*teeth, [0.6, -0.1], [0, -0.1], teeth[0]]
    lying = [[y, x] for x, y in upright]
    combs = {"type": "MultiPolygon", "coordinates": [[upright], [lying]]}
    refused = refusal(combs, limits=AreaLimits(max_km2=1e6))
    assert refused.reason == "too_many_vertices"
    assert refused.facts["count"] > 1_000  # type: ignore[operator]


def test_an_open_ring_is_named_with_both_its_ends() -> None:
    refused = refusal(polygon(SQUARE, HOLE[:-1]))
    assert refused.reason == "not_closed"
    assert refused.facts == {"polygon": 0, "ring": 1, "first": HOLE[0], "last": HOLE[2]}


def test_a_bow_tie_is_told_where_it_crosses_itself() -> None:
    refused = refusal(polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]))
    assert refused.reason == "self_crossing"
    assert refused.facts == {"polygon": 0, "at": [0.5, 0.5]}
    assert str(refused) == "Polygon 0 crosses or touches itself at [0.5, 0.5]."


def test_a_hole_outside_its_polygon_is_told_apart_from_a_crossing() -> None:
    far = [[x + 1, y] for x, y in HOLE]
    refused = refusal(polygon(SQUARE, far))
    assert (refused.reason, refused.facts["polygon"]) == ("misplaced_hole", 0)


def test_a_hole_within_a_hole_is_misplaced() -> None:
    inner = [[-0.088, 51.508], [-0.086, 51.508], [-0.086, 51.510], [-0.088, 51.508]]
    assert refusal(polygon(SQUARE, HOLE, inner)).reason == "misplaced_hole"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_found(number: float) -> None:
    refused = refusal(polygon(SQUARE, [*HOLE[:2], [number, 51.5], HOLE[0]]))
    assert (refused.reason, refused.facts["ring"]) == ("not_finite", 1)


@pytest.mark.parametrize("position", [[181, 0], [100, -91], [10**400, 0], [0, 1e308]])
def test_a_position_beyond_the_earth_is_out_of_range(position: list[float]) -> None:
    refused = refusal(polygon([[0, 0], position, [1, 1], [0, 0]]))
    assert refused.reason == "out_of_range"
    assert refused.facts["looks_swapped"] is False


def test_san_francisco_with_latitude_first_is_told_to_swap() -> None:
    ring = [[37.7, -122.4], [37.8, -122.4], [37.8, -122.5], [37.7, -122.4]]
    refused = refusal(polygon(ring))
    assert (refused.reason, refused.facts["looks_swapped"]) == ("out_of_range", True)
    assert "longitude comes first" in str(refused)


def test_london_with_latitude_first_is_outside_the_market_and_told_to_swap(
    london: MultiPolygon,
) -> None:
    swapped = polygon([[lat, lon] for lon, lat in SQUARE])
    refused = refusal(swapped, market=london)
    assert (refused.reason, refused.facts["looks_swapped"]) == ("outside_market", True)
    assert "Its coordinates look swapped: longitude comes first." in str(refused)


def test_an_area_over_the_antimeridian_is_asked_to_come_in_two() -> None:
    refused = refusal(polygon([[179, -17], [-179, -17], [-179, -16], [179, -16], [179, -17]]))
    assert (refused.reason, refused.facts["at"]) == ("crosses_antimeridian", [179.0, -17.0])
    in_two = [
        [[[179, -17], [180, -17], [180, -16], [179, -16], [179, -17]]],
        [[[-180, -17], [-179, -17], [-179, -16], [-180, -16], [-180, -17]]],
    ]
    limits = AreaLimits(max_km2=50_000)
    assert (
        len(parse_area({"type": "MultiPolygon", "coordinates": in_two}, limits=limits).geoms) == 2
    )


def test_an_area_too_large_is_told_its_size_and_the_limit() -> None:
    degree = polygon([[0, 51], [1, 51], [1, 52], [0, 52], [0, 51]])
    refused = refusal(degree)
    assert refused.reason == "too_large"
    assert refused.facts["km2"] == pytest.approx(7_741, rel=0.01)  # 111.2 x 69.6 km
    assert refused.facts["limit_km2"] == 3_000


def test_an_area_that_reaches_out_of_the_market_is_told_how_far_and_where(
    london: MultiPolygon,
) -> None:
    out = polygon([[0.30, 51.5], [0.40, 51.5], [0.40, 51.55], [0.30, 51.5]])
    refused = refusal(out, market=london)
    assert refused.reason == "outside_market"
    assert refused.facts["metres_outside"] == pytest.approx(4_152, abs=5)  # 0.06 degrees at 51.5 N
    assert refused.facts["at"] == [0.40, 51.5]
    assert refused.facts["looks_swapped"] is False


def test_a_little_over_the_edge_of_the_market_is_taken(london: MultiPolygon) -> None:
    over = polygon([[0.30, 51.5], [0.35, 51.5], [0.35, 51.55], [0.30, 51.5]])
    assert parse_area(over, market=london).area > 0
    strict = AreaLimits(margin_m=500)
    assert refusal(over, market=london, limits=strict).reason == "outside_market"


numbers = st.one_of(st.integers(), st.floats(), st.floats(-1, 1), st.sampled_from([0, 1, 2]))
rings = st.lists(st.lists(numbers, min_size=2, max_size=2), max_size=6).map(
    lambda ring: [*ring, *ring[:1]]
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=3), rings),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


def area_or_refusal(geojson: object, mend: bool) -> MultiPolygon | AreaRefused:
    try:
        return parse_area(geojson, mend=mend)
    except AreaRefused as refused:
        return refused


@given(st.sampled_from(["Polygon", "MultiPolygon", 5]), json_values, st.booleans())
def test_whatever_comes_is_an_area_or_a_refusal_with_a_known_reason(
    kind: object, coordinates: object, mend: bool
) -> None:
    outcome = area_or_refusal({"type": kind, "coordinates": coordinates}, mend)
    if isinstance(outcome, AreaRefused):
        assert outcome.reason in REASONS
        json.dumps(outcome.facts, allow_nan=False)
    else:
        assert outcome.is_valid


small = st.integers(0, 4).map(lambda n: n / 10)
scribbles = st.lists(st.lists(small, min_size=2, max_size=2), min_size=3, max_size=6).map(
    lambda ring: [*ring, ring[0]]
)


LINE_LEFT = [
    [[0.0, 0.0], [0.2, 0.2], [0.2, 0.1], [0.1, 0.2], [0.0, 0.0]],
    [[0.0, 0.0], [0.1, 0.0], [0.3, 0.2], [0.0, 0.0]],
]
"""Mended by GEOS, it is two polygons and a line of no length."""


@given(st.lists(st.lists(scribbles, min_size=1, max_size=2), max_size=3), st.booleans())
@example([LINE_LEFT], True)
def test_any_scribble_on_a_small_grid_is_a_valid_area_or_refused(
    scribbled: object, mend: bool
) -> None:
    outcome = area_or_refusal({"type": "MultiPolygon", "coordinates": scribbled}, mend)
    if isinstance(outcome, AreaRefused):
        spoilt = {"self_crossing", "misplaced_hole"}
        assert outcome.reason == "empty" or (outcome.reason in spoilt and not mend)
    else:
        assert outcome.is_valid
        assert outcome.area > 0
