"""From decoded GeoJSON, however hostile, to the rings of polygons: structure and numbers only.

Nothing here recurses and nothing is built before the vertices are counted, so neither depth nor
size of the input costs more than reading it once.
"""

from collections.abc import Sequence

import numpy as np
from shapely.geometry import Polygon

from geo.points import BadPoint, Floats, is_number, parse_lonlat
from geo.refusals import AreaRefused

Rings = list[list[object]]


def read_polygons(geojson: object, max_vertices: int) -> list[Polygon]:
    """The polygons of a GeoJSON Polygon or MultiPolygon, at least one, perhaps not valid yet.

    The repeated last position of a ring does not count as a vertex. Raises AreaRefused.
    """
    shapes = _shapes(geojson)
    count = sum(max(len(ring) - 1, 0) for rings in shapes for ring in rings)
    if count > max_vertices:
        raise AreaRefused("too_many_vertices", count=count, limit=max_vertices)
    if count == 0:
        raise AreaRefused("empty")
    return [_polygon(number, rings) for number, rings in enumerate(shapes)]


def _shapes(geojson: object) -> list[Rings]:
    """The coordinates as polygons of rings of unread positions."""
    if not isinstance(geojson, dict):
        raise AreaRefused("not_a_polygon", problem="it is not an object")
    kind, coordinates = geojson.get("type"), geojson.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise AreaRefused("not_a_polygon", problem="its type is neither")
    if coordinates is None:
        raise AreaRefused("empty")
    polygons = [coordinates] if kind == "Polygon" else _list(coordinates, "coordinates")
    return [_rings(polygon) for polygon in polygons]


def _rings(polygon: object) -> Rings:
    return [_list(ring, "a ring") for ring in _list(polygon, "a polygon")]


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise AreaRefused("not_a_polygon", problem=f"{what} is not a list")
    return list(value)


def _polygon(number: int, rings: Rings) -> Polygon:
    if not rings:
        raise AreaRefused("not_a_polygon", problem=f"polygon {number} has no ring")
    shell, *holes = [_ring(number, index, ring) for index, ring in enumerate(rings)]
    return Polygon(shell, holes)


def _ring(polygon: int, ring: int, positions: Sequence[object]) -> Floats:
    """One closed ring, shape (n, 2), n >= 4."""
    points = np.array([_position(polygon, ring, position) for position in positions])
    if len(points) > 1 and (points[0] != points[-1]).any():
        raise AreaRefused(
            "not_closed",
            polygon=polygon,
            ring=ring,
            first=points[0].tolist(),
            last=points[-1].tolist(),
        )
    if len(points) < 4:
        problem = f"ring {ring} of polygon {polygon} has fewer than four positions"
        raise AreaRefused("not_a_polygon", problem=problem)
    _refuse_antimeridian(points)
    return points


def _position(polygon: int, ring: int, position: object) -> tuple[float, float]:
    try:
        return parse_lonlat(position)
    except BadPoint as bad:
        if bad.reason == "not_a_point":
            raise AreaRefused("not_a_polygon", problem=str(bad)) from None
        raise AreaRefused(
            bad.reason,
            polygon=polygon,
            ring=ring,
            problem=str(bad),
            looks_swapped=_mended_by_swapping(position),
        ) from None


def _mended_by_swapping(position: object) -> bool:
    if not isinstance(position, list | tuple) or not all(map(is_number, position)):
        return False
    try:
        parse_lonlat([position[1], position[0]])
    except BadPoint:
        return False
    return True


def _refuse_antimeridian(points: Floats) -> None:
    jumps = np.abs(np.diff(points[:, 0])) > 180.0
    if jumps.any():
        raise AreaRefused("crosses_antimeridian", at=points[int(jumps.argmax())].tolist())
