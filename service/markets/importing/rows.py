"""A city's data as rows, in the order of the columns that are copied. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import shapely

from geo.postgis import WGS84
from seed_data.city import Category, City, Tasker
from seed_data.folder.writer import place_feature
from service.db.tables import new_id
from service.markets.importing.people import CLIENT_NAME, client_email, tasker_email

Row = tuple[Any, ...]

MAP_DIGITS = 5
"""Of a degree, in the base map: a metre, and a third of the bytes."""

ACCOUNT_COLUMNS = (
    "id", "email", "password_hash", "name", "is_client", "is_tasker", "created_at",
)  # fmt: skip
TASKER_COLUMNS = (
    "id", "market_id", "base_point", "mode", "bio", "minimum_notice_minutes", "most_minutes_a_day",
    "furthest_m", "active", "revision", "created_at",
)  # fmt: skip
SKILL_COLUMNS = ("tasker_id", "category", "rate")
AREA_COLUMNS = ("tasker_id", "kind", "market_id", "area")
HOURS_COLUMNS = ("tasker_id", "weekday", "starts", "ends")


class People(NamedTuple):
    """Taskers with the ids of their accounts, elementwise."""

    ids: Sequence[UUID]
    taskers: Sequence[Tasker]


def with_ids(taskers: Sequence[Tasker]) -> People:
    """Fresh account ids for taskers."""
    return People([new_id() for _ in taskers], taskers)


def base_map(city: City) -> dict[str, Any]:
    """The places as one GeoJSON FeatureCollection, as maps are drawn from."""
    return {
        "type": "FeatureCollection",
        "features": [_on_map(place_feature(p)) for p in city.places],
    }


def _on_map(feature: dict[str, Any]) -> dict[str, Any]:
    geometry = feature["geometry"]
    rounded = _rounded(geometry["coordinates"])
    return feature | {"geometry": geometry | {"coordinates": rounded}}


def _rounded(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, MAP_DIGITS)


def profile_of(category: Category, city: City) -> dict[str, Any]:
    """What generated demand knows of a category beyond its columns."""
    windows = city.windows
    return {
        "position": city.categories.index(category),
        "demand_share": category.demand_share,
        "shortest_minutes": category.shortest_minutes,
        "longest_minutes": category.longest_minutes,
        "hours": category.hours,
        "weekdays": category.weekdays,
        "by_hour": list(category.by_hour),
        "by_weekday": list(category.by_weekday),
        "windows": {"now": windows.now, "today": windows.today, "future": windows.future},
        "with_budget": city.with_budget,
    }


def client_accounts(market: str, count: int, password: str, now: datetime) -> Iterator[Row]:
    """The accounts of a market's clients."""
    for number in range(1, count + 1):
        name = f"{CLIENT_NAME} {number}"
        yield new_id(), client_email(market, number), password, name, True, False, now


def tasker_accounts(people: People, market: str, password: str, now: datetime) -> Iterator[Row]:
    """The accounts of taskers."""
    for who, tasker in zip(*people, strict=True):
        yield who, tasker_email(market, tasker.id), password, tasker.name, False, True, now


def tasker_rows(people: People, market_id: int, now: datetime) -> Iterator[Row]:
    """The profiles of taskers."""
    homes = np.array([tasker.home for tasker in people.taskers]).reshape(-1, 2)
    points = _as_ewkb(shapely.points(homes))
    for who, tasker, point in zip(*people, points, strict=True):
        yield (
            who, market_id, point, tasker.mode, "", tasker.minimum_notice_minutes,
            tasker.most_minutes_a_day, tasker.furthest_m, True, 1, now,
        )  # fmt: skip


def skill_rows(people: People) -> Iterator[Row]:
    """Skills without the metric point, which PostGIS adds."""
    for who, tasker in zip(*people, strict=True):
        for skill in tasker.skills:
            yield who, skill.category, skill.rate


def area_rows(people: People, market_id: int) -> Iterator[Row]:
    """Regular areas, then those for the same day."""
    for kind, attribute in (("regular", "area"), ("same_day", "same_day_area")):
        shapes = np.array([getattr(t, attribute) for t in people.taskers], dtype=object)
        for who, shape in zip(people.ids, _as_ewkb(shapes), strict=True):
            if shape is not None:
                yield who, kind, market_id, shape


def hours_rows(people: People) -> Iterator[Row]:
    """Weekly hours."""
    for who, tasker in zip(*people, strict=True):
        for weekday, (starts, ends) in tasker.hours:
            yield who, weekday, starts, ends


def _as_ewkb(shapes: Any) -> Sequence[str | None]:
    """Geometries in degrees as PostGIS reads them from COPY; None stays None."""
    with_srid = shapely.set_srid(shapes, WGS84)
    return list(shapely.to_wkb(with_srid, hex=True, include_srid=True))
