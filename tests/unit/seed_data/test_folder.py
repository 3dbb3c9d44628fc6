import json
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.points import LonLat
from matching.availability import Hours, WeeklyHours
from seed_data.city import Chore, City, CityFolder, Skill
from seed_data.demand import demand
from seed_data.folder import read_chores_file, read_city, read_folder, write_folder
from seed_data.folder.areas import vertices_of
from seed_data.folder.fields import as_slug, hours_as_text, weekly_hours
from seed_data.taskers import generate_taskers
from tests.unit.seed_data.town import AREAS, collection, feature

MONDAY = datetime(2026, 6, 1, tzinfo=UTC).date()


def test_a_folder_is_read_whole(town: Path) -> None:
    folder = read_folder(town)
    ann, bob = folder.taskers
    assert (ann.name, ann.home, ann.mode) == ("Ann Able", LonLat(-0.9, 52.05), "walk")
    assert ann.skills == (Skill("cleaning", 1650), Skill("handyman", 2500))
    assert ann.same_day_area is not None
    assert (bob.name, bob.hours, bob.same_day_area) == ("Bob\nBaker", (), None)
    assert (bob.minimum_notice_minutes, bob.most_minutes_a_day, bob.furthest_m) == (0, 600, 20_000)
    assert folder.city.market.srid == 27700
    assert folder.city.market.turn_around_s == 900


def test_chores_come_back_by_time_of_posting(town: Path) -> None:
    later, sooner = read_folder(town).chores[::-1]
    assert later.window is None
    assert later.address == "1 High Street, Little Town"
    assert sooner == Chore(
        posted_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        category="handyman",
        point=LonLat(-0.92, 52.04),
        address="2 Low Road",
        window=(datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)),
        duration_minutes=90,
        budget_rate=3500,
        notes="Ring.",
    )


def test_any_chores_file_can_be_read_for_a_city(town: Path) -> None:
    assert read_chores_file(town / "chores.csv", read_city(town)) == read_folder(town).chores


def test_people_and_chores_are_optional(town: Path) -> None:
    for name in ("taskers.csv", "skills.csv", "areas.geojson", "chores.csv"):
        (town / name).unlink()
    folder = read_folder(town)
    assert (folder.taskers, folder.chores) == ((), ())


def test_a_byte_order_mark_and_columns_in_another_order_are_taken(town: Path) -> None:
    text = "rate,tasker_id,category\n1650,ann,cleaning\n3000,bob,handyman\n"
    (town / "skills.csv").write_text("\ufeff" + text, encoding="utf-8")
    assert [t.skills[0].rate for t in read_folder(town).taskers] == [1650, 3000]


def test_what_is_written_reads_back_as_it_was(london: City, tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    taskers = tuple(generate_taskers(london, 60, rng))
    chores = tuple(demand(london, MONDAY, 50, rng))
    write_folder(tmp_path / "copy", london, taskers, chores)
    again = read_folder(tmp_path / "copy")
    assert again == CityFolder(london, taskers, chores, ())


def test_an_area_with_thousands_of_vertices_is_simplified_and_the_tolerance_told(
    town: Path,
) -> None:
    turn = np.linspace(0, 2 * np.pi, 3_001)
    wobble = 0.03 + 0.0004 * np.sin(150 * turn)
    ring = np.column_stack((-0.9 + wobble * np.cos(turn), 52.05 + wobble * np.sin(turn)))
    ring[-1] = ring[0]
    hole = [[-0.901, 52.049], [-0.899, 52.049], [-0.899, 52.051], [-0.901, 52.049]]
    island = [[-0.84, 52.02], [-0.83, 52.02], [-0.83, 52.03], [-0.84, 52.02]]
    drawn = {"type": "MultiPolygon", "coordinates": [[ring.tolist(), hole], [island]]}
    ann = feature(drawn, tasker_id="ann", kind="regular")
    (town / "areas.geojson").write_text(collection(ann, AREAS[2]), encoding="utf-8")
    folder = read_folder(town)
    area = folder.taskers[0].area
    assert vertices_of(area) <= 500
    assert len(area.geoms) == 2
    assert sum(len(p.interiors) for p in area.geoms) == 1
    where, before, after, tolerance_m = folder.simplified[0]
    assert (where, before, after) == ("areas.geojson:2", 3_006, vertices_of(area))
    largest = max(area.geoms, key=shapely.area)
    edge = shapely.get_coordinates(largest.exterior)
    assert 5 <= tolerance_m <= 320
    degrees = np.hypot(*(edge - [-0.9, 52.05]).T)
    slack = tolerance_m / 68_000
    assert 0.0296 - slack < degrees.min() < degrees.max() < 0.0304 + slack


def test_a_city_without_populations_is_weighed_by_size(town: Path) -> None:
    places = json.loads((town / "places.geojson").read_text())["features"]
    places[0]["properties"]["population"] = 0
    (town / "places.geojson").write_text(collection(*places))
    city = read_city(town)
    homes = np.array([t.home for t in generate_taskers(city, 20, np.random.default_rng(1))])
    assert shapely.contains_xy(city.boundary, *homes.T).all()


def test_weekly_hours_are_read_as_people_write_them() -> None:
    assert weekly_hours("sat 10:00-14:00 16:00-18:00; fri 22:00-02:00; SUN 18:00-24:00") == (
        WeeklyHours(4, Hours(time(22), time(2))),
        WeeklyHours(5, Hours(time(10), time(14))),
        WeeklyHours(5, Hours(time(16), time(18))),
        WeeklyHours(6, Hours(time(18), time(0))),
    )
    assert [day for day, _ in weekly_hours("mon-fri 09:00-17:30")] == [0, 1, 2, 3, 4]
    assert weekly_hours("") == ()


def test_weekly_hours_written_out_read_back() -> None:
    hours = weekly_hours("mon-wed 08:30-12:00 13:00-17:00; sun 22:00-06:00")
    assert weekly_hours(hours_as_text(hours)) == hours


@pytest.mark.parametrize(
    ("name", "slug"), [("Castro/Upper Market", "castro-upper-market"), ("  A  B ", "a-b")]
)
def test_names_become_slugs(name: str, slug: str) -> None:
    assert as_slug(name) == slug
