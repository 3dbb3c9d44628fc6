from collections import Counter
from functools import cache

import numpy as np
import pytest
import shapely

from geo.areas import AreaLimits, covers, km2_of, refuse_outside
from matching.availability import WeeklyHours
from seed_data import LONDON
from seed_data.city import City, Tasker
from seed_data.folder import read_city
from seed_data.folder.areas import vertices_of
from seed_data.ground import ground_of
from seed_data.skills import ROUNDED_TO
from seed_data.taskers import generate_taskers

COUNT = 1_600


@cache
def taskers() -> tuple[Tasker, ...]:
    return tuple(generate_taskers(read_city(LONDON), COUNT, np.random.default_rng(7)))


def homes() -> np.ndarray:
    return np.array([tasker.home for tasker in taskers()])


def test_the_same_seed_gives_the_same_taskers_bit_for_bit(london: City) -> None:
    once, again = (generate_taskers(london, 300, np.random.default_rng(3)) for _ in range(2))
    assert once == again
    assert [t.area.wkb for t in once] == [t.area.wkb for t in again]
    assert once != generate_taskers(london, 300, np.random.default_rng(4))


def test_taskers_live_where_londoners_live(london: City) -> None:
    people = np.array([place.population for place in london.districts])
    expected = people / people.sum()
    shapes = np.array([place.shape for place in london.districts], dtype=object)
    tree = shapely.STRtree(shapes)
    nearest = tree.nearest(shapely.points(homes()))
    shares = np.bincount(nearest, minlength=len(shapes)) / COUNT
    assert np.abs(shares - expected).max() < 4 * np.sqrt(expected.max() / COUNT)


def test_nobody_lives_in_the_river_in_a_park_or_out_of_town(london: City) -> None:
    ground = ground_of(london)
    assert covers(london.boundary, homes()).all()
    assert not shapely.contains_xy(ground.unlived, *homes().T).any()


def test_every_area_is_one_that_the_service_would_take(london: City) -> None:
    limits = AreaLimits()
    areas = [t.area for t in taskers()] + [t.same_day_area for t in taskers() if t.same_day_area]
    assert shapely.is_valid(np.array(areas, dtype=object)).all()
    assert max(map(vertices_of, areas)) <= limits.max_vertices
    assert max(km2_of(area) for area in areas) <= limits.max_km2
    for area in areas[::10]:
        refuse_outside(area, london.boundary, limits.margin_m)


def test_areas_look_drawn_by_different_people() -> None:
    areas = [tasker.area for tasker in taskers()]
    islands = np.mean([len(area.geoms) > 1 for area in areas])
    holes = np.mean([any(p.interiors for p in area.geoms) for area in areas])
    solidity = np.array([area.area / area.convex_hull.area for area in areas])
    assert 0.05 < islands < 0.3
    assert 0.04 < holes < 0.2
    assert (solidity < 0.85).mean() > 0.2
    assert len({vertices_of(area) for area in areas}) > 20


def test_most_taskers_work_where_they_live() -> None:
    areas = np.array([tasker.area for tasker in taskers()], dtype=object)
    assert shapely.contains_xy(areas, *homes().T).mean() > 0.95


def test_a_third_draw_a_smaller_area_for_the_same_day() -> None:
    both = [(t.area, t.same_day_area) for t in taskers() if t.same_day_area]
    assert len(both) / COUNT == pytest.approx(0.3, abs=0.04)
    assert np.median([near.area / whole.area for whole, near in both]) < 0.6


def test_rates_lie_in_their_category_and_spread_around_its_median(london: City) -> None:
    asked: dict[str, list[int]] = {category.slug: [] for category in london.categories}
    for tasker in taskers():
        for skill in tasker.skills:
            asked[skill.category].append(skill.rate)
    for category in london.categories:
        rates = np.array(asked[category.slug])
        assert len(rates) > 5, category.slug
        assert rates.min() >= category.rate_low
        assert rates.max() <= category.rate_high
        assert (rates % ROUNDED_TO == 0).all()
        assert np.median(rates) == pytest.approx(category.rate_median, rel=0.12)


def test_everybody_has_one_to_four_different_skills() -> None:
    many = Counter(len(tasker.skills) for tasker in taskers())
    assert set(many) == {1, 2, 3, 4}
    assert all(len({s.category for s in t.skills}) == len(t.skills) for t in taskers())


def test_only_vans_move_furniture_by_van() -> None:
    movers = {t.mode for t in taskers() if any(s.category == "man-and-van" for s in t.skills)}
    assert movers == {"van"}


def test_hours_suit_full_timers_evenings_weekends_and_students() -> None:
    weeks = [tasker.hours for tasker in taskers()]
    assert all(weeks)
    assert all(week == tuple(sorted(set(week))) for week in weeks)
    assert np.mean([_on_weekends_only(week) for week in weeks]) > 0.05
    assert np.mean([_in_the_evening_only(week) for week in weeks]) > 0.05
    assert len(set(weeks)) > 50


def _on_weekends_only(week: tuple[WeeklyHours, ...]) -> bool:
    return all(day >= 4 for day, _ in week)


def _in_the_evening_only(week: tuple[WeeklyHours, ...]) -> bool:
    return all(hours.start.hour >= 17 for day, hours in week if day < 5)


def test_ids_are_unique_and_wide_enough_for_a_hundred_thousand() -> None:
    assert len({tasker.id for tasker in taskers()}) == COUNT
    assert taskers()[0].id == "tasker-00001"


def test_no_taskers_are_asked_for_none_come(london: City) -> None:
    assert generate_taskers(london, 0, np.random.default_rng(1)) == []
