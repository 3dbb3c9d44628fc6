"""Service areas as taskers draw them: freehand, two places, districts, one bank, with a gap."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon

from geo.areas import simplify
from geo.points import Floats
from seed_data.ground import DECIMALS, Ground, Ints, Shapes
from seed_data.outlines import draw_outlines, mended

STYLES = {"freehand": 0.50, "two_places": 0.14, "districts": 0.14, "one_bank": 0.12, "gap": 0.10}
"""How people draw, and how many of them do it so."""

SPECK = 0.02
"""Parts smaller than this share of an area's largest are left out after cutting."""

MOST_VERTICES = 450
BORDER_TOLERANCE_M = 60.0


def draw_areas(
    ground: Ground,
    homes: Floats,
    districts: Ints,
    radius_m: Floats,
    rng: np.random.Generator,
) -> Shapes:
    """A MultiPolygon in degrees around each home, within the city's edge, shape (n,).

    `districts` are the indices of the homes' districts, `radius_m` about how far each likes to go.
    All are valid and have at most 500 vertices.
    """
    shapes = draw_outlines(homes, radius_m, ground.frame, rng)
    style = rng.choice(len(STYLES), size=len(homes), p=list(STYLES.values()))
    chosen = {name: np.flatnonzero(style == index) for index, name in enumerate(STYLES)}
    for name, draw in (
        ("two_places", _two_places),
        ("gap", _with_a_gap),
        ("one_bank", _on_one_bank),
        ("districts", _whole_districts),
    ):
        at = chosen[name]
        shapes[at] = draw(ground, shapes[at], homes[at], districts[at], radius_m[at], rng)
    return cut_to_edge(ground, shapes, homes, radius_m, rng)


def draw_nearby(
    ground: Ground, homes: Floats, radius_m: Floats, rng: np.random.Generator
) -> Shapes:
    """A plain freehand area around each home, as for same-day work, shape (n,)."""
    shapes = draw_outlines(homes, radius_m, ground.frame, rng)
    return cut_to_edge(ground, shapes, homes, radius_m, rng)


def cut_to_edge(
    ground: Ground, shapes: Shapes, homes: Floats, radius_m: Floats, rng: np.random.Generator
) -> Shapes:
    """The shapes within the city, as valid MultiPolygons without specks.

    Who drew all of it outside gets a small circle of corners at home instead.
    """
    over = ~shapely.contains_properly(ground.edge, shapes)
    shapes[over] = shapely.intersection(shapes[over], ground.edge)
    shapes = _rounded(shapes)
    empty = shapely.area(shapes) == 0
    if empty.any():
        small = draw_outlines(homes[empty], np.minimum(radius_m[empty], 800.0), ground.frame, rng)
        shapes[empty] = _rounded(shapely.intersection(small, ground.edge))
    result = _as_multipolygons(shapes)
    for index in np.flatnonzero(shapely.get_num_coordinates(result) > MOST_VERTICES):
        result[index] = simplify(result[index], BORDER_TOLERANCE_M)
    return np.asarray(shapely.orient_polygons(result), dtype=object)


def _two_places(
    ground: Ground,
    shapes: Shapes,
    homes: Floats,
    districts: Ints,
    radius_m: Floats,
    rng: np.random.Generator,
) -> Shapes:
    """Around home, and a smaller stretch around a second place: work, a parent, an old quarter."""
    del homes, districts
    elsewhere = ground.draw_homes(ground.draw_districts(len(shapes), rng), rng)
    second = draw_outlines(
        elsewhere, radius_m * rng.uniform(0.4, 0.7, len(shapes)), ground.frame, rng
    )
    return np.asarray(shapely.union(shapes, second), dtype=object)


def _with_a_gap(
    ground: Ground,
    shapes: Shapes,
    homes: Floats,
    districts: Ints,
    radius_m: Floats,
    rng: np.random.Generator,
) -> Shapes:
    """All around but for one part in the middle: no parking there, a hill, a former employer."""
    del districts
    away = rng.uniform(0.35, 0.5, len(shapes)) * radius_m
    angle = rng.uniform(0.0, 2 * np.pi, len(shapes))
    aside = np.column_stack((np.cos(angle), np.sin(angle))) * away[:, None]
    middles = ground.frame.to_lonlat(ground.frame.to_metres(homes) + aside)
    gaps = draw_outlines(
        middles, radius_m * rng.uniform(0.15, 0.25, len(shapes)), ground.frame, rng
    )
    return np.asarray(shapely.difference(shapes, gaps), dtype=object)


def _on_one_bank(
    ground: Ground,
    shapes: Shapes,
    homes: Floats,
    districts: Ints,
    radius_m: Floats,
    rng: np.random.Generator,
) -> Shapes:
    """Up to the river and not beyond: bridges are slow."""
    del districts, radius_m, rng
    for bank in ground.banks:
        here = shapely.contains_xy(bank, homes[:, 0], homes[:, 1])
        shapes[here] = shapely.intersection(shapes[here], bank)
    return shapes


def _whole_districts(
    ground: Ground,
    shapes: Shapes,
    homes: Floats,
    districts: Ints,
    radius_m: Floats,
    rng: np.random.Generator,
) -> Shapes:
    """The district at home, for half of them with a neighbour: who picks names from a list."""
    del homes, radius_m
    own = ground.districts[districts]
    neighbours = _neighbours(ground)
    choice = rng.random(len(shapes))
    more = rng.random(len(shapes)) < 0.5
    other = np.array(
        [_pick(neighbours[d], c) for d, c in zip(districts, choice, strict=True)], dtype=np.int64
    )
    both = shapely.union(own, ground.districts[np.where(other < 0, districts, other)])
    return np.where(more, both, own)


def _pick(neighbours: Ints, choice: float) -> int:
    return int(neighbours[int(choice * len(neighbours))]) if len(neighbours) else -1


def _neighbours(ground: Ground) -> list[Ints]:
    """For each district the indices of those that touch it."""
    pairs: NDArray[np.bool_] = (
        shapely.distance(ground.districts[:, None], ground.districts[None, :]) < 1e-4
    )
    np.fill_diagonal(pairs, False)
    return [np.flatnonzero(row) for row in pairs]


def _rounded(shapes: Shapes) -> Shapes:
    rounded = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    return mended(np.asarray(rounded, dtype=object))


def _as_multipolygons(shapes: Shapes) -> Shapes:
    """Every shape's polygons of some size as one MultiPolygon."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    nested = shapely.get_type_id(parts) == 6
    if nested.any():
        inner, index = shapely.get_parts(parts[nested], return_index=True)
        parts = np.concatenate((parts[~nested], inner))
        owner = np.concatenate((owner[~nested], owner[nested][index]))
    size = shapely.area(parts)
    largest = np.zeros(len(shapes))
    np.maximum.at(largest, owner, size)
    keep = size >= SPECK * largest[owner]
    keep &= shapely.get_type_id(parts) == 3
    order = np.argsort(owner[keep], kind="stable")
    together = shapely.multipolygons(parts[keep][order], indices=owner[keep][order])
    result: Shapes = np.asarray(together, dtype=object)
    for at in np.flatnonzero(~shapely.is_valid(result)):
        result[at] = MultiPolygon(list(shapely.get_parts(shapely.make_valid(result[at]))))
    return result
