"""When a tasker could start a chore: the earliest moment in the window that everything else
allows.
"""

from typing import TYPE_CHECKING

import numpy as np

from geo.travel import Modes, TravelModel
from matching.arrays import Floats, Ints

if TYPE_CHECKING:
    from matching.pairs import Pairs


def earliest_starts(pairs: "Pairs") -> Floats:
    """The earliest start of every pair, epoch seconds, shape (n,); infinite where there is none.

    A start lies in the window with room for the duration, after the tasker could be there and has
    had the notice they want, within one of their free stretches (somebody online is free for chores
    for now), and far enough from what they already have: travel and the market's turn-around fit
    between. Each bound only ever moves a start later, so moving them in turn until nothing moves
    gives the earliest.
    """
    chores = pairs.problem.chores
    start = np.maximum(chores.window_start_s[pairs.chore], pairs.arrival_s)
    start = np.maximum(start, pairs.notice_ends_s)
    start[start > pairs.latest_start_s] = np.inf
    free, busy = _FreeStretches(pairs), _BusyGaps(pairs)
    while True:
        moved = busy.after(free.within(start))
        moved[moved > pairs.latest_start_s] = np.inf
        if np.array_equal(moved, start):
            return moved
        start = moved


def colliding_starts(
    here: Floats,
    duration_s: Floats,
    there: Floats,
    there_s: tuple[Floats, Floats],
    mode: Modes,
    *,
    turnaround_s: float,
    travel: TravelModel,
) -> tuple[Floats, Floats]:
    """The open intervals of starts, work at `here` for `duration_s`, that collide with what is at
    `there` during [`there_s`): elementwise, shape (n,) each, epoch seconds. Between the two lie the
    travel by `mode` and the turn-around. The accept of an offer asks the same function.
    """
    before = travel.travel_s(here, there, mode) + turnaround_s
    after = travel.travel_s(there, here, mode) + turnaround_s
    return there_s[0] - before - duration_s, there_s[1] + after


class _FreeStretches:
    """Moves starts into the tasker's free time; remembers how far along each tasker it has come."""

    def __init__(self, pairs: "Pairs") -> None:
        problem = pairs.problem
        self._start_s, self._end_s = problem.free.start_s, problem.free.end_s
        first = np.searchsorted(problem.free.tasker, np.arange(len(problem.taskers) + 1))
        self._row: Ints = first[pairs.tasker]
        self._beyond: Ints = first[pairs.tasker + 1]
        self._duration_s = problem.chores.duration_s[pairs.chore]
        on_call = problem.chores.wanted_now[pairs.chore] & problem.taskers.online[pairs.tasker]
        self._bound = np.flatnonzero(~on_call)

    def within(self, start_s: Floats) -> Floats:
        """Each start moved to the first free stretch that still holds the duration."""
        moved = start_s.copy()
        todo = self._bound[np.isfinite(start_s[self._bound])]
        while len(todo):
            ran_out = self._row[todo] >= self._beyond[todo]
            moved[todo[ran_out]] = np.inf
            todo = todo[~ran_out]
            row = self._row[todo]
            inside = np.maximum(moved[todo], self._start_s[row])
            fits = inside + self._duration_s[todo] <= self._end_s[row]
            moved[todo[fits]] = inside[fits]
            todo = todo[~fits]
            self._row[todo] += 1
        return moved


class _BusyGaps:
    """Moves starts past what the tasker already has, with travel and turn-around on both sides."""

    def __init__(self, pairs: "Pairs") -> None:
        problem = pairs.problem
        self._pair, row = pairs.busy_rows
        if not len(row):
            return
        chore = pairs.chore[self._pair]
        mode = problem.taskers.mode[pairs.tasker[self._pair]]
        here, there = problem.chores.place[chore], problem.busy.place[row]
        there_s = problem.busy.start_s[row], problem.busy.end_s[row]
        self._from_s, self._until_s = colliding_starts(
            here, problem.chores.duration_s[chore], there, there_s, mode,
            turnaround_s=problem.market.turnaround_s, travel=pairs.travel,
        )  # fmt: skip

    def after(self, start_s: Floats) -> Floats:
        """Each start moved past the engagements it collides with."""
        if not len(self._pair):
            return start_s
        start = start_s[self._pair]
        hit = (start > self._from_s) & (start < self._until_s)
        np.maximum.at(start_s, self._pair[hit], self._until_s[hit])
        return start_s
