"""Areas: where a tasker works and where a market ends.

An area is a shapely MultiPolygon in degrees (lon, lat), valid, with holes and islands as drawn. Its
edges are straight in degrees (RFC 7946), in Python as in PostGIS, so both agree who is inside.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.distance import MEAN_EARTH_RADIUS_M, great_circle_m
from geo.frame import LocalFrame
from geo.points import Floats, LonLat, as_points
from geo.polygons import read_polygons
from geo.refusals import AreaRefused

__all__ = [
    "DRAWN_BY_HAND",
    "AreaLimits",
    "AreaRefused",
    "as_geojson",
    "covers",
    "km2_of",
    "metres_outside",
    "parse_area",
    "refuse_outside",
    "simplify",
]

Areas = MultiPolygon | NDArray[np.object_]
"""One area, or an array of them, shape (n,), None where somebody has none."""


@dataclass(frozen=True)
class AreaLimits:
    """What an area may be: its vertices, its km2, and how far it may reach over a market's edge."""

    max_vertices: int = 500
    max_km2: float = 3_000.0
    margin_m: float = 1_000.0


DRAWN_BY_HAND = AreaLimits()
"""What a tasker may draw on a phone."""


def parse_area(
    geojson: object,
    market: MultiPolygon | None = None,
    limits: AreaLimits = DRAWN_BY_HAND,
    *,
    mend: bool = False,
) -> MultiPolygon:
    """The area of decoded GeoJSON (Polygon or MultiPolygon), or AreaRefused with reason and facts.

    Polygons of one MultiPolygon may overlap: they are united. With `mend`, for boundaries that come
    from elsewhere, a polygon that crosses itself is repaired instead of refused. Raises nothing but
    AreaRefused, whatever the input; heights and further members are dropped.
    """
    polygons = read_polygons(geojson, limits.max_vertices)
    area = _mended(polygons) if mend else _as_drawn(polygons)
    _refuse_too_many(area, limits)
    _refuse_too_large(area, limits)
    if market is not None:
        refuse_outside(area, market, limits.margin_m)
    return area


def refuse_outside(area: MultiPolygon, market: MultiPolygon, margin_m: float) -> None:
    """Raises AreaRefused if a vertex of the area's part outside `market` is further than margin_m.

    The facts say how far, where, and whether the coordinates look swapped.
    """
    outside = shapely.get_coordinates(shapely.difference(area, market))
    metres = metres_outside(market, outside)
    if not len(metres) or metres.max() <= margin_m:
        return
    swapped = covers(market, shapely.get_coordinates(area)[:, ::-1])
    raise AreaRefused(
        "outside_market",
        metres_outside=round(float(metres.max())),
        margin_m=margin_m,
        at=outside[int(metres.argmax())].tolist(),
        looks_swapped=bool(swapped.all()),
    )


def covers(areas: Areas, points: Floats) -> NDArray[np.bool_]:
    """Whether the area holds each point, edge included, shape (n,).

    One area for all points, or an array of areas elementwise; a missing or empty area holds
    nothing. Areas are prepared on first use, which makes the next calls about 20 times quicker.
    """
    shapely.prepare(areas)
    return np.asarray(shapely.intersects_xy(areas, points[:, 0], points[:, 1]), dtype=np.bool_)


def metres_outside(areas: Areas, points: Floats) -> Floats:
    """How far each point is outside the area, metres, shape (n,); 0 within it or on its edge.

    One area for all points, or an array of areas elementwise; infinite for a missing or empty area.
    The nearest point of the area is found in a local frame at the area, the distance to it is the
    great circle: within 0.6 % of the ground up to 50 km away, below 65 degrees of latitude.
    """
    points = as_points(points)
    each = np.broadcast_to(np.asarray(areas, dtype=object), (len(points),))
    metres = np.zeros(len(points))
    metres[shapely.is_missing(each) | shapely.is_empty(each)] = np.inf
    apart = ~covers(areas, points) & np.isfinite(metres)
    if apart.any():
        nearest = _nearest_of(each[apart], points[apart])
        metres[apart] = great_circle_m(nearest, points[apart])
    return metres


def km2_of(area: MultiPolygon) -> float:
    """Square kilometres inside the area, holes left out; on the mean sphere, within 0.7 %."""
    return float(shapely.area(shapely.transform(area, _equal_area_km)))


def simplify(area: MultiPolygon, tolerance_m: float) -> MultiPolygon:
    """The area with fewer vertices: no edge moves by more than `tolerance_m`.

    Islands and holes of less than tolerance_m squared are left out, except the largest polygon.
    """
    frame = LocalFrame(_place_in(area))
    flat = shapely.transform(area, frame.to_metres)
    rough = _simplified(flat, tolerance_m)
    kept = _without_specks(_mended(shapely.get_parts(rough)), tolerance_m**2)
    return _mended(shapely.get_parts(shapely.transform(kept, frame.to_lonlat)))


