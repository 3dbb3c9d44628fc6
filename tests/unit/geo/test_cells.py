"""A cell holds its place, its centre is near, and nothing else passes for a cell."""

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cells import cell_of, cells_of, centre_of, centres_of, is_cell, region_of
from geo.distance import great_circle_m
from geo.points import BadPoint, LonLat, as_points
from tests.unit.geo.strategies import places


@given(places)
def test_the_centre_of_a_cell_is_within_the_cell(place: LonLat) -> None:
    cell = cell_of(place)
    assert cell_of(centre_of(cell)) == cell


@given(places)
def test_no_place_is_600_metres_from_the_centre_of_its_cell(place: LonLat) -> None:
    assert great_circle_m(place, centre_of(cell_of(place))) < 600


@given(st.lists(places, max_size=5))
def test_arrays_of_places_go_the_same_way(asked: list[LonLat]) -> None:
    points = as_points(asked)
    cells = cells_of(points)
    assert cells == [cell_of(place) for place in asked]
    assert centres_of(cells).shape == (len(asked), 2)
    assert centres_of(cells).tolist() == [list(centre_of(cell)) for cell in cells]


@pytest.mark.parametrize(
    "text", ["", "zz", "88194ad33dffff", "87194ad33ffffff", "Z" * 999, None, 5]
)
def test_what_is_no_cell_of_this_size_is_refused(text: str) -> None:
    assert not is_cell(text)
    with pytest.raises(ValueError, match="not an H3 cell"):
        centre_of(text)


def test_a_place_that_is_none_has_no_cell() -> None:
    with pytest.raises(BadPoint):
        cell_of(LonLat(0, 91))


@given(places, st.integers(4, 7))
def test_a_region_is_larger_and_holds_its_cells(place: LonLat, resolution: int) -> None:
    region = region_of(cell_of(place), resolution)
    assert h3.get_resolution(region) == resolution
    assert cell_of(place) in h3.cell_to_children(region, 8)


def test_a_region_is_coarser_than_a_cell() -> None:
    with pytest.raises(ValueError, match="resolution"):
        region_of(cell_of(LonLat(0, 51)), 8)
    with pytest.raises(ValueError, match="not an H3 cell"):
        region_of("88", 5)
