import numpy as np
import pytest
import shapely

from geo.areas import covers, km2_of
from geo.points import LonLat, one_point
from seed_data import LONDON
from seed_data.city import City
from seed_data.drawing import redraw
from seed_data.folder import read_folder

CITY_OF_LONDON = "city-of-london"


def test_london_is_a_folder_in_the_documented_form() -> None:
    folder = read_folder(LONDON)
    assert folder.taskers == ()
    assert folder.simplified == ()


def test_the_33_boroughs_lie_in_the_boundary_each_with_its_centre_in_its_shape(
    london: City,
) -> None:
    assert len(london.districts) == 33
    for borough in london.districts:
        assert borough.centre is not None
        assert covers(london.boundary, one_point(borough.centre))[0], borough.name
        assert shapely.distance(borough.shape, shapely.Point(borough.centre)) < 0.01, borough.name


@pytest.mark.parametrize(
    "place",
    [
        LonLat(-0.396, 51.656),  # Watford
        LonLat(0.218, 51.446),  # Dartford
        LonLat(-0.270, 51.333),  # Epsom
        LonLat(-0.520, 51.510),  # Slough's edge at Iver
        LonLat(-0.030, 51.690),  # Waltham Cross
        LonLat(0.326, 51.478),  # Grays
        LonLat(-0.412, 51.391),  # Walton
    ],
)
def test_the_towns_around_london_lie_outside(london: City, place: LonLat) -> None:
    assert not covers(london.boundary, one_point(place))[0]


def test_london_has_its_true_size_and_population(london: City) -> None:
    assert km2_of(london.boundary) == pytest.approx(1_572, rel=0.03)
    assert sum(p.population for p in london.districts) == pytest.approx(8_799_800, rel=0.003)
    smallest = min(london.districts, key=lambda place: place.population)
    assert smallest.id == CITY_OF_LONDON


def test_the_boroughs_cover_the_boundary_without_overlap(london: City) -> None:
    shapes = [place.shape for place in london.districts]
    whole = shapely.area(london.boundary)
    assert sum(map(shapely.area, shapes)) == pytest.approx(whole, rel=1e-4)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(whole, rel=1e-4)


def test_the_river_parts_north_from_south(london: City) -> None:
    river = next(place.shape for place in london.places if place.kind == "river")
    assert shapely.get_num_coordinates(river) >= 40
    by_id = {place.id: place.shape for place in london.districts}
    for crossing in (("tower-hamlets", "southwark"), ("newham", "greenwich")):
        north, south = (by_id[name] for name in crossing)
        shared = shapely.length(shapely.intersection(shapely.boundary(north), river))
        assert shared > 0.005
        assert shapely.distance(north, south) < 1e-4


def test_twenty_categories_share_the_demand(london: City) -> None:
    assert len(london.categories) >= 15
    assert sum(c.demand_share for c in london.categories) == pytest.approx(1)
    assert np.isclose(london.shares("demand_share").sum(), 1)


def test_redrawing_the_boroughs_changes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("london")
    for name in ("boundary.geojson", "places.geojson"):
        (copy / name).write_bytes((LONDON / name).read_bytes())
    redraw(copy)
    assert (copy / "places.geojson").read_text() == (LONDON / "places.geojson").read_text()
