"""Reach: who could ever be asked for a chore, found once by its cell, whatever the round.

Chores lie at centres of cells, so there are few places: one index of the taskers' areas answers
for each cell who works there, and a chore's own question is a look at those of its category.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import apart_m, unit_vectors
from matching.arrays import Bools, Floats, Ints, ranges
from matching.problem import Links
from matching.replay.record import DAY_S, Record

SLACK_S = 1.0
"""What is left out here is out by more than any rounding in the rules."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Pairs sorted by (chore, distance of the tasker's base): rows first[c] to first[c + 1] are
    chore c's. `today` and `later`: whether the area in force covers the chore while it is for
    today, and before. `last_s`: until when the tasker could be asked at the very latest, by their
    hours and limits alone; infinite for chores for now, -infinite for who never could.
    """

    first: Ints
    tasker: Ints
    metres: Floats
    today: Bools
    later: Bools
    last_s: Floats

    def rows_of(self, chores: Ints) -> tuple[Ints, Ints]:
        """(position in `chores`, row) for every pair of these chores."""
        count = self.first[chores + 1] - self.first[chores]
        return np.repeat(np.arange(len(chores)), count), ranges(self.first[chores], count)


def reach_of(record: Record, widest_m: Floats) -> Reach:
    """Who could be asked for each chore: of its category, within its budget and, for a chore that
    is not for now, with a base at most `widest_m` (n,) away and hours on a day that could reach the
    window; their area covers its cell, and neither has blocked the other.
    """
    chore, tasker, today, later = _by_cell(record)
    chores = record.chores
    rates = _rates(record)[tasker, chores.category[chore]]
    kept = (rates >= 0) & ~(rates > chores.budget_per_h[chore])
    kept &= ~_linked(chore, tasker, record.blocked, len(record.taskers))
    chore, tasker, today, later = chore[kept], tasker[kept], today[kept], later[kept]
    metres = apart_m(unit_vectors(record.taskers.base)[tasker], unit_vectors(chores.place)[chore])
    kept = chores.wanted_now[chore] | (
        (metres <= widest_m[chore]) & _works_then(record, chore, tasker)
    )
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((metres[rows], chore[rows]))]
    first = np.searchsorted(chore[rows], np.arange(len(chores) + 1))
    chore, tasker, metres = chore[rows], tasker[rows], metres[rows]
    last_s = _last_starts_s(record, chore, tasker)
    last_s[~chores.wanted_now[chore] & (metres > record.taskers.max_distance_m[tasker])] = -np.inf
    return Reach(first, tasker, metres, today[rows], later[rows], last_s)


def _by_cell(record: Record) -> tuple[Ints, Ints, Bools, Bools]:
    """(chore, tasker, covered today, covered later) where one of the tasker's areas covers it."""
    taskers = record.taskers
    places, cell = np.unique(record.chores.place, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    regular = _covered(places, taskers.areas)
    nearby = _covered(places, taskers.same_day_areas)
    keys = np.union1d(regular, nearby)
    place, tasker = np.divmod(keys, max(len(taskers), 1))
    later = np.isin(keys, regular)
    drew = np.array([area is not None for area in taskers.same_day_areas], dtype=bool)
    today = np.where(drew[tasker], np.isin(keys, nearby), later)
    first = np.searchsorted(place, np.arange(len(places) + 1))
    count = (first[1:] - first[:-1])[cell]
    rows = ranges(first[cell], count)
    return np.repeat(np.arange(len(cell)), count), tasker[rows], today[rows], later[rows]


def _covered(places: Floats, areas: NDArray[np.object_]) -> Ints:
    """Sorted keys (place x taskers + tasker) where the area covers the place, its edge included."""
    tree = shapely.STRtree(areas)
    place, tasker = tree.query(shapely.points(places), predicate="intersects")
    return np.sort(place.astype(np.int64) * len(areas) + tasker)


def _rates(record: Record) -> Ints:
    rates = np.full((len(record.taskers), len(record.categories)), -1, dtype=np.int64)
    rates[record.skills.tasker, record.skills.category] = record.skills.rate_per_h
    return rates


def _linked(chore: Ints, tasker: Ints, links: Links, taskers: int) -> Bools:
    return np.isin(chore * taskers + tasker, links.chore * taskers + links.tasker)


def _works_then(record: Record, chore: Ints, tasker: Ints) -> Bools:
    """Whether hours of the tasker's begin on a day that could reach the chore's window."""
    chores, free = record.chores, record.free
    span_s = 2 * (max(free.end_s.max(initial=0), chores.window_end_s.max(initial=0)) + DAY_S)
    begins = free.tasker * span_s + free.start_s
    since = tasker * span_s + chores.window_start_s[chore] - 2 * DAY_S
    until = tasker * span_s + chores.window_end_s[chore]
    found: Bools = np.searchsorted(begins, until) > np.searchsorted(begins, since)
    return found


def _last_starts_s(record: Record, chore: Ints, tasker: Ints) -> Floats:
    """The last start in the chore's window that some hours of the tasker's hold; infinite for
    chores for now, -infinite where none do.
    """
    chores, free = record.chores, record.free
    latest_s = (chores.window_end_s - chores.duration_s)[chore]
    span_s = 2 * (max(free.end_s.max(initial=0), latest_s.max(initial=0)) + DAY_S)
    begins = free.tasker * span_s + free.start_s
    row = np.searchsorted(begins, tasker * span_s + latest_s, side="right") - 1
    last_s = np.where(chores.wanted_now[chore], np.inf, -np.inf)
    todo = np.flatnonzero(~chores.wanted_now[chore])
    while len(todo):
        todo = todo[(row[todo] >= 0) & (free.tasker[row[todo]] == tasker[todo])]
        at, opens_s = row[todo], chores.window_start_s[chore[todo]]
        end_s = np.minimum(free.end_s[at] - chores.duration_s[chore[todo]], latest_s[todo])
        holds = end_s > np.maximum(free.start_s[at], opens_s) - SLACK_S
        last_s[todo[holds]] = end_s[holds] + SLACK_S
        todo = todo[~holds & (free.end_s[at] > opens_s)]
        row[todo] -= 1
    return last_s
