"""Areas as drawn: who is inside, how far others are outside, how large, and made simpler."""

from typing import Any

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.areas import AreaLimits, as_geojson, covers, km2_of, metres_outside, parse_area, simplify
from geo.circles import circle
from geo.distance import destinations, great_circle_m
from geo.frame import LocalFrame
from geo.points import Floats, LonLat, as_points
from tests.unit.geo.strategies import places, places_in_london

WITH_HOLE_AND_ISLAND = MultiPolygon(
    [
        Polygon(box(-0.2, 51.4, 0.0, 51.6).exterior, [box(-0.15, 51.45, -0.05, 51.55).exterior]),
        box(-0.11, 51.49, -0.09, 51.51),
    ]
)
ANY_SIZE = AreaLimits(max_vertices=100_000, max_km2=1e9)

drawn_areas = st.lists(
    st.tuples(places_in_london, st.floats(100, 8_000), st.integers(3, 20)), min_size=1, max_size=3
).map(lambda circles: shapely.union_all([circle(*drawn) for drawn in circles]))


def array(*given: LonLat | tuple[float, float]) -> Floats:
    return as_points(given)


def as_multi(geometry: Polygon | MultiPolygon) -> MultiPolygon:
    return MultiPolygon([geometry]) if isinstance(geometry, Polygon) else geometry


def test_a_hole_is_outside_and_an_island_in_it_is_inside() -> None:
    inside, hole, island, edge, far = (-0.18, 51.5), (-0.14, 51.5), (-0.1, 51.5), (0, 51.5), (1, 51)
    held = covers(WITH_HOLE_AND_ISLAND, array(inside, hole, island, edge, far))
    assert held.tolist() == [True, False, True, True, False]


def test_in_a_hole_the_distance_is_to_its_nearest_edge() -> None:
    (metres,) = metres_outside(WITH_HOLE_AND_ISLAND, array((-0.14, 51.5)))
    assert metres == pytest.approx(great_circle_m(LonLat(-0.15, 51.5), LonLat(-0.14, 51.5)), abs=1)


@given(drawn_areas, st.lists(places_in_london, min_size=1, max_size=10))
def test_covers_is_what_shapely_says_one_by_one(
    drawn: Polygon | MultiPolygon, asked: list[LonLat]
) -> None:
    area = as_multi(drawn)
    assert covers(area, as_points(asked)).tolist() == [area.covers(Point(p)) for p in asked]


@given(drawn_areas, st.lists(places_in_london, min_size=1, max_size=10))
def test_nobody_covered_is_outside_and_nobody_outside_is_covered(
    drawn: Polygon | MultiPolygon, asked: list[LonLat]
) -> None:
    area, points = as_multi(drawn), as_points(asked)
    assert ((metres_outside(area, points) == 0) == covers(area, points)).all()


@given(drawn_areas, places_in_london)
def test_metres_outside_is_the_geodesic_to_the_nearest_place_of_the_area(
    drawn: Polygon | MultiPolygon, place: LonLat
) -> None:
    area, points = as_multi(drawn), as_points([place])
    edge = shapely.get_coordinates(shapely.segmentize(area, 0.0005))
    nearest = edge[np.argsort(great_circle_m(points, edge))[:5]]
    along = [Geodesic.WGS84.Inverse(place.lat, place.lon, lat, lon)["s12"] for lon, lat in nearest]
    (metres,) = metres_outside(area, points)
    if metres > 500:  # 28 m of edge between two samples: 0.3 m off at 500 m
        assert metres == pytest.approx(min(along), rel=0.006)


def test_areas_and_places_pair_up_elementwise() -> None:
    west, east = MultiPolygon([box(-1, 51, 0, 52)]), MultiPolygon([box(0, 51, 1, 52)])
    areas = np.array([west, west, east, None, MultiPolygon()], dtype=object)
    points = array((-0.5, 51.5), (0.1, 51.5), (0.1, 51.5), (0, 51.5), (0, 51.5))
    assert covers(areas, points).tolist() == [True, False, True, False, False]
    metres = metres_outside(areas, points)
    assert metres[[0, 2]].tolist() == [0, 0]
    assert metres[1] == pytest.approx(6_922, rel=0.006)
    assert np.isinf(metres[3:]).all()


def test_no_places_give_no_answers() -> None:
    none = as_points([])
    assert covers(WITH_HOLE_AND_ISLAND, none).shape == (0,)
    assert metres_outside(WITH_HOLE_AND_ISLAND, none).shape == (0,)


def test_over_the_antimeridian_an_area_is_as_near_as_it_is() -> None:
    fiji = MultiPolygon([box(179, -17, 180, -16), box(-180, -17, -179, -16)])
    metres = metres_outside(fiji, array((-178.9, -16.5), (178.9, -16.5), (-179.5, -16.5)))
    assert metres == pytest.approx([10_661, 10_661, 0], rel=0.006)


@given(drawn_areas)
def test_square_kilometres_agree_with_the_ellipsoid(drawn: Polygon | MultiPolygon) -> None:
    area = as_multi(drawn)
    assert km2_of(area) == pytest.approx(sum(map(geodesic_km2, area.geoms)), rel=0.007)


def geodesic_km2(polygon: Polygon) -> float:
    rings = [polygon.exterior, *polygon.interiors]
    areas = [abs(ring_km2(shapely.get_coordinates(ring))) for ring in rings]
    return areas[0] - sum(areas[1:])


def ring_km2(ring: Floats) -> float:
    figure = Geodesic.WGS84.Polygon()
    for lon, lat in ring[:-1]:
        figure.AddPoint(lat, lon)
    return float(figure.Compute()[2]) / 1e6


