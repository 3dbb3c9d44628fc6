"""taskers.csv, skills.csv and areas.geojson -> taskers, each whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from shapely import MultiPolygon

from geo.areas import covers, metres_outside
from geo.points import LonLat, one_point
from seed_data.city import HIGHEST_RATE_TIMES, MODES, City, Skill, Tasker
from seed_data.folder import fields
from seed_data.folder.areas import Simplified, fitted, refuse_unfit
from seed_data.folder.faults import BadValue, Faults
from seed_data.folder.rows import csv_rows, features

TASKER_COLUMNS = ("id", "name", "lon", "lat", "mode", "weekly_hours")
TASKER_OPTIONS = ("minimum_notice_minutes", "most_minutes_a_day", "furthest_m")
SKILL_COLUMNS = ("tasker_id", "category", "rate")
HOME_MARGIN_M = 20_000
AreaKind: TypeAlias = Literal["regular", "same_day"]
AREA_KINDS: tuple[AreaKind, ...] = ("regular", "same_day")


@dataclass
class _Person:
    """A row of taskers.csv with what the other two files say of it."""

    line: int
    row: Mapping[str, str]
    home: LonLat
    skills: dict[str, Skill] = field(default_factory=dict)
    areas: dict[AreaKind, MultiPolygon] = field(default_factory=dict)


def read_taskers(
    folder: Path, city: City, faults: Faults
) -> tuple[tuple[Tasker, ...], tuple[Simplified, ...]]:
    """The folder's taskers, none where it has no taskers.csv, and what was simplified of them."""
    if not (folder / "taskers.csv").exists():
        _refuse_orphans(folder, faults)
        return (), ()
    people = _read_people(folder, city, faults)
    _read_skills(folder, city, people, faults)
    simplified = _read_areas(folder, city, people, faults)
    taskers = []
    for name, person in people.items():
        with faults.noting("taskers.csv", person.line):
            taskers.append(_tasker(name, person))
    return tuple(taskers), simplified


def _refuse_orphans(folder: Path, faults: Faults) -> None:
    for name in ("skills.csv", "areas.geojson"):
        if (folder / name).exists():
            faults.add(name, 0, BadValue("missing_file", "it needs a taskers.csv beside it"))


def _read_people(folder: Path, city: City, faults: Faults) -> dict[str, _Person]:
    people: dict[str, _Person] = {}
    rows = csv_rows(folder / "taskers.csv", TASKER_COLUMNS, TASKER_OPTIONS, faults)
    for line, row in rows:
        with faults.noting("taskers.csv", line):
            name = fields.name(row, "id")
            if name in people:
                raise BadValue("duplicate_id", f"tasker {name} stands in line {people[name].line}")
            people[name] = _Person(line, row, _home(row, city.boundary))
    return people


def _home(row: Mapping[str, str], boundary: MultiPolygon) -> LonLat:
    home = fields.place(row)
    refuse_place(home, boundary, HOME_MARGIN_M)
    return home


def refuse_place(point: LonLat, boundary: MultiPolygon, margin_m: float) -> None:
    """Raises BadValue `outside_market` or `looks_swapped` for a point too far from the market."""
    metres = float(metres_outside(boundary, one_point(point))[0])
    if metres <= margin_m:
        return
    swapped = one_point((point.lat, point.lon)) if abs(point.lon) <= 90 else one_point(point)
    if covers(boundary, swapped)[0]:
        raise BadValue("looks_swapped", f"({point.lon:g}, {point.lat:g}): longitude comes first")
    where = f"({point.lon:g}, {point.lat:g})"
    raise BadValue("outside_market", f"{where} is {metres / 1000:.1f} km outside the market")


def _read_skills(folder: Path, city: City, people: dict[str, _Person], faults: Faults) -> None:
    categories = {category.slug: category for category in city.categories}
    for line, row in csv_rows(folder / "skills.csv", SKILL_COLUMNS, (), faults):
        with faults.noting("skills.csv", line):
            person = _person_of(row, people)
            category = fields.choice(row, "category", categories.keys(), "unknown_category")
            if category in person.skills:
                raise BadValue("duplicate_id", f"{row['tasker_id']} has {category} already")
            most = categories[category].rate_high * HIGHEST_RATE_TIMES
            person.skills[category] = Skill(category, fields.rate(row, "rate", most))


def _person_of(row: Mapping[str, str], people: Mapping[str, _Person]) -> _Person:
    name = fields.text(row, "tasker_id").lower()
    if name not in people:
        raise BadValue("unknown_tasker", f"{name!r} is not in taskers.csv, or not in order there")
    return people[name]


def _read_areas(
    folder: Path, city: City, people: dict[str, _Person], faults: Faults
) -> tuple[Simplified, ...]:
    simplified: list[Simplified] = []
    for line, properties, geometry in features(folder / "areas.geojson", faults):
        with faults.noting("areas.geojson", line):
            row = {key: str(properties.get(key, "")) for key in ("tasker_id", "kind")}
            person = _person_of(row, people)
            kind: AreaKind = fields.choice(row, "kind", AREA_KINDS, "unknown_kind")
            if kind in person.areas:
                raise BadValue("duplicate_id", f"{row['tasker_id']} has a {kind} area already")
            shape = fitted(geometry, city.market.simplify_tolerance_m)
            refuse_unfit(shape.area, city.boundary)
            person.areas[kind] = shape.area
            if shape.tolerance_m:
                simplified.append((f"areas.geojson:{line}", *shape[1:]))
    return tuple(simplified)


def _tasker(name: str, person: _Person) -> Tasker:
    if not person.skills:
        raise BadValue("no_skill", f"tasker {name} has no skill in order in skills.csv")
    if "regular" not in person.areas:
        raise BadValue("no_area", f"tasker {name} has no regular area in order in areas.geojson")
    row = person.row
    return Tasker(
        id=name,
        name=fields.text(row, "name"),
        home=person.home,
        mode=fields.choice(row, "mode", MODES, "unknown_mode"),
        hours=fields.weekly_hours(row["weekly_hours"]),
        skills=tuple(person.skills.values()),
        area=person.areas["regular"],
        same_day_area=person.areas.get("same_day"),
        minimum_notice_minutes=fields.optional_integer(row, TASKER_OPTIONS[0], 0, 20_160, 0),
        most_minutes_a_day=fields.optional_integer(row, TASKER_OPTIONS[1], 15, 1_440, 600),
        furthest_m=fields.optional_integer(row, TASKER_OPTIONS[2], 100, 200_000, 20_000),
    )
