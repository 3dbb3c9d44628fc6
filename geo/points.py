"""What a place is: one `LonLat`, or an `(n, 2)` array of them, checked once at the edge."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class LonLat(NamedTuple):
    """A place on WGS84 in degrees, longitude first as GeoJSON has it."""

    lon: float
    lat: float


class BadPoint(ValueError):
    """A coordinate that is no place on Earth.

    `reason` is `not_a_point` (not two numbers), `not_finite` or `out_of_range`; the message says
    which numbers, and that they look swapped where swapping would mend the point.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def is_number(value: object) -> bool:
    """True for an int or a float; a bool is not a coordinate."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def lonlat(lon: float, lat: float) -> LonLat:
    """A checked place. Raises BadPoint unless both are finite, |lon| <= 180 and |lat| <= 90."""
    try:
        x, y = float(lon), float(lat)
    except OverflowError:
        raise BadPoint(
            "out_of_range", "a coordinate is too large for a number of degrees"
        ) from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise BadPoint("not_finite", f"longitude and latitude must be finite, not ({x}, {y})")
    if abs(x) > 180 or abs(y) > 90:
        raise BadPoint("out_of_range", _out_of_range(x, y))
    return LonLat(x, y)


def parse_lonlat(position: object) -> LonLat:
    """A checked place from decoded JSON: a list of two numbers, or three (a height, dropped).

    Raises BadPoint.
    """
    if not isinstance(position, list | tuple) or len(position) not in (2, 3):
        raise BadPoint("not_a_point", "a position is a list [longitude, latitude]")
    if not all(is_number(number) for number in position):
        raise BadPoint("not_a_point", "longitude and latitude must be numbers")
    return lonlat(position[0], position[1])


def as_points(places: Iterable[Sequence[float]] | NDArray[Any]) -> Floats:
    """Places as a checked float64 array, shape (n, 2), columns lon and lat in degrees.

    Empty input gives shape (0, 2). Raises BadPoint for another shape, NaN or infinity,
    |lon| > 180 or |lat| > 90.
    """
    try:
        points = np.asarray(
            places if isinstance(places, np.ndarray) else list(places), dtype=np.float64
        )
    except (TypeError, ValueError):
        raise BadPoint("not_a_point", "places are pairs of numbers (lon, lat)") from None
    if points.size == 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise BadPoint("not_a_point", f"places have shape (n, 2), not {points.shape}")
    if not np.isfinite(points).all():
        raise BadPoint("not_finite", "longitudes and latitudes must be finite")
    outside = (np.abs(points) > (180.0, 90.0)).any(axis=1)
    if outside.any():
        raise BadPoint("out_of_range", _out_of_range(*points[outside][0]))
    return points


def one_point(place: Sequence[float]) -> Floats:
    """One place as an array of shape (1, 2), as vectorised functions take it. Raises BadPoint."""
    return as_points([place])


def _out_of_range(lon: float, lat: float) -> str:
    message = f"longitude {lon:g} must be within +-180 and latitude {lat:g} within +-90"
    swapped = abs(lon) <= 90 and 90 < abs(lat) <= 180
    return f"{message}; they look swapped: longitude comes first" if swapped else message
