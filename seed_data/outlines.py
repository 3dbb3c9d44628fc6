"""Outlines as a finger draws them on a map: uneven, longer one way, dented, off centre."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.frame import LocalFrame
from geo.points import Floats
from seed_data.ground import DECIMALS, Ints, Shapes

FEWEST_TAPS, MOST_TAPS = 8, 25
DENTED = 0.45
"""The share of outlines that bend inwards on one side, around something their owner avoids."""


def draw_outlines(
    centres: Floats, radius_m: Floats, frame: LocalFrame, rng: np.random.Generator
) -> Shapes:
    """Polygons in degrees around `centres` (degrees, shape (n, 2)), about `radius_m` wide each way.

    Each has 8 to 25 vertices and is star-shaped before it is stretched and shifted, so that it
    never crosses itself.
    """
    taps = rng.integers(FEWEST_TAPS, MOST_TAPS + 1, len(centres))
    owner = np.repeat(np.arange(len(centres)), taps)
    angle = _angles(taps, owner, rng)
    reach = radius_m[owner] * _unevenness(angle, owner, len(centres), rng)
    corners = np.column_stack((np.cos(angle), np.sin(angle))) * reach[:, None]
    corners = _stretched(corners, owner, len(centres), rng)
    shift = rng.normal(0.0, 0.22, (len(centres), 2)) * radius_m[:, None]
    metres = corners + (frame.to_metres(centres) + shift)[owner]
    degrees = np.round(frame.to_lonlat(metres), DECIMALS)
    polygons = shapely.polygons(shapely.linearrings(degrees, indices=owner))
    return mended(np.asarray(polygons, dtype=object))


def _angles(taps: Ints, owner: Ints, rng: np.random.Generator) -> Floats:
    """Rising angles around each centre, unevenly spaced, radians, one a vertex."""
    first = np.cumsum(taps) - taps
    place = np.arange(len(owner)) - first[owner] + rng.uniform(-0.36, 0.36, len(owner))
    turn = rng.uniform(0.0, 2 * np.pi, len(taps))
    angles: Floats = 2 * np.pi * place / taps[owner] + turn[owner]
    return angles


def _unevenness(angle: Floats, owner: Ints, count: int, rng: np.random.Generator) -> Floats:
    """Factors around 1, one a vertex: slow waves, a trembling hand, for some a dent."""
    factor = np.ones(len(owner))
    for waves, most in ((1, 0.10), (2, 0.16), (3, 0.12), (5, 0.07)):
        height = rng.uniform(0.0, most, count)[owner]
        factor += height * np.cos(waves * angle + rng.uniform(0.0, 2 * np.pi, count)[owner])
    factor *= np.exp(rng.normal(0.0, 0.06, len(owner)))
    middle = rng.uniform(0.0, 2 * np.pi, count)[owner]
    depth = (rng.uniform(0.3, 0.6, count) * (rng.random(count) < DENTED))[owner]
    away = np.abs((angle - middle + np.pi) % (2 * np.pi) - np.pi)
    dented: Floats = factor * (1.0 - depth * np.clip(1.0 - away / 0.8, 0.0, 1.0))
    return dented


def _stretched(corners: Floats, owner: Ints, count: int, rng: np.random.Generator) -> Floats:
    """The corners pulled along one axis of their outline by up to a third, and narrowed across."""
    pull = np.exp(rng.uniform(0.0, 0.30, count))[owner]
    axis = rng.uniform(0.0, np.pi, count)[owner]
    along = np.column_stack((np.cos(axis), np.sin(axis)))
    length = (corners * along).sum(axis=1, keepdims=True)
    lengthwise = along * length
    stretched: Floats = lengthwise * pull[:, None] + (corners - lengthwise) / pull[:, None]
    return stretched


def mended(shapes: Shapes) -> Shapes:
    """The shapes with those that rounding made cross themselves repaired."""
    wrong: NDArray[np.bool_] = ~shapely.is_valid(shapes)
    shapes[wrong] = shapely.make_valid(shapes[wrong], method="structure")
    return shapes