def test_what_was_drawn_comes_back_as_it_was_drawn() -> None:
    drawn = as_geojson(WITH_HOLE_AND_ISLAND)
    assert drawn["type"] == "MultiPolygon"
    again = parse_area(drawn)
    assert again.equals(WITH_HOLE_AND_ISLAND)
    assert as_geojson(again) == as_geojson(parse_area(as_geojson(again)))


def test_heights_and_further_members_are_dropped() -> None:
    ring = [[0, 51, 9], [0.1, 51, 9], [0.1, 51.1, 9], [0, 51, 9]]
    area = parse_area({"type": "Polygon", "coordinates": [ring], "bbox": [0, 0, 0, 0]})
    assert not area.has_z


def test_rings_come_out_counterclockwise_whichever_way_they_were_drawn() -> None:
    clockwise = [[0, 51], [0, 51.1], [0.1, 51.1], [0, 51]]
    area = parse_area({"type": "Polygon", "coordinates": [clockwise]})
    assert area.geoms[0].exterior.is_ccw


def test_polygons_that_overlap_are_united() -> None:
    boxes = [box(0, 51, 0.2, 51.2), box(0.1, 51.1, 0.3, 51.3)]
    drawn = {"type": "MultiPolygon", "coordinates": [as_coordinates(b) for b in boxes]}
    area = parse_area(drawn)
    assert (len(area.geoms), area.is_valid) == (1, True)
    assert area.area == pytest.approx(0.07)


def as_coordinates(polygon: Polygon) -> list[Any]:
    return [shapely.get_coordinates(polygon.exterior).tolist()]


def test_mending_keeps_both_halves_of_a_bow_tie() -> None:
    bow_tie = [[0, 51], [0.1, 51.1], [0.1, 51], [0, 51.1], [0, 51]]
    area = parse_area({"type": "Polygon", "coordinates": [bow_tie]}, mend=True)
    assert area.is_valid
    assert area.area == pytest.approx(0.005)


@pytest.fixture(scope="module")
def real_areas(neighbourhoods: dict[str, dict[str, Any]]) -> dict[str, MultiPolygon]:
    """San Francisco's neighbourhoods as areas, mended where they touch themselves."""
    return {
        name: parse_area(drawn, limits=ANY_SIZE, mend=True)
        for name, drawn in neighbourhoods.items()
    }


def test_real_neighbourhoods_are_taken_after_mending_with_their_holes_and_islands(
    real_areas: dict[str, MultiPolygon],
) -> None:
    assert len(real_areas) == 37
    assert all(area.is_valid for area in real_areas.values())
    assert len(real_areas["North Beach"].geoms) > 50
    assert sum(len(part.interiors) for part in real_areas["Potrero Hill"].geoms) == 1
    assert sum(map(km2_of, real_areas.values())) == pytest.approx(121, rel=0.1)  # the city's land


@pytest.mark.parametrize("tolerance_m", [5, 25, 100])
def test_no_edge_of_a_simplified_neighbourhood_moves_further_than_the_tolerance(
    real_areas: dict[str, MultiPolygon], tolerance_m: float
) -> None:
    for area in real_areas.values():
        simple = simplify(area, tolerance_m)
        assert simple.is_valid
        frame = LocalFrame(LonLat(*shapely.get_coordinates(area)[0].tolist()))
        before, after = (shapely.transform(each, frame.to_metres) for each in (area, simple))
        rings = shapely.get_rings(shapely.get_parts(before))
        kept = rings[shapely.area(shapely.polygons(rings)) >= 2 * tolerance_m**2]
        corners = shapely.points(shapely.get_coordinates(kept))
        assert shapely.distance(after.boundary, corners).max(initial=0) <= tolerance_m + 1e-3


def test_a_bay_of_five_thousand_vertices_fits_a_phone_after_25_metres_of_simplifying(
    real_areas: dict[str, MultiPolygon],
) -> None:
    bayview = real_areas["Bayview"]
    assert shapely.get_num_coordinates(bayview) > 4_500
    simple = simplify(bayview, 25)
    assert shapely.get_num_coordinates(simple) < 500
    assert km2_of(simple) == pytest.approx(km2_of(bayview), rel=0.01)


def test_simplifying_drops_specks_but_never_the_whole() -> None:
    speck = circle(LonLat(0, 51), 3)
    assert len(simplify(speck, 100).geoms) == 1
    area = MultiPolygon([*circle(LonLat(0, 51), 1_000).geoms, *circle(LonLat(0.1, 51), 3).geoms])
    assert len(simplify(area, 100).geoms) == 1


@given(places.filter(lambda p: abs(p.lat) < 80), st.floats(1, 100_000), st.floats(0, 360))
def test_a_circle_holds_what_is_nearer_and_nothing_further(
    centre: LonLat, radius_m: float, bearing: float
) -> None:
    drawn = circle(centre, radius_m)
    start, towards = as_points([centre, centre]), np.array([bearing, bearing])
    near_and_far = destinations(start, towards, np.array([0.97, 1.03]) * radius_m)
    assert drawn.is_valid
    assert covers(drawn, near_and_far).tolist() == [True, False]


@pytest.mark.parametrize("radius_m", [0, -1, float("nan"), float("inf"), 1_200_000])
def test_a_circle_needs_a_radius_and_holds_no_pole(radius_m: float) -> None:
    with pytest.raises(ValueError, match="radius"):
        circle(LonLat(0, 80), radius_m)
