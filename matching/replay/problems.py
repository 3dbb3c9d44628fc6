"""A round of a replay as the problem that `match` takes: rows of the record, as they stand now.

The record was checked once, and a round only takes rows of it, so its tables are not checked again.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from shapely import MultiPolygon, box

from matching.arrays import Floats, Ints, ranges
from matching.checks import unchecked
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
from matching.replay.columns import Column, Columns
from matching.replay.presence import Presences
from matching.replay.state import State

EVERYWHERE = MultiPolygon([box(-180, -90, 180, 90)])
"""The area of all who are candidates: that it covers the chore was found by the search."""
NO_LINKS = Links.none()
Spans: TypeAlias = Columns | dict[str, Column]


class Posed(NamedTuple):
    """A problem; `persons` are its taskers, `order` which of the given pairs each candidate is."""

    problem: MatchingProblem
    persons: Ints
    order: Ints


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
        self._names: tuple[str, ...] = ()

    def of(self, slots: Ints, owner: Ints, person: Ints, now_s: float) -> Posed:
        """The problem of these slots with these candidates."""
        state, record = self._state, self._state.record
        persons, tasker_row = np.unique(person, return_inverse=True)
        order = np.argsort(owner * len(persons) + tasker_row)
        taskers = persons % state.taskers
        chores = self._chores(slots)
        problem = unchecked(
            MatchingProblem,
            market=record.market,
            now_s=now_s,
            categories=record.categories,
            policies=state.lanes.policies,
            chores=chores,
            taskers=self._taskers(persons, taskers, now_s),
            skills=self._skills(taskers),
            free=self._free(taskers, now_s, float(chores.window_end_s.max())),
            busy=self._busy(persons),
            blocked=NO_LINKS,
            refused=NO_LINKS,
            asked=NO_LINKS,
            favourites=self._favourites(slots, persons),
            candidates=unchecked(Links, chore=owner[order], tasker=tasker_row[order]),
        )
        return Posed(problem, persons, order)

    def _ids(self, many: int) -> tuple[str, ...]:
        """Names for rows, of which nothing is asked but that they differ."""
        if len(self._names) < many:
            self._names = tuple(map(str, range(2 * many)))
        return self._names[:many]

    def _chores(self, slots: Ints) -> Chores:
        state, recorded = self._state, self._state.record.chores
        rows, ids = slots % state.chores, self._ids(len(slots))
        columns = {name: getattr(recorded, name)[rows] for name in Chores.COLUMNS}
        columns |= {
            "policy": state.policy[slots],
            "match_by_s": state.match_by_s[slots],
            "wave": state.wave[slots],
        }
        return unchecked(Chores, ids=ids, client_ids=ids, **columns)

    def _taskers(self, persons: Ints, taskers: Ints, now_s: float) -> Taskers:
        recorded = self._state.record.taskers
        everywhere = np.full(len(persons), EVERYWHERE, dtype=object)
        nowhere = np.full(len(persons), None, dtype=object)
        columns = {name: getattr(recorded, name)[taskers] for name in Taskers.COLUMNS}
        columns |= {
            "presence": self._presences.places(taskers),
            "presence_at_s": self._presences.seen_at_s(taskers, now_s),
            "online": self._presences.online(taskers),
            "booked_s": self._state.booked_s[persons],
        }
        areas = {"areas": everywhere, "same_day_areas": nowhere}
        return unchecked(Taskers, ids=self._ids(len(persons)), **areas, **columns)

    def _skills(self, taskers: Ints) -> Skills:
        skills, first = self._state.record.skills, self._first_skill
        count = first[taskers + 1] - first[taskers]
        rows = ranges(first[taskers], count)
        owner = np.repeat(np.arange(len(taskers)), count)
        return unchecked(
            Skills, tasker=owner, category=skills.category[rows], rate_per_h=skills.rate_per_h[rows]
        )

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
        return unchecked(Free, tasker=owner, start_s=free.start_s[rows], end_s=free.end_s[rows])

    def _busy(self, persons: Ints) -> Busy:
        """What these people have: bookings of before and of the replay, unanswered offers."""
        state, places = self._state, self._state.record.chores.place
        self._place_of_person[persons] = np.arange(len(persons))
        parts = [
            self._engaged(self._own, self._own["place"], BOOKING),
            self._engaged(state.bookings, places, BOOKING),
            self._engaged(state.offers, places, OFFER),
        ]
        self._place_of_person[persons] = -1
        joined = {name: np.concatenate([part[name] for part in parts]) for name in Busy.COLUMNS}
        order = np.argsort(joined["tasker"], kind="stable")
        return unchecked(Busy, **{name: values[order] for name, values in joined.items()})

    def _engaged(self, spans: Spans, places: Floats, kind: int) -> dict[str, Column]:
        """Those of the engagements whose people are in the problem, as columns of Busy."""
        tasker = self._place_of_person[spans["person"]]
        rows = np.flatnonzero(tasker >= 0)
        return {
            "tasker": tasker[rows],
            "start_s": spans["start_s"][rows],
            "end_s": spans["end_s"][rows],
            "place": places[spans["slot"][rows] % max(len(places), 1)],
            "kind": np.full(len(rows), kind, dtype=np.int64),
        }

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


def _own_bookings(state: State) -> dict[str, Column]:
    """What the record's taskers had already, in every lane; `slot` is the row of its place."""
    busy, lanes = state.record.busy, len(state.lanes)
    person = np.arange(lanes)[:, None] * state.taskers + busy.tasker
    return {
        "person": person.ravel(),
        "start_s": np.tile(busy.start_s, lanes),
        "end_s": np.tile(busy.end_s, lanes),
        "slot": np.tile(np.arange(len(busy.tasker)), lanes),
        "place": busy.place,
    }
