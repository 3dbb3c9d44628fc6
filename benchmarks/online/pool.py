"""Who is waiting on one side, as arrays: who is within reach of a point, who must leave."""

import numpy as np

from benchmarks.online.day import Day
from matching.arrays import Bools, Floats, Ints


class Pool:
    """The open arrivals of one side, in the order in which they came."""

    def __init__(self) -> None:
        self._rows: Ints = np.zeros(0, dtype=np.int64)
        self._x_m: Floats = np.zeros(0)
        self._y_m: Floats = np.zeros(0)
        self._until_s: Floats = np.zeros(0)
        self._reach_m: Floats = np.zeros(0)
        self._soonest_s = np.inf

    def add(self, day: Day, rows: Ints) -> None:
        """Takes in arrivals."""
        self._rows = np.concatenate([self._rows, rows])
        self._x_m = np.concatenate([self._x_m, day.x_m[rows]])
        self._y_m = np.concatenate([self._y_m, day.y_m[rows]])
        self._until_s = np.concatenate([self._until_s, day.until_s[rows]])
        self._reach_m = np.concatenate([self._reach_m, day.reach_m[rows]])
        self._soonest_s = min(self._soonest_s, float(day.until_s[rows].min(initial=np.inf)))

    def remove(self, rows: Ints) -> None:
        """Lets those go that were matched."""
        for row in rows.tolist():
            self._keep(self._rows != row)

    def expire(self, now: float) -> Ints:
        """Lets those go whose last moment is past, and says who they were."""
        if self._soonest_s >= now:
            return NOBODY
        stays = self._until_s >= now
        gone = self._rows[~stays]
        self._keep(stays)
        self._soonest_s = float(self._until_s.min(initial=np.inf))
        return gone

    def within_reach(self, x_m: float, y_m: float, reach_m: float | None) -> Ints:
        """The rows at most so far from a point; without a reach, those that reach it themselves."""
        apart = np.hypot(self._x_m - x_m, self._y_m - y_m)
        return self._rows[apart <= (self._reach_m if reach_m is None else reach_m)]

    def _keep(self, keep: Bools) -> None:
        self._rows, self._x_m, self._y_m = self._rows[keep], self._x_m[keep], self._y_m[keep]
        self._until_s, self._reach_m = self._until_s[keep], self._reach_m[keep]


NOBODY: Ints = np.zeros(0, dtype=np.int64)
