"""Map tiles: the squares that a web map is made of, and where one lies."""

import math
from typing import NamedTuple

from geo.points import LonLat

DEEPEST = 20
METRES_PER_DEGREE = 111_195.0


class Box(NamedTuple):
    """A box in degrees, edges along meridians and parallels."""

    west: float
    south: float
    east: float
    north: float

    def within(self, other: "Box") -> "Box | None":
        """What the two have in common, None if nothing; neither reaches across the date line."""
        west, south = max(self.west, other.west), max(self.south, other.south)
        east, north = min(self.east, other.east), min(self.north, other.north)
        return Box(west, south, east, north) if west <= east and south <= north else None


class Tile(NamedTuple):
    """A tile of the web's Mercator pyramid: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @classmethod
    def at(cls, place: LonLat, z: int) -> "Tile":
        """The tile of zoom z that holds a place, which is within 85 degrees of the equator."""
        across = 1 << z
        down = (1 - math.asinh(math.tan(math.radians(place.lat))) / math.pi) / 2
        return cls(z, int((place.lon + 180) / 360 * across), int(down * across))

    @property
    def exists(self) -> bool:
        """Whether there is such a tile: at zoom z there are 2^z by 2^z."""
        return 0 <= self.z <= DEEPEST and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z

    def box(self, margin: float = 0.0) -> Box:
        """Where it lies, wider on each side by `margin` of its width."""
        across = 1 << self.z
        west, east = ((self.x + at) / across * 360 - 180 for at in (-margin, 1 + margin))
        north, south = (_latitude((self.y + at) / across) for at in (-margin, 1 + margin))
        return Box(max(west, -180), south, min(east, 180), north)


def box_around(centre: LonLat, radius_m: float) -> Box:
    """The box that holds everything within `radius_m` of a place, which is no pole."""
    up = radius_m / METRES_PER_DEGREE
    side = up / math.cos(math.radians(min(abs(centre.lat) + up, 89)))
    return Box(centre.lon - side, centre.lat - up, centre.lon + side, centre.lat + up)


def _latitude(down: float) -> float:
    """The latitude this far down Mercator's square, from 0 at its top to 1 at its foot."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))
