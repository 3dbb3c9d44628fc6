"""A radius as a polygon, to be drawn on a map or laid over an area."""

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from geo.distance import MEAN_EARTH_RADIUS_M, destinations, wrapped_deg
from geo.points import Floats, LonLat, as_points

_WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)


def circle(centre: LonLat, radius_m: float, corners: int = 64) -> MultiPolygon:
    """The places within `radius_m` of `centre`, as a polygon with its corners on that circle.

    With 64 corners its edges are at most 0.12 % of the radius inside the true circle. A circle over
    the antimeridian comes in two polygons, cut there. Raises BadPoint, and ValueError for a radius
    that is not positive or a circle that holds a pole.
    """
    to_pole_m = np.radians(90.0 - abs(centre.lat)) * MEAN_EARTH_RADIUS_M
    if not 0 < radius_m < to_pole_m:
        raise ValueError(f"a circle has a radius over 0 m and holds no pole, not {radius_m} m")
    bearings = np.linspace(360.0, 0.0, corners, endpoint=False)
    starts = np.broadcast_to(as_points([centre]), (corners, 2))
    ring = destinations(starts, bearings, np.full(corners, radius_m))
    ring = np.column_stack((centre.lon + wrapped_deg(ring[:, 0] - centre.lon), ring[:, 1]))
    return _cut_at_antimeridian(ring)


def _cut_at_antimeridian(ring: Floats) -> MultiPolygon:
    """The ring's polygon with whatever lies beyond +-180 degrees moved to the other side."""
    turns = [Polygon(ring + np.array([turn, 0.0])) for turn in (-360.0, 0.0, 360.0)]
    parts = shapely.get_parts(shapely.intersection(turns, _WORLD))
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > 0])
