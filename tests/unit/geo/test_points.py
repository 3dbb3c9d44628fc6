"""A place is checked once, at the edge, and the refusal says what is wrong with it."""

import math

import numpy as np
import pytest

from geo.points import BadPoint, LonLat, as_points, lonlat, parse_lonlat


def test_a_place_is_longitude_then_latitude() -> None:
    assert lonlat(-0.1, 51.5) == LonLat(lon=-0.1, lat=51.5)
    assert lonlat(180, -90) == (180.0, -90.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_coordinate_that_is_not_finite_is_refused(bad: float) -> None:
    for lon, lat in [(bad, 0.0), (0.0, bad)]:
        with pytest.raises(BadPoint) as refused:
            lonlat(lon, lat)
        assert refused.value.reason == "not_finite"


@pytest.mark.parametrize(
    ("lon", "lat"), [(180.1, 0), (-180.1, 0), (100, 90.1), (0, -180.1), (10**400, 0)]
)
def test_a_coordinate_beyond_the_earth_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(BadPoint) as refused:
        lonlat(lon, lat)
    assert refused.value.reason == "out_of_range"
    assert "swapped" not in str(refused.value)


def test_san_francisco_given_latitude_first_is_told_so() -> None:
    with pytest.raises(BadPoint, match="swapped: longitude comes first"):
        lonlat(37.77, -122.42)


@pytest.mark.parametrize("position", [[1, 2], (1, 2), [1.0, 2.0, 300.0]])
def test_a_json_position_may_carry_a_height(position: object) -> None:
    assert parse_lonlat(position) == (1.0, 2.0)


@pytest.mark.parametrize(
    "position",
    [None, 5, "0,0", {}, [], [1], [1, 2, 3, 4], ["1", "2"], [True, False], [None, 0], [[0], [0]]],
)
def test_what_is_not_two_numbers_is_no_position(position: object) -> None:
    with pytest.raises(BadPoint) as refused:
        parse_lonlat(position)
    assert refused.value.reason == "not_a_point"


def test_many_places_are_one_array() -> None:
    points = as_points([LonLat(0, 1), (2, 3)])
    assert points.dtype == np.float64
    assert points.tolist() == [[0, 1], [2, 3]]
    assert as_points([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("reason", "places"),
    [
        ("not_a_point", [(1, 2, 3)]),
        ("not_a_point", [("a", "b")]),
        ("not_a_point", [(1, 2), (3,)]),
        ("not_finite", [(0, 0), (math.nan, 0)]),
        ("out_of_range", [(0, 0), (0, 91)]),
    ],
)
def test_one_bad_place_refuses_the_array(reason: str, places: list[tuple[float, ...]]) -> None:
    with pytest.raises(BadPoint) as refused:
        as_points(places)
    assert refused.value.reason == reason
