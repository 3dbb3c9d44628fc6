"""When a tasker could start a chore: the earliest moment in the window that all else allows."""

from typing import TYPE_CHECKING

import numpy as np

from geo.distance import apart_m, unit_vectors
from geo.travel import GreatCircleTravel, Modes, TravelModel
from matching.arrays import Floats, Ints, whole_s

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
    np.copyto(start, np.inf, where=start > pairs.latest_start_s)
    free, busy = _FreeStretches(pairs), _BusyGaps(pairs)
    moved = np.arange(len(pairs))
    while len(moved):
        free.move(start, moved)
        moved = busy.move(start)
        np.copyto(start, np.inf, where=start > pairs.latest_start_s)
    return start


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
    trips_s = travel.travel_s(here, there, mode), travel.travel_s(there, here, mode)
    return _around(there_s, trips_s, duration_s, turnaround_s)


def _around(
    there_s: tuple[Floats, Floats],
    trips_s: tuple[Floats, Floats],
    duration_s: Floats,
    turnaround_s: float,
) -> tuple[Floats, Floats]:
    """From the start that still ends in time for the trip there to the first after the trip back.

    The first is a whole second, as every start that depends on travel: so the places' last digits
    cannot make the accept disagree with the round.
    """
    there, back = trips_s
    latest_before = there_s[0] - there - turnaround_s - duration_s
    return latest_before, whole_s(there_s[1] + back + turnaround_s)


class _FreeStretches:
    """Moves starts into the tasker's free time; remembers how far along each tasker it has come."""

    def __init__(self, pairs: "Pairs") -> None:
        problem = pairs.problem
        self._start_s, self._end_s = problem.free.start_s, problem.free.end_s
        first = np.searchsorted(problem.free.tasker, np.arange(len(problem.taskers) + 1))
        self._row: Ints = first[:-1][pairs.tasker]
        self._beyond: Ints = first[1:][pairs.tasker]
        self._duration_s = pairs.duration_s
        on_call = problem.taskers.online
        self._on_call = problem.chores.wanted_now[pairs.chore] & on_call[pairs.tasker]

    def move(self, start_s: Floats, pairs: Ints) -> None:
        """Moves these pairs to the first free stretch that still holds the duration."""
        todo = pairs[~self._on_call[pairs] & np.isfinite(start_s[pairs])]
        while len(todo):
            ran_out = self._row[todo] >= self._beyond[todo]
            if ran_out.any():
                start_s[todo[ran_out]] = np.inf
                todo = todo[~ran_out]
            row = self._row[todo]
            inside = np.maximum(start_s[todo], self._start_s[row])
            fits = inside + self._duration_s[todo] <= self._end_s[row]
            start_s[todo] = inside
            todo = todo[~fits]
            self._row[todo] += 1


class _BusyGaps:
    """Moves starts past what the tasker already has, with travel and turn-around on both sides."""

    def __init__(self, pairs: "Pairs") -> None:
        problem = pairs.problem
        self._pair, row = pairs.busy_rows
        if not len(row):
            return
        chore = pairs.chore[self._pair]
        self._from_s, self._until_s = _around(
            (problem.busy.start_s[row], problem.busy.end_s[row]),
            self._trips_s(pairs, chore, row),
            pairs.duration_s[self._pair],
            problem.market.turnaround_s,
        )

    def _trips_s(self, pairs: "Pairs", chore: Ints, row: Ints) -> tuple[Floats, Floats]:
        """Seconds from each chore to the engagement, and back."""
        problem = pairs.problem
        mode = problem.taskers.mode[problem.busy.tasker[row]]
        if isinstance(pairs.travel, GreatCircleTravel):
            vectors = unit_vectors(problem.busy.place)
            metres = apart_m(problem.chore_vectors[chore], vectors[row])
            both = pairs.travel.trips_s(metres, mode)
            return both, both
        here, there = problem.chores.place[chore], problem.busy.place[row]
        return pairs.travel.travel_s(here, there, mode), pairs.travel.travel_s(there, here, mode)

    def move(self, start_s: Floats) -> Ints:
        """Moves starts past the engagements they collide with; returns the pairs that moved."""
        if not len(self._pair):
            return self._pair
        start = start_s[self._pair]
        hit = (start > self._from_s) & (start < self._until_s)
        np.maximum.at(start_s, self._pair[hit], self._until_s[hit])
        return np.unique(self._pair[hit])
