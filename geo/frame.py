"""A flat frame in metres around one place, where polygons can be measured as if the Earth were."""

import math
from dataclasses import dataclass

import numpy as np

from geo.distance import MEAN_EARTH_RADIUS_M, wrapped_deg
from geo.points import Floats, LonLat

HIGHEST_LATITUDE = 85.0


@dataclass(frozen=True)
class LocalFrame:
    """Equirectangular metres east and north of `origin`.

    Straight lines in degrees stay straight, so a polygon keeps its shape. North-south distances are
    those of the sphere; east-west ones are off by tan(latitude) x (metres north of the origin) /
    Earth radius: in London 0.2 % at 10 km, 1 % at 50 km. Longitudes are taken the short way round,
    so a frame at the antimeridian is whole. Raises ValueError beyond 85 degrees of latitude.
    """

    origin: LonLat

    def __post_init__(self) -> None:
        if abs(self.origin.lat) > HIGHEST_LATITUDE:
            raise ValueError(f"no local frame beyond {HIGHEST_LATITUDE:g} degrees of latitude")

    def to_metres(self, points: Floats) -> Floats:
        """Metres (east, north) of degrees (lon, lat), both of shape (n, 2)."""
        return self._shifted(points) * self._metres_a_degree

    def to_lonlat(self, metres: Floats) -> Floats:
        """Degrees (lon, lat) of metres (east, north), both of shape (n, 2)."""
        degrees: Floats = metres / self._metres_a_degree + np.array(self.origin)
        return np.column_stack((wrapped_deg(degrees[:, 0]), degrees[:, 1]))

    def _shifted(self, points: Floats) -> Floats:
        return np.column_stack(
            (wrapped_deg(points[:, 0] - self.origin.lon), points[:, 1] - self.origin.lat)
        )

    @property
    def _metres_a_degree(self) -> Floats:
        north = math.radians(1.0) * MEAN_EARTH_RADIUS_M
        return np.array([north * math.cos(math.radians(self.origin.lat)), north])
