"""Areas of a folder: GeoJSON -> MultiPolygon, simplified where it has too many vertices."""

from typing import Any, NamedTuple

import shapely
from shapely import MultiPolygon

from geo.areas import AreaLimits, AreaRefused, km2_of, parse_area, refuse_outside, simplify
from seed_data.folder.faults import BadValue

READ = AreaLimits(max_vertices=200_000, max_km2=20_000)
"""What may stand in a file; a tasker's area must fit `TAKEN` after it was simplified."""

TAKEN = AreaLimits()
COARSEST_M = 320.0

Simplified = tuple[str, int, int, float]
"""Where an area stands, its vertices before and after, and the tolerance in metres."""


class Fitted(NamedTuple):
    """An area that fits, and how: vertices before and after, tolerance in metres (0: as it was)."""

    area: MultiPolygon
    before: int
    after: int
    tolerance_m: float


def vertices_of(area: MultiPolygon) -> int:
    """Vertices as people count them: the repeated end of a ring is none."""
    rings = sum(1 + len(polygon.interiors) for polygon in area.geoms)
    return int(shapely.get_num_coordinates(area)) - rings


def fitted(geometry: Any, tolerance_m: float, max_vertices: int = TAKEN.max_vertices) -> Fitted:
    """The area of a GeoJSON geometry with at most `max_vertices`.

    One with more is simplified, first by `tolerance_m`, then by twice as much until it fits, at
    most 320 m. Raises BadValue with geo's reason.
    """
    try:
        area = parse_area(geometry, limits=READ)
    except AreaRefused as refused:
        raise BadValue(refused.reason, str(refused)) from None
    before = vertices_of(area)
    if before <= max_vertices:
        return Fitted(area, before, before, 0.0)
    return _simplified(area, before, tolerance_m, max_vertices)


def _simplified(area: MultiPolygon, before: int, tolerance_m: float, most: int) -> Fitted:
    while tolerance_m <= COARSEST_M:
        rough = simplify(area, tolerance_m)
        if (after := vertices_of(rough)) <= most:
            return Fitted(rough, before, after, tolerance_m)
        tolerance_m *= 2
    raise BadValue(
        "too_many_vertices",
        f"the area has {before} vertices and over {most} even when simplified by {COARSEST_M:g} m",
    )


def refuse_unfit(area: MultiPolygon, boundary: MultiPolygon) -> None:
    """Raises BadValue if an area is too large or reaches out of the market by over a kilometre."""
    if (km2 := km2_of(area)) > TAKEN.max_km2:
        raise BadValue("too_large", f"{km2:.0f} km2; at most {TAKEN.max_km2:g} km2 are taken")
    try:
        refuse_outside(area, boundary, TAKEN.margin_m)
    except AreaRefused as refused:
        raise BadValue(refused.reason, str(refused)) from None
