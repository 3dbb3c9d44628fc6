"""Distances agree with the ellipsoid, with each other and with the laws of distance."""

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import (
    apart_m,
    destination,
    destinations,
    great_circle_m,
    pairwise_m,
    unit_vectors,
    wrapped_deg,
)
from geo.points import BadPoint, LonLat, as_points
from tests.unit.geo.strategies import places, places_in_london

HALF_ROUND_M = 20_015_115


def geodesic_m(a: LonLat, b: LonLat) -> float:
    return float(Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"])


@given(places, places)
def test_it_agrees_with_the_geodesic_within_six_parts_in_a_thousand(a: LonLat, b: LonLat) -> None:
    assert great_circle_m(a, b) == pytest.approx(geodesic_m(a, b), rel=0.006, abs=1e-3)


@given(places_in_london, places_in_london)
def test_within_a_city_too(a: LonLat, b: LonLat) -> None:
    assert great_circle_m(a, b) == pytest.approx(geodesic_m(a, b), rel=0.006, abs=1e-3)


@given(places, places)
def test_there_is_as_far_as_back(a: LonLat, b: LonLat) -> None:
    assert great_circle_m(a, b) == pytest.approx(great_circle_m(b, a), abs=1e-6)


@given(places, places, places)
def test_a_detour_is_never_shorter(a: LonLat, b: LonLat, c: LonLat) -> None:
    way_round = great_circle_m(a, b) + great_circle_m(b, c)
    assert great_circle_m(a, c) <= way_round * (1 + 1e-9) + 0.2  # 0.2 m: arcsin near antipodes


@given(places)
def test_a_place_is_no_distance_from_itself_and_half_a_round_from_its_antipode(a: LonLat) -> None:
    antipode = LonLat(a.lon - 180 if a.lon > 0 else a.lon + 180, -a.lat)
    assert great_circle_m(a, a) == 0
    assert great_circle_m(a, antipode) == pytest.approx(HALF_ROUND_M, abs=1)


@given(st.lists(places, max_size=5), st.lists(places, max_size=5))
def test_one_pair_elementwise_and_pairwise_are_the_same_measure(
    a: list[LonLat], b: list[LonLat]
) -> None:
    matrix = pairwise_m(as_points(a), as_points(b))
    assert matrix.shape == (len(a), len(b))
    for i, row in enumerate(matrix):
        if b:
            assert np.array_equal(row, great_circle_m(as_points([a[i]]), as_points(b)))
        assert row == pytest.approx([great_circle_m(a[i], q) for q in b], abs=0.3)


def test_two_sides_of_the_antimeridian_are_near() -> None:
    assert great_circle_m(LonLat(179.9, 0), LonLat(-179.9, 0)) == pytest.approx(22_239, abs=1)
    assert wrapped_deg(np.array([-540.0, 181.0, 359.0])).tolist() == [-180.0, -179.0, -1.0]


def test_a_latitude_beyond_a_pole_is_refused() -> None:
    good, bad = np.array([[0.0, 0.0]]), np.array([[0.0, 90.5]])
    with pytest.raises(BadPoint):
        great_circle_m(good, bad)
    with pytest.raises(BadPoint):
        pairwise_m(bad, good)
    with pytest.raises(BadPoint):
        great_circle_m(LonLat(0, 0), LonLat(0, 90.5))


@given(places, st.floats(0, 360), st.floats(0, 5_000_000))
def test_a_destination_is_as_far_as_one_went(start: LonLat, bearing: float, metres: float) -> None:
    end = destination(start, bearing, metres)
    assert great_circle_m(start, end) == pytest.approx(metres, abs=0.1)


def test_bearings_run_clockwise_from_north() -> None:
    ends = destinations(np.zeros((4, 2)), np.array([0.0, 90, 180, 270]), np.full(4, 111_195.0))
    assert ends == pytest.approx(np.array([[0, 1], [1, 0], [0, -1], [-1, 0]]), abs=1e-4)


@given(places, places)
def test_unit_vectors_are_as_far_apart_as_their_places(a: LonLat, b: LonLat) -> None:
    apart = apart_m(unit_vectors(as_points([a])), unit_vectors(as_points([b])))
    assert apart == pytest.approx([great_circle_m(a, b)], abs=1)


@given(places_in_london, places_in_london)
def test_within_a_city_unit_vectors_are_exact(a: LonLat, b: LonLat) -> None:
    apart = apart_m(unit_vectors(as_points([a])), unit_vectors(as_points([b])))
    assert apart == pytest.approx([great_circle_m(a, b)], abs=1e-6)
