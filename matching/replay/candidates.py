"""Candidates of a replay's round: of those in reach the nearest who might take a chore now."""

from dataclasses import dataclass

import numpy as np

from geo.distance import apart_m, unit_vectors
from matching.arrays import Bools, Floats, Ints
from matching.replay.presence import Presences
from matching.replay.state import State
from matching.rules import (
    cannot_arrive_in_time,
    no_free_time,
    too_far_for_tasker,
    too_many_hours,
    too_short_notice,
)
from matching.wave import radii_m

DEPTHS = np.array([20, 120, 720])
"""How many candidates are sought for a chore; deeper only where rules refuse most of the nearest,
as in the dispatcher."""
DEEPEST = int(DEPTHS[-1])
LEFT_TO_JUDGE = (
    too_far_for_tasker, cannot_arrive_in_time, too_short_notice, no_free_time, too_many_hours,
)  # fmt: skip
"""The rules that the search has not gone by already."""


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs of a round sorted by (chore of the round, distance): `owner` is the chore's position
    among the due slots, `row` the pair's in the reach, `rank` its place among all in the chore's
    reach, of whom there are `reached` (due,). Who could not come any more is counted, not listed.
    """

    owner: Ints
    row: Ints
    person: Ints
    rank: Ints
    reached: Ints

    def nearest(self, depth: Ints) -> Ints:
        """Which are among so many of each chore's nearest, `depth` (due,)."""
        return np.flatnonzero(self.rank < depth[self.owner])

    def among(self, kept: Bools) -> "Found":
        """The same of some of the due slots, numbered anew; the others list nobody."""
        owner = (np.cumsum(kept) - 1)[self.owner]
        return Found(owner, self.row, self.person, self.rank, self.reached[kept])

    def counts(self) -> Ints:
        """How many are listed of each chore's."""
        return np.bincount(self.owner, minlength=len(self.reached))


class Search:
    """Looks for candidates of due slots, as the dispatcher's query does: inside the radius of the
    wave, nearest first, from where people are for chores for now; nobody who was asked, nor who
    has as many unanswered offers as the policy allows.
    """

    def __init__(self, state: State, presences: Presences) -> None:
        self._state, self._presences = state, presences
        self._vectors = unit_vectors(state.record.chores.place)
        names = ("radius_m", "radius_growth", "radius_cap_m", "pending_offers_per_tasker")
        self._knobs = {name: state.lanes.knob(name) for name in names}
        self._fresh_s = state.lanes.knob("presence_fresh_s")

    def find(self, slots: Ints, today: Bools, now_s: float) -> Found:
        """The candidates of these slots, `today` saying which chores are for today."""
        state, reach = self._state, self._state.reach
        owner, row = reach.rows_of(slots % state.chores)
        lane = state.lane_of(slots)[owner]
        live = np.where(today[owner], reach.today[row], reach.later[row]) & ~state.spent[lane, row]
        owner, row, lane = owner[live], row[live], lane[live]
        person = lane * state.taskers + reach.tasker[row]
        policy = state.policy[slots]
        metres = self._metres(slots, owner, row, policy, now_s)
        radius = radii_m(
            self._knobs["radius_m"][policy],
            self._knobs["radius_growth"][policy],
            self._knobs["radius_cap_m"][policy],
            state.wave[slots],
        )
        room = self._knobs["pending_offers_per_tasker"][policy]
        kept = (metres <= radius[owner]) & (state.pending[person] < room[owner])
        found = _ranked(owner[kept], row[kept], person[kept], metres[kept], len(slots))
        able = (reach.last_s[found.row] >= now_s) & (found.rank < DEEPEST)
        owner, row, person, rank = found.owner, found.row, found.person, found.rank
        return Found(owner[able], row[able], person[able], rank[able], found.reached)

    def _metres(self, slots: Ints, owner: Ints, row: Ints, policy: Ints, now_s: float) -> Floats:
        """From the base, or for a chore for now from where they are; infinite for the absent."""
        state, reach = self._state, self._state.reach
        metres = reach.metres[row]
        now = np.flatnonzero(state.record.chores.wanted_now[slots % state.chores][owner])
        if not len(now):
            return metres
        metres = metres.copy()
        tasker, chore = reach.tasker[row[now]], (slots % state.chores)[owner[now]]
        away = apart_m(self._presences.vectors(tasker), self._vectors[chore])
        age_s = now_s - self._presences.seen_at_s(tasker, now_s)
        metres[now] = np.where(age_s <= self._fresh_s[policy][owner[now]], away, np.inf)
        return metres


def _ranked(owner: Ints, row: Ints, person: Ints, metres: Floats, due: int) -> Found:
    order = np.lexsort((metres, owner))
    owner = owner[order]
    first = np.searchsorted(owner, np.arange(due + 1))
    rank = np.arange(len(owner)) - first[owner]
    return Found(owner, row[order], person[order], rank, np.diff(first))
