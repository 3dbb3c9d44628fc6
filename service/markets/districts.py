"""The districts of a market: which of them holds a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from matching.arrays import Floats, Ints


def district_names(features: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The names of the districts among a market's features (GeoJSON), in their order."""
    return tuple(one["properties"]["name"] for one in _districts(features))


def district_at(features: Sequence[dict[str, Any]], places: Floats) -> Ints:
    """The district of each place, (n, 2) as lon, lat, by its number in `district_names`; -1 outside
    of all.
    """
    found = np.full(len(places), -1, dtype=np.int64)
    tree = shapely.STRtree([shape(one["geometry"]) for one in _districts(features)])
    place, district = tree.query(shapely.points(places), predicate="intersects")
    found[place] = district
    return found


def district_shape(features: Sequence[dict[str, Any]], name: str) -> BaseGeometry | None:
    """The shape of the district of this name; None if there is none."""
    found = (one["geometry"] for one in _districts(features) if one["properties"]["name"] == name)
    geometry = next(found, None)
    return None if geometry is None else shape(geometry)


def _districts(features: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in features if one["properties"]["kind"] == "district"]
