"""Who is online where, at each moment of a replay."""

import numpy as np

from geo.distance import unit_vectors
from matching.arrays import Bools, Floats, Ints
from matching.replay.record import Stays


class Presences:
    """The stays of a record, moved along with the clock, which never goes back."""

    def __init__(self, stays: Stays, taskers: int) -> None:
        self._stays = stays
        self._vectors = unit_vectors(stays.place)
        self._by_start: Ints = np.argsort(stays.from_s, kind="stable")
        self._starts_s = stays.from_s[self._by_start]
        self._begun = 0
        self._row: Ints = np.full(taskers, -1, dtype=np.int64)

    def move_to(self, now_s: float) -> None:
        """The clock says `now_s`."""
        beyond = int(np.searchsorted(self._starts_s, now_s, side="right"))
        rows = self._by_start[self._begun : beyond]
        self._row[self._stays.tasker[rows]] = rows
        self._begun = beyond
        here = np.flatnonzero(self._row >= 0)
        left = here[self._stays.until_s[self._row[here]] <= now_s]
        self._row[left] = -1

    def online(self, taskers: Ints) -> Bools:
        """Which of these are online."""
        return self._row[taskers] >= 0

    def seen_at_s(self, taskers: Ints, now_s: float) -> Floats:
        """When each was last heard of, NaN for who is not online."""
        seen = np.full(len(taskers), np.nan)
        here = np.flatnonzero(self._row[taskers] >= 0)
        row = self._row[taskers[here]]
        begun, every = self._stays.from_s[row], self._stays.every_s[row]
        seen[here] = begun + np.floor((now_s - begun) / every) * every
        return seen

    def places(self, taskers: Ints) -> Floats:
        """Where each is, shape (n, 2), NaN for who is not online."""
        row = self._row[taskers]
        places = np.full((len(row), 2), np.nan)
        here = row >= 0
        places[here] = self._stays.place[row[here]]
        return places

    def vectors(self, taskers: Ints) -> Floats:
        """The same on the unit sphere, shape (n, 3); anything for who is not online."""
        if not len(self._vectors):
            return np.zeros((len(taskers), 3))
        return self._vectors[self._row[taskers]]
