"""Writes a city, its taskers and its chores as a market folder that `read_folder` reads."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely

from seed_data.city import Category, Chore, City, Market, Place, Tasker
from seed_data.folder.chores import CHORE_COLUMNS
from seed_data.folder.fields import hours_as_text
from seed_data.folder.market import CATEGORY_COLUMNS
from seed_data.folder.people import SKILL_COLUMNS, TASKER_COLUMNS, TASKER_OPTIONS


def write_folder(
    folder: Path, city: City, taskers: Iterable[Tasker] = (), chores: Iterable[Chore] = ()
) -> None:
    """Write every file of the form; those without a row are left out. Makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "market.json", _market(city.market))
    _write_json(folder / "demand.json", _demand(city))
    _write_csv(folder / "categories.csv", CATEGORY_COLUMNS, map(_category, city.categories))
    edge = {"name": city.market.name}
    write_features(folder / "boundary.geojson", [feature(city.boundary, edge)])
    write_features(folder / "places.geojson", map(place_feature, city.places))
    if people := list(taskers):
        _write_people(folder, people)
    if posted := list(chores):
        _write_csv(folder / "chores.csv", CHORE_COLUMNS, map(_chore, posted))


def feature(shape: shapely.Geometry, properties: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON feature; coordinates keep all their digits."""
    geometry = json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def place_feature(place: Place) -> dict[str, Any]:
    """A place as places.geojson has it."""
    properties: dict[str, Any] = {"id": place.id, "kind": place.kind, "name": place.name}
    if place.kind == "district":
        properties["population"] = place.population
        properties["centre"] = place.centre
    if place.kind == "locality":
        properties["district"] = place.district
    return feature(place.shape, properties)


def write_features(path: Path, features: Iterable[dict[str, Any]]) -> None:
    """Write a FeatureCollection with one feature a line, as a diff likes it."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    text = f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8")


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _market(market: Market) -> dict[str, Any]:
    return {
        "slug": market.slug,
        "name": market.name,
        "zone": market.zone.key,
        "currency": market.currency,
        "projection": f"EPSG:{market.srid}",
        "centre": list(market.centre),
        "turn_around_s": market.turn_around_s,
        "simplify_tolerance_m": market.simplify_tolerance_m,
        "policy": market.policy.model_dump(mode="json", exclude_unset=True),
    }


def _demand(city: City) -> dict[str, Any]:
    windows = city.windows
    return {
        "windows": {"now": windows.now, "today": windows.today, "future": windows.future},
        "with_budget": city.with_budget,
        "hours": {c.hours: list(c.by_hour) for c in city.categories},
        "weekdays": {c.weekdays: list(c.by_weekday) for c in city.categories},
    }


def _category(category: Category) -> list[Any]:
    return [getattr(category, column) for column in CATEGORY_COLUMNS]


def _write_people(folder: Path, taskers: list[Tasker]) -> None:
    rows = (
        [t.id, t.name, *t.home, t.mode, hours_as_text(t.hours)]
        + [getattr(t, option) for option in TASKER_OPTIONS]
        for t in taskers
    )
    _write_csv(folder / "taskers.csv", TASKER_COLUMNS + TASKER_OPTIONS, rows)
    skills = ([t.id, skill.category, skill.rate] for t in taskers for skill in t.skills)
    _write_csv(folder / "skills.csv", SKILL_COLUMNS, skills)
    areas = (
        feature(area, {"tasker_id": t.id, "kind": kind})
        for t in taskers
        for kind, area in (("regular", t.area), ("same_day", t.same_day_area))
        if area is not None
    )
    write_features(folder / "areas.geojson", areas)


def _chore(chore: Chore) -> list[Any]:
    window = "now" if chore.window is None else "/".join(t.isoformat() for t in chore.window)
    return [
        chore.posted_at.isoformat(),
        chore.category,
        *chore.point,
        chore.address,
        window,
        chore.duration_minutes,
        "" if chore.budget_rate is None else chore.budget_rate,
        chore.notes,
    ]
