"""From pairs of places to few, small tables: a router answers sources x targets, nobody asks so.

Candidates are pairs: twenty taskers around each chore. One table for all would be mostly pairs that
nobody asked about, one per chore would be a request each. So the places of the side that has fewer
(the hubs: usually chores) are taken neighbour after neighbour, and share a table as long as it fits
the router's limits and at least a quarter of its cells were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.points import Floats

DIGITS = 6
"""Degrees are rounded to 11 cm, so that equal places are one."""
WASTE = 4
"""Cells of a table per pair asked for, at most."""

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Limits:
    """What a router takes in one request: sources + targets, and sources x targets."""

    places: int
    cells: int


@dataclass(frozen=True)
class Table:
    """One request: places (lon, lat) of shapes (s, 2) and (t, 2), and the pairs it answers.

    `pairs[k]` is the row of the pair in the question, `cells[:, k]` its (source, target).
    """

    sources: Floats
    targets: Floats
    pairs: Index
    cells: Index


def tables_of(origins: Floats, destinations: Floats, limits: Limits) -> list[Table]:
    """The tables that together answer every pair exactly once; shapes (n, 2) and (n, 2)."""
    if not len(origins):
        return []
    sources, source = _distinct(origins)
    targets, target = _distinct(destinations)
    swapped = len(sources) < len(targets)
    hub, spoke = (source, target) if swapped else (target, source)
    drafts = _drafts(hub, spoke, limits)
    return [_table(draft.pairs, sources, source, targets, target) for draft in drafts]


@dataclass
class _Draft:
    """A table in the making: distinct hubs and spokes, and the pairs between them."""

    hubs: set[int] = field(default_factory=set)
    spokes: set[int] = field(default_factory=set)
    pairs: list[int] = field(default_factory=list)

    def takes(self, hub: int, spokes: set[int], pairs: int, limits: Limits) -> bool:
        """Whether the table stays within its limits, and worth its cells, with this group in it."""
        many_hubs, many_spokes = len(self.hubs | {hub}), len(self.spokes | spokes)
        cells = many_hubs * many_spokes
        fits = many_hubs + many_spokes <= limits.places and cells <= limits.cells
        return fits and cells <= WASTE * (len(self.pairs) + pairs)

    def add(self, hub: int, spokes: set[int], pairs: list[int]) -> None:
        """Take the group in."""
        self.hubs.add(hub)
        self.spokes |= spokes
        self.pairs += pairs


def _drafts(hub: Index, spoke: Index, limits: Limits) -> Iterator[_Draft]:
    """Groups of one hub each, put together greedily in the order of the hubs."""
    draft = _Draft()
    for pairs in _groups(hub, spoke, min(limits.places - 1, limits.cells)):
        spokes = set(spoke[pairs].tolist())
        if draft.pairs and not draft.takes(int(hub[pairs[0]]), spokes, len(pairs), limits):
            yield draft
            draft = _Draft()
        draft.add(int(hub[pairs[0]]), spokes, pairs)
    yield draft


def _groups(hub: Index, spoke: Index, most: int) -> Iterator[list[int]]:
    """The pairs of each hub, in pieces of at most `most` pairs."""
    order = np.lexsort((spoke, hub))
    for group in np.split(order, np.flatnonzero(np.diff(hub[order])) + 1):
        for start in range(0, len(group), most):
            yield group[start : start + most].tolist()


def _distinct(points: Floats) -> tuple[Floats, Index]:
    """The distinct places, in bands of about 1 km from south to north, and each pair's own."""
    places, index = np.unique(np.round(points, DIGITS), axis=0, return_inverse=True)
    order = np.lexsort((places[:, 0], np.floor(places[:, 1] * 100)))
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return places[order], rank[index.ravel()]


def _table(
    pairs: list[int], sources: Floats, source: Index, targets: Floats, target: Index
) -> Table:
    rows = np.array(pairs, dtype=np.intp)
    used_sources, at_source = np.unique(source[rows], return_inverse=True)
    used_targets, at_target = np.unique(target[rows], return_inverse=True)
    cells = np.vstack((at_source.ravel(), at_target.ravel()))
    return Table(sources[used_sources], targets[used_targets], rows, cells)
