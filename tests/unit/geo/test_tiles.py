"""Tiles: which there are, and where they lie."""

from __future__ import annotations

import pytest

from geo.points import LonLat
from geo.tiles import DEEPEST, Box, Tile, box_around


def test_the_one_tile_of_zoom_0_is_the_world_that_mercator_shows() -> None:
    assert Tile(0, 0, 0).box() == pytest.approx((-180, -85.0511287798066, 180, 85.0511287798066))


def test_a_known_tile_lies_where_it_should() -> None:
    box = Tile(10, 511, 340).box()
    assert box.west == pytest.approx(-0.3515625)
    assert box.east == pytest.approx(0)
    assert box.south < 51.5074 < box.north


def test_a_place_lies_in_its_tile() -> None:
    place = LonLat(-0.0553, 51.5450)
    for zoom in range(DEEPEST + 1):
        box = Tile.at(place, zoom).box()
        assert box.west <= place.lon < box.east
        assert box.south < place.lat <= box.north


def test_the_tiles_of_a_zoom_meet_at_their_edges() -> None:
    here, east, south = Tile(7, 63, 42), Tile(7, 64, 42), Tile(7, 63, 43)
    assert here.box().east == pytest.approx(east.box().west)
    assert here.box().south == pytest.approx(south.box().north)


def test_a_margin_widens_a_tile_but_never_beyond_the_world() -> None:
    box, wide = Tile(12, 2046, 1361).box(), Tile(12, 2046, 1361).box(0.05)
    width = box.east - box.west
    assert wide.west == pytest.approx(box.west - 0.05 * width)
    assert wide.south < box.south < box.north < wide.north
    assert Tile(0, 0, 0).box(0.5).west == -180


def test_there_is_no_tile_beyond_the_last() -> None:
    assert Tile(3, 7, 7).exists
    for tile in (Tile(3, 8, 0), Tile(3, 0, 8), Tile(3, -1, 0), Tile(DEEPEST + 1, 0, 0)):
        assert not tile.exists


def test_what_two_boxes_have_in_common_is_a_box_or_nothing() -> None:
    box = Box(0, 50, 1, 51)
    assert box.within(Box(0.5, 40, 2, 50.5)) == Box(0.5, 50, 1, 50.5)
    assert box.within(Box(1, 51, 2, 52)) == Box(1, 51, 1, 51)
    assert box.within(Box(1.1, 50, 2, 51)) is None
    assert box.within(Box(0, 51.1, 1, 52)) is None


def test_a_box_around_a_place_holds_what_is_near_in_every_direction() -> None:
    box = box_around(LonLat(-0.1, 51.5), 100_000)
    assert box.north - 51.5 == pytest.approx(0.8993, abs=1e-3)
    assert box.east + 0.1 == pytest.approx(1.47, abs=0.02)
