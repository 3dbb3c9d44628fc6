"""A cell holds its place, its centre is near, and nothing else passes for a cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from geo.cells import cell_of, cells_of, centre_of, centres_of, is_cell, outline_of, snapped
from geo.distance import great_circle_m
from geo.points import BadPoint, LonLat, as_points
from tests.unit.geo.strategies import places, places_in_london


@given(places)
def test_the_centre_of_a_cell_is_within_the_cell(place: LonLat) -> None:
    cell = cell_of(place)
    assert cell_of(centre_of(cell)) == cell


@given(places)
def test_no_place_is_600_metres_from_the_centre_of_its_cell(place: LonLat) -> None:
    assert great_circle_m(place, centre_of(cell_of(place))) < 600


@given(places_in_london)
def test_the_outline_of_a_cell_holds_the_place(place: LonLat) -> None:
    assert outline_of(cell_of(place)).buffer(1e-6).contains(Point(place))


@given(st.lists(places, max_size=5))
def test_arrays_of_places_go_the_same_way(asked: list[LonLat]) -> None:
    points = as_points(asked)
    cells = cells_of(points)
    assert cells == [cell_of(place) for place in asked]
    assert np.array_equal(snapped(points), centres_of(cells))
    assert snapped(points).shape == (len(asked), 2)


@given(places_in_london)
def test_snapping_twice_moves_nothing_more(place: LonLat) -> None:
    once = snapped(as_points([place]))
    assert np.array_equal(snapped(once), once)


@pytest.mark.parametrize(
    "text", ["", "zz", "88194ad33dffff", "87194ad33ffffff", "Z" * 999, None, 5]
)
def test_what_is_no_cell_of_this_size_is_refused(text: str) -> None:
    assert not is_cell(text)
    with pytest.raises(ValueError, match="not an H3 cell"):
        centre_of(text)
    with pytest.raises(ValueError, match="not an H3 cell"):
        outline_of(text)


def test_a_place_that_is_none_has_no_cell() -> None:
    with pytest.raises(BadPoint):
        cell_of(LonLat(0, 91))
