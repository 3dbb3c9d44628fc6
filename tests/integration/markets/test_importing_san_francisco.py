"""Real neighbourhoods into the database: mended, simplified within the tolerance, and valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from shapely import MultiPolygon

from geo.frame import LocalFrame
from seed_data.city import CityFolder
from seed_data.folder import read_folder, write_folder
from seed_data.folder.areas import vertices_of
from seed_data.san_francisco import MARKET, san_francisco, taskers_of_neighbourhoods
from service.db.engine import Database
from service.markets.importing.operations import Plan, import_city
from tests.support.scene import MONDAY_NOON


def neighbourhoods(data: Path) -> Path:
    path = data / "areas" / "san-francisco.geojson"
    if not path.exists():
        pytest.skip(f"no {path}: see --data in `pytest --help`")
    return path


@pytest.fixture(scope="module")
def san_francisco_folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> CityFolder:
    city = san_francisco(neighbourhoods(shared_data))
    people = taskers_of_neighbourhoods(city, 50, np.random.default_rng(1))
    folder = tmp_path_factory.mktemp("cities") / "san-francisco"
    write_folder(folder, city, people)
    return read_folder(folder)


async def test_san_francisco_comes_in_from_its_real_neighbourhoods(
    database: Database, connection: psycopg.Connection[Any], san_francisco_folder: CityFolder
) -> None:
    folder = san_francisco_folder
    assert len(folder.city.places) == 37
    areas = [tasker.area for tasker in folder.taskers]
    assert max(map(vertices_of, areas)) <= 500
    assert any(len(area.geoms) > 1 for area in areas)
    assert max(before for _, before, _, _ in folder.simplified) > 4_000
    plan = Plan(folder.city, folder.taskers, 5, "!")
    market = await database.run(import_city, plan=plan, now=MONDAY_NOON)
    srid = "SELECT srid FROM markets WHERE id = %s"
    assert connection.execute(srid, [market]).fetchone() == (32610,)
    valid = "SELECT bool_and(st_isvalid(area)) FROM service_areas"
    assert connection.execute(valid).fetchone() == (True,)
    # A metric point is a real place of San Francisco's UTM zone: about 551 km east, 4,180 north.
    x, y = connection.execute(
        "SELECT avg(st_x(point)), avg(st_y(point)) FROM skills"
    ).fetchone() or (0, 0)
    assert 540_000 < x < 560_000
    assert 4_170_000 < y < 4_190_000


async def test_simplified_neighbourhoods_stay_within_the_stated_tolerance(
    shared_data: Path, san_francisco_folder: CityFolder
) -> None:
    drawn = {place.id: place.shape for place in san_francisco(neighbourhoods(shared_data)).places}
    told = {before: tolerance_m for _, before, _, tolerance_m in san_francisco_folder.simplified}
    assert len(told) > 3
    for place in san_francisco_folder.city.places:
        whole = MultiPolygon(list(shapely.get_parts(drawn[place.id])))
        tolerance_m = told.get(vertices_of(whole), 0.0)
        moved = shapely.hausdorff_distance(_outline(place.shape), _largest_outline(whole))
        assert moved <= tolerance_m * 1.01 + 0.01, place.id


def _outline(shape: shapely.Geometry) -> shapely.Geometry:
    return _largest_outline(MultiPolygon(list(shapely.get_parts(shape))))


def _largest_outline(area: MultiPolygon) -> shapely.Geometry:
    """The outer ring of the largest polygon, in metres."""
    largest = max(area.geoms, key=shapely.area)
    return shapely.transform(largest.exterior, LocalFrame(MARKET.centre).to_metres)
