"""boundary.geojson and places.geojson -> the market's edge and the places of its base map."""

from pathlib import Path
from typing import Any

import shapely
from shapely import Geometry, MultiPolygon

from geo.points import BadPoint, LonLat, as_points, parse_lonlat
from seed_data.city import PLACE_KINDS, Place
from seed_data.folder import fields
from seed_data.folder.areas import Fitted, Simplified, fitted
from seed_data.folder.faults import BadValue, Faults
from seed_data.folder.rows import Feature, features

BOUNDARY_VERTICES = 2_000
PLACE_VERTICES = 500
MOST_PEOPLE = 100_000_000
_SHAPES = {"locality": "Point", "river": "LineString"}


def read_boundary(folder: Path, tolerance_m: float, faults: Faults) -> Fitted | None:
    """The one polygon of boundary.geojson, or None with the fault noted."""
    found = list(features(folder / "boundary.geojson", faults))
    with faults.noting("boundary.geojson", found[0].line if found else 0):
        if len(found) != 1:
            raise BadValue("not_geojson", f"it has {len(found)} features instead of one")
        return fitted(found[0].geometry, tolerance_m, BOUNDARY_VERTICES)
    return None


def read_places(
    folder: Path, tolerance_m: float, faults: Faults
) -> tuple[tuple[Place, ...], tuple[Simplified, ...]]:
    """The places that are in order, one of them a district at least, and what was simplified.

    Faults of the others are noted.
    """
    found: dict[str, Place] = {}
    simplified: list[Simplified] = []
    for feature in features(folder / "places.geojson", faults):
        with faults.noting("places.geojson", feature.line):
            place, fit = _place(feature, tolerance_m)
            if place.id in found:
                raise BadValue("duplicate_id", f"place {place.id} stands above already")
            found[place.id] = place
            if fit and fit.tolerance_m:
                simplified.append((f"places.geojson:{feature.line}", *fit[1:]))
    places = tuple(found.values())
    districts = {place.id for place in places if place.kind == "district"}
    if not districts:
        faults.add("places.geojson", 0, BadValue("no_district", "there is no district in order"))
    for place in places:
        if place.district is not None and place.district not in districts:
            problem = f"{place.id} lies in {place.district!r}, which is no district"
            faults.add("places.geojson", 0, BadValue("unknown_district", problem))
    return places, tuple(simplified)


def _place(feature: Feature, tolerance_m: float) -> tuple[Place, Fitted | None]:
    given = {key: "" if value is None else str(value) for key, value in feature.properties.items()}
    row = {key: given.get(key, "") for key in ("id", "kind", "name", "population", "district")}
    kind = fields.choice(row, "kind", PLACE_KINDS, "unknown_kind")
    shape, fit = _shape(kind, feature.geometry, tolerance_m)
    place = Place(
        id=fields.text(row, "id"),
        kind=kind,
        name=fields.text(row, "name"),
        shape=shape,
        population=fields.integer(row, "population", 0, MOST_PEOPLE) if kind == "district" else 0,
        centre=_centre(feature.properties.get("centre")) if kind == "district" else None,
        district=fields.text(row, "district") if kind == "locality" else None,
    )
    return place, fit


def _centre(given: Any) -> LonLat:
    try:
        return parse_lonlat(given)
    except BadPoint as bad:
        raise BadValue(bad.reason, f"centre: {bad}") from None


def _shape(kind: str, geometry: Any, tolerance_m: float) -> tuple[Geometry, Fitted | None]:
    wanted = _SHAPES.get(kind)
    if wanted is None:
        fit = fitted(geometry, tolerance_m, PLACE_VERTICES)
        return _without_one_part(fit.area), fit
    if not isinstance(geometry, dict) or geometry.get("type") != wanted:
        raise BadValue("not_geojson", f"a {kind} is a {wanted}")
    try:
        if kind == "locality":
            return shapely.Point(parse_lonlat(geometry.get("coordinates"))), None
        return shapely.LineString(as_points(geometry.get("coordinates") or [])), None
    except BadPoint as bad:
        raise BadValue(bad.reason, str(bad)) from None
    except (TypeError, shapely.errors.GEOSException) as error:
        raise BadValue("not_geojson", f"the {kind} cannot be read: {error}") from None


def _without_one_part(area: MultiPolygon) -> Geometry:
    """A polygon as itself, several as a MultiPolygon: as people write GeoJSON."""
    return area.geoms[0] if len(area.geoms) == 1 else area
