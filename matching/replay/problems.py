"""A round of a replay as the problem that `match` takes: rows of the record, as they stand now."""

from collections.abc import Mapping

import numpy as np
from shapely import MultiPolygon, box

from matching.arrays import Floats, Ints, ranges
from matching.problem import (
    BOOKING,
    OFFER,
    Busy,
    Chores,
    Free,
    Links,
    MatchingProblem,
    Skills,
    Taskers,
)
from matching.replay.presence import Presences
from matching.replay.state import State

EVERYWHERE = MultiPolygon([box(-180, -90, 180, 90)])
"""The area of all who are candidates: that it covers the chore was found by the search."""


class Problems:
    """Makes problems of due slots and their candidates."""

    def __init__(self, state: State, presences: Presences) -> None:
        self._state, self._presences = state, presences
        record = state.record
        self._since_s = record.starts_s
        self._span_s = 4 * float(max(record.free.end_s.max(initial=0) - self._since_s, 1.0))
        begins = record.free.tasker * self._span_s
        self._free_start = begins + np.maximum(record.free.start_s - self._since_s, 0)
        self._free_end = begins + record.free.end_s - self._since_s
        self._first_skill = np.searchsorted(record.skills.tasker, np.arange(state.taskers + 1))
        self._place_of_person = np.full(len(state.pending), -1, dtype=np.int64)
        self._own = _own_bookings(state)

    def of(self, slots: Ints, owner: Ints, person: Ints, now_s: float) -> MatchingProblem:
        """The problem of these slots with these candidates, pairs sorted by owner."""
        state, record = self._state, self._state.record
        persons, tasker_row = np.unique(person, return_inverse=True)
        order = np.lexsort((tasker_row, owner))
        taskers = persons % state.taskers
        chores = self._chores(slots)
        return MatchingProblem(
            market=record.market,
            now_s=now_s,
            categories=record.categories,
            policies=state.lanes.policies,
            chores=chores,
            taskers=self._taskers(persons, taskers, now_s),
            skills=self._skills(taskers),
            free=self._free(taskers, now_s, float(chores.window_end_s.max())),
            busy=self._busy(persons),
            favourites=self._favourites(slots, persons),
            candidates=Links(owner[order], tasker_row[order].astype(np.int64)),
        )

    def _chores(self, slots: Ints) -> Chores:
        state, recorded = self._state, self._state.record.chores
        rows = slots % state.chores
        ids = tuple(map(str, slots.tolist()))
        columns = {name: getattr(recorded, name)[rows] for name in Chores.COLUMNS}
        columns |= {
            "policy": state.policy[slots],
            "match_by_s": state.match_by_s[slots],
            "wave": state.wave[slots],
        }
        return Chores(ids=ids, client_ids=ids, **columns)

    def _taskers(self, persons: Ints, taskers: Ints, now_s: float) -> Taskers:
        recorded = self._state.record.taskers
        everywhere, nowhere = np.empty((2, len(persons)), dtype=object)
        everywhere[:] = EVERYWHERE
        columns = {name: getattr(recorded, name)[taskers] for name in Taskers.COLUMNS}
        columns |= {
            "presence": self._presences.places(taskers),
            "presence_at_s": self._presences.seen_at_s(taskers, now_s),
            "online": self._presences.online(taskers),
            "booked_s": self._state.booked_s[persons],
        }
        ids = tuple(map(str, persons.tolist()))
        return Taskers(ids=ids, areas=everywhere, same_day_areas=nowhere, **columns)

    def _skills(self, taskers: Ints) -> Skills:
        skills, first = self._state.record.skills, self._first_skill
        count = first[taskers + 1] - first[taskers]
        rows = ranges(first[taskers], count)
        owner = np.repeat(np.arange(len(taskers)), count)
        return Skills(owner, skills.category[rows], skills.rate_per_h[rows])

    def _free(self, taskers: Ints, now_s: float, until_s: float) -> Free:
        """The hours that are not over and begin before the last window ends."""
        free = self._state.record.free
        offset = taskers * self._span_s
        since, until = now_s - self._since_s, until_s - self._since_s
        first = np.searchsorted(self._free_end, offset + since, side="right")
        beyond = np.searchsorted(self._free_start, offset + min(until, self._span_s / 2))
        count = np.maximum(beyond - first, 0)
        rows = ranges(first, count)
        owner = np.repeat(np.arange(len(taskers)), count)
        return Free(owner, free.start_s[rows], free.end_s[rows])

    def _busy(self, persons: Ints) -> Busy:
        """What these people have: bookings of before and of the replay, unanswered offers."""
        state = self._state
        self._place_of_person[persons] = np.arange(len(persons))
        parts = [
            _Engaged(self._place_of_person, self._own, BOOKING),
            _Engaged(self._place_of_person, _spans(state, "bookings"), BOOKING),
            _Engaged(self._place_of_person, _spans(state, "offers"), OFFER),
        ]
        self._place_of_person[persons] = -1
        tasker = np.concatenate([part.tasker for part in parts])
        order = np.argsort(tasker, kind="stable")
        columns = (
            np.concatenate(each)[order] for each in zip(*(p.rest for p in parts), strict=True)
        )
        return Busy(tasker[order], *columns)

    def _favourites(self, slots: Ints, persons: Ints) -> Links:
        """The clients' favourites among those who are here."""
        state, liked = self._state, self._state.record.favourites
        if not len(liked):
            return Links.none()
        chore, lane = slots % state.chores, state.lane_of(slots)
        known = np.isin(liked.chore, chore)
        pairs = [
            (row, int(at))
            for one, tasker in zip(liked.chore[known], liked.tasker[known], strict=True)
            for row in np.flatnonzero(chore == one).tolist()
            if (at := np.searchsorted(persons, lane[row] * state.taskers + tasker)) < len(persons)
            and persons[at] == lane[row] * state.taskers + tasker
        ]
        found = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        return Links(found[:, 0], found[:, 1])


class _Engaged:
    """The engagements of those who are in a problem."""

    def __init__(self, place: Ints, spans: Mapping[str, Floats | Ints], kind: int) -> None:
        at = place[spans["person"].astype(np.int64)]
        here = at >= 0
        self.tasker: Ints = at[here]
        self.rest = (
            spans["start_s"][here],
            spans["end_s"][here],
            spans["place"][here],
            np.full(int(here.sum()), kind, dtype=np.int64),
        )


def _spans(state: State, name: str) -> dict[str, Floats | Ints]:
    rows = getattr(state, name)
    place = state.record.chores.place[rows["slot"] % max(state.chores, 1)]
    return {
        "person": rows["person"], "start_s": rows["start_s"], "end_s": rows["end_s"], "place": place
    }  # fmt: skip


def _own_bookings(state: State) -> dict[str, Floats | Ints]:
    """What the record's taskers had already, in every lane."""
    busy, lanes = state.record.busy, len(state.lanes)
    person = np.arange(lanes)[:, None] * state.taskers + busy.tasker
    return {
        "person": person.ravel(),
        "start_s": np.tile(busy.start_s, lanes),
        "end_s": np.tile(busy.end_s, lanes),
        "place": np.tile(busy.place, (lanes, 1)),
    }
