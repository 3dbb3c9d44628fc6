"""Pairs of a chore and a tasker, and everything that follows for them from the problem.

A column is computed on first use, for all pairs at once, and kept. Rules and costs read columns and
nothing else.
"""

from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from geo.distance import apart_m, unit_vectors
from geo.travel import GreatCircleTravel, TravelModel
from matching.arrays import Bools, Floats, Ints, ranges, whole_s
from matching.pricing import prices
from matching.problem import OFFER, Links, MatchingProblem
from matching.schedule import earliest_starts

MOST_PAIRS_AT_ONCE = 20_000_000


class Pairs:
    """Some pairs of a problem: rows `chore` and `tasker`, shape (n,), sorted by (chore, tasker)."""

    _KEPT: ClassVar[frozenset[str]] = frozenset(
        {"rate_per_h", "pay", "from_presence", "distance_m", "travel_s", "duration_s", "start_s"}
    )

    def __init__(
        self, problem: MatchingProblem, chore: Ints, tasker: Ints, travel: TravelModel
    ) -> None:
        self.problem = problem
        self.chore = chore
        self.tasker = tasker
        self.travel = travel

    @classmethod
    def of(cls, problem: MatchingProblem, travel: TravelModel) -> Self:
        """The pairs to look at: the problem's candidates, or everybody for every chore."""
        if problem.candidates is not None:
            return cls(problem, problem.candidates.chore, problem.candidates.tasker, travel)
        chores, taskers = len(problem.chores), len(problem.taskers)
        if chores * taskers > MOST_PAIRS_AT_ONCE:
            raise ValueError(f"{chores} x {taskers} pairs are too many: name the candidates")
        return cls(
            problem,
            np.repeat(np.arange(chores), taskers),
            np.tile(np.arange(taskers), chores),
            travel,
        )

    def __len__(self) -> int:
        return len(self.chore)

    def only(self, kept: Bools) -> "Pairs":
        """The pairs where `kept`; columns already computed come along."""
        if kept.all():
            return self
        rows = np.flatnonzero(kept)
        part = Pairs(self.problem, self.chore[rows], self.tasker[rows], self.travel)
        for name in self._KEPT & vars(self).keys():
            vars(part)[name] = vars(self)[name].take(rows)
        return part

    def knob(self, name: str) -> Floats:
        """A field of each chore's policy; shape (1,) where they share one, which broadcasts."""
        values = self.problem.knob(name)
        return values[:1] if len(self.problem.policies) == 1 else values[self.chore]

    def linked(self, links: Links) -> Bools:
        """Whether each pair is among `links`."""
        if not len(links):
            return np.zeros(len(self), dtype=bool)
        known = self.problem.key(links.chore, links.tasker)
        asked = self.problem.key(self.chore, self.tasker)
        found = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        among: Bools = known[found] == asked
        return among

    @cached_property
    def first_of_chore(self) -> Ints:
        """Where each chore's pairs begin, shape (chores + 1,)."""
        return np.searchsorted(self.chore, np.arange(len(self.problem.chores) + 1))

    @cached_property
    def rate_per_h(self) -> Ints:
        """The tasker's rate in the chore's category; -1 where they lack the skill."""
        return self.problem.rates_per_h[self.tasker, self.problem.chores.category[self.chore]]

    @cached_property
    def pay(self) -> Ints:
        """What the planned time costs at the tasker's rate, minor units; 0 where they lack the
        skill.
        """
        rates = np.maximum(self.rate_per_h, 0)
        minimum_s = self.problem.chores.minimum_s[self.chore]
        return prices(rates, self.duration_s, minimum_s=minimum_s)

    @cached_property
    def from_presence(self) -> Bools:
        """Whether the tasker sets off from fresh presence (for a chore for now), not the base."""
        taskers = self.problem.taskers
        age_s = self.problem.now_s - taskers.presence_at_s
        age_s = np.where(np.isfinite(taskers.presence[:, 0]), age_s, np.nan)
        if np.isnan(age_s).all():
            return np.zeros(len(self), dtype=bool)
        fresh = age_s[self.tasker] <= self.knob("presence_fresh_s")
        away: Bools = self.problem.chores.wanted_now[self.chore] & fresh
        return away

    @cached_property
    def origin(self) -> Floats:
        """Where the tasker sets off, (n, 2): fresh presence for a chore for now, else the base."""
        origin = self.problem.taskers.base[self.tasker]
        away = self.from_presence
        origin[away] = self.problem.taskers.presence[self.tasker[away]]
        return origin

    @cached_property
    def distance_m(self) -> Floats:
        """Metres from where the tasker sets off to the chore's cell."""
        here = unit_vectors(self.problem.taskers.base).take(self.tasker, axis=0)
        there = self.problem.chore_vectors.take(self.chore, axis=0)
        away = self.from_presence
        if away.any():
            here[away] = unit_vectors(self.problem.taskers.presence[self.tasker[away]])
        return apart_m(here, there)

    @cached_property
    def travel_s(self) -> Floats:
        """Seconds of travel from where the tasker sets off to the chore's cell."""
        mode = self.problem.taskers.mode[self.tasker]
        if isinstance(self.travel, GreatCircleTravel):
            # The distance is known: asking again would double the cost of a round's geometry.
            return self.travel.trips_s(self.distance_m, mode)
        return self.travel.travel_s(self.origin, self.problem.chores.place[self.chore], mode)

    @cached_property
    def travel_from_base_s(self) -> Floats:
        """Seconds of travel from the tasker's base, wherever they are now."""
        away = self.from_presence
        if not away.any():
            return self.travel_s
        seconds = self.travel_s.copy()
        base, mode = self.problem.taskers.base, self.problem.taskers.mode
        who, place = self.tasker[away], self.problem.chores.place[self.chore[away]]
        seconds[away] = self.travel.travel_s(base[who], place, mode[who])
        return seconds

    @cached_property
    def duration_s(self) -> Floats:
        """How long the chore takes."""
        return self.problem.chores.duration_s[self.chore]

    @cached_property
    def radius_m(self) -> Floats:
        """How far the chore's wave reaches."""
        return self.problem.radii_m[self.chore]

    @cached_property
    def latest_start_s(self) -> Floats:
        """The last moment to start and still end within the window."""
        chores = self.problem.chores
        return (chores.window_end_s - chores.duration_s)[self.chore]

    @cached_property
    def arrival_s(self) -> Floats:
        """When the tasker could be there if they set off now."""
        return whole_s(self.problem.now_s + self.travel_s)

    @cached_property
    def notice_ends_s(self) -> Floats:
        """The earliest start that gives the tasker the notice they want."""
        notice_s = np.nan_to_num(self.problem.taskers.min_notice_s)
        return whole_s(self.problem.now_s + notice_s)[self.tasker]

    @cached_property
    def start_s(self) -> Floats:
        """The planned start: the earliest in the window that fits; infinite where none does."""
        return earliest_starts(self)

    @cached_property
    def end_s(self) -> Floats:
        """The planned end."""
        return self.start_s + self.duration_s

    @cached_property
    def pending_offers(self) -> Ints:
        """How many unanswered offers the tasker has."""
        offers = self.problem.busy.tasker[self.problem.busy.kind == OFFER]
        return np.bincount(offers, minlength=len(self.problem.taskers))[self.tasker]

    @cached_property
    def busy_rows(self) -> tuple[Ints, Ints]:
        """For every pair every engagement of its tasker: (row of the pair, row of `busy`)."""
        sorted_by = self.problem.busy.tasker
        first = np.searchsorted(sorted_by, np.arange(len(self.problem.taskers) + 1))
        counts = np.diff(first)
        pairs = np.flatnonzero((counts > 0)[self.tasker])
        counts = counts[self.tasker[pairs]]
        return np.repeat(pairs, counts), ranges(first[self.tasker[pairs]], counts)