def as_geojson(area: MultiPolygon) -> dict[str, Any]:
    """The area as a GeoJSON MultiPolygon, every coordinate as it is held."""
    polygons = [[polygon.exterior, *polygon.interiors] for polygon in area.geoms]
    coordinates = [[shapely.get_coordinates(ring).tolist() for ring in rings] for rings in polygons]
    return {"type": "MultiPolygon", "coordinates": coordinates}


def _as_drawn(polygons: Sequence[Polygon]) -> MultiPolygon:
    """The polygons as one area, united where they overlap; refused where one is not valid."""
    for number, polygon in enumerate(polygons):
        _refuse_invalid(number, polygon)
    area = MultiPolygon(polygons)
    if not area.is_valid:
        return _united(polygons)
    return shapely.orient_polygons(area)


def _refuse_invalid(number: int, polygon: Polygon) -> None:
    reason = shapely.is_valid_reason(polygon)
    if polygon.convex_hull.area == 0:
        raise AreaRefused("empty")
    if polygon.is_valid:
        return
    kind = "misplaced_hole" if re.search("[Hh]ole|shell", reason) else "self_crossing"
    raise AreaRefused(kind, polygon=number, at=_place_in_reason(reason))


def _place_in_reason(reason: str) -> list[float]:
    """GEOS says where in brackets: `Self-intersection[0.5 0.5]`."""
    return [float(number) for number in reason[reason.index("[") + 1 : -1].split()]


def _mended(polygons: Iterable[Polygon]) -> MultiPolygon:
    """The polygons as one valid area: crossings resolved, overlaps united, lines dropped."""
    valid = [shapely.make_valid(p, method="structure", keep_collapsed=False) for p in polygons]
    area = _united(valid)
    if area.is_empty:
        raise AreaRefused("empty")
    return area


def _united(polygons: Sequence[BaseGeometry]) -> MultiPolygon:
    parts = shapely.get_parts(shapely.union_all(polygons))
    # Of rings that touch themselves GEOS may keep a line, whatever it was told.
    parts = parts[shapely.get_type_id(parts) == GeometryType.POLYGON]
    return cast("MultiPolygon", shapely.multipolygons(shapely.orient_polygons(parts)))


def _refuse_too_many(area: MultiPolygon, limits: AreaLimits) -> None:
    """Uniting overlaps adds vertices where edges cross, so the limit holds for the outcome too."""
    rings = shapely.get_num_interior_rings(shapely.get_parts(area)) + 1
    count = int(shapely.get_num_coordinates(area) - rings.sum())
    if count > limits.max_vertices:
        raise AreaRefused("too_many_vertices", count=count, limit=limits.max_vertices)


def _refuse_too_large(area: MultiPolygon, limits: AreaLimits) -> None:
    km2 = km2_of(area)
    if km2 > limits.max_km2:
        raise AreaRefused("too_large", km2=round(km2, 1), limit_km2=limits.max_km2)


def _simplified(flat: MultiPolygon, tolerance_m: float) -> MultiPolygon:
    """Douglas-Peucker that keeps rings apart, no vertex further than tolerance_m from its edge.

    GEOS also drops a ring's first vertex, measured from edges that have moved already, so one pass
    may be off by up to twice its tolerance: 1.2 times in San Francisco.
    """
    rough = shapely.simplify(flat, tolerance_m, preserve_topology=True)
    if shapely.hausdorff_distance(flat.boundary, rough.boundary) <= tolerance_m:
        return rough
    return shapely.simplify(flat, tolerance_m / 2, preserve_topology=True)


def _without_specks(area: MultiPolygon, least_m2: float) -> MultiPolygon:
    """The largest polygon, and all others and all holes that are at least so large."""
    parts = [_without_small_holes(polygon, least_m2) for polygon in area.geoms]
    largest = max(parts, key=lambda polygon: polygon.area)
    return MultiPolygon([p for p in parts if p is largest or p.area >= least_m2])


def _without_small_holes(polygon: Polygon, least_m2: float) -> Polygon:
    holes = [hole for hole in polygon.interiors if Polygon(hole).area >= least_m2]
    return Polygon(polygon.exterior, holes)


def _equal_area_km(points: Floats) -> Floats:
    """Lambert's cylindrical equal-area projection, in kilometres."""
    lon, lat = np.radians(points).T
    return np.column_stack((lon, np.sin(lat))) * (MEAN_EARTH_RADIUS_M / 1_000)


def _place_in(area: MultiPolygon) -> LonLat:
    """Some place of the area, the same each time: its first vertex."""
    lon, lat = shapely.get_coordinates(area)[0]
    return LonLat(float(lon), float(lat))


def _nearest_of(areas: NDArray[np.object_], points: Floats) -> Floats:
    """The place of each area nearest to its point, elementwise; an area is laid flat once."""
    frame = LocalFrame(_place_in(areas[0]))
    identity = np.fromiter(map(id, areas), dtype=np.int64, count=len(areas))
    _, first, inverse = np.unique(identity, return_index=True, return_inverse=True)
    flat = shapely.transform(areas[first], frame.to_metres)
    shapely.prepare(flat)
    lines = shapely.shortest_line(flat[inverse], shapely.points(frame.to_metres(points)))
    return frame.to_lonlat(shapely.get_coordinates(lines)[::2])
