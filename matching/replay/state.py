"""The state of a replay: where every chore of every lane stands, who has offers, who has bookings.

Chores and taskers are numbered per lane: slot = lane x chores + chore, person = lane x taskers +
tasker. Everything is a column, so that a moment's events are dealt with at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.arrays import Bools, Floats, Ints
from matching.policy import MatchingPolicy, PolicyDocument
from matching.replay.behaviour import ACCEPTED, UNDELIVERED, People
from matching.replay.columns import Columns
from matching.replay.draws import Keys, keys_of
from matching.replay.plans import BOOKED, GONE, NOT_YET, OFFERED, OPEN
from matching.replay.reach import Reach, reach_of
from matching.replay.record import Record

Rows: TypeAlias = dict[str, NDArray[Any]]
"""Some rows of columns, by name."""


@dataclass(frozen=True, eq=False)
class Lanes:
    """Variants of the policy times draws of behaviour: lane = variant x draws + draw.

    `policies` are those of all variants, each once; `policy_of` (variants, categories) says which
    holds where.
    """

    variants: int
    draws: int
    policies: tuple[MatchingPolicy, ...]
    policy_of: Ints

    @classmethod
    def of(cls, record: Record, variants: Sequence[PolicyDocument], draws: int) -> "Lanes":
        """The lanes of these variants."""
        rows: dict[MatchingPolicy, int] = {}
        table = [
            [rows.setdefault(each.for_category(name), len(rows)) for name in record.categories]
            for each in variants
        ]
        return cls(len(variants), draws, tuple(rows), np.array(table, dtype=np.int64))

    def __len__(self) -> int:
        return self.variants * self.draws

    def knob(self, name: str) -> Floats:
        """A field of each policy."""
        return np.array([float(getattr(policy, name)) for policy in self.policies])


class State:
    """What changes while a replay runs. `due_s` is infinite while a chore is not due."""

    def __init__(self, record: Record, lanes: Lanes, people: People) -> None:
        self.record, self.lanes, self.people = record, lanes, people
        self.chores, self.taskers = len(record.chores), len(record.taskers)
        lane = np.repeat(np.arange(len(lanes)), self.chores)
        category = np.tile(record.chores.category, len(lanes))
        self.policy: Ints = lanes.policy_of[lane // max(lanes.draws, 1), category]
        self.match_by_s = self._match_by_s()
        slots, persons = len(lane), len(lanes) * self.taskers
        self.status = np.full(slots, NOT_YET, dtype=np.int64)
        self.wave = np.zeros(slots, dtype=np.int64)
        self.due_s = np.full(slots, np.inf)
        self.next_wave_s = np.full(slots, np.inf)
        self.slept_s = np.full(slots, -np.inf)
        self.reach: Reach = reach_of(record, self._widest_m())
        self.spent = np.zeros((len(lanes), len(self.reach.tasker)), dtype=bool)
        self.pending = np.zeros(persons, dtype=np.int64)
        self.freed_s = np.full(persons, -np.inf)
        self.booked_s: Floats = np.tile(record.taskers.booked_s, len(lanes))
        self.chore_keys: Keys = keys_of(record.chores.ids)
        self.tasker_keys: Keys = keys_of(record.taskers.ids)
        self.offers = Columns(**OFFER)
        self.bookings = Columns(**BOOKING)
        self.kept = Columns(**BOOKING)
        self.asked = np.zeros(slots, dtype=np.int64)

    def _match_by_s(self) -> Floats:
        """Until when each slot may be matched: a chore for now by its policy's patience as well."""
        chores = self.record.chores
        within_s = self.lanes.knob("match_now_within_s")[self.policy]
        lanes = len(self.lanes)
        last_s, for_now = np.tile(chores.match_by_s, lanes), np.tile(chores.wanted_now, lanes)
        posted_s = np.tile(chores.posted_at_s, lanes)
        return np.where(for_now, np.minimum(last_s, posted_s + within_s), last_s)

    def _widest_m(self) -> Floats:
        """How far any of the policies ever reaches for each chore: an unfilled one grows on."""
        grows = self.lanes.knob("radius_growth") > 1
        cap_m = self.lanes.knob("radius_cap_m")
        widest = np.where(grows, cap_m, np.minimum(self.lanes.knob("radius_m"), cap_m))
        by_chore = widest[self.lanes.policy_of][:, self.record.chores.category]
        reached: Floats = by_chore.max(axis=0)
        return reached

    def lane_of(self, slots: Ints) -> Ints:
        """The lane of each slot."""
        return slots // max(self.chores, 1)

    def post(self, first: int, beyond: int) -> None:
        """The chores from row `first` on are there, in every lane."""
        rows = np.arange(first, beyond)
        slots = (np.arange(len(self.lanes))[:, None] * self.chores + rows).ravel()
        self.status[slots] = OPEN
        self.due_s[slots] = np.tile(self.record.chores.posted_at_s[rows], len(self.lanes))

    def leave(self, chores: Ints, now_s: float) -> None:
        """Clients took these chores back: nobody is offered them any more."""
        slots = (np.arange(len(self.lanes))[:, None] * self.chores + chores).ravel()
        self.end(slots[np.isin(self.status[slots], (BOOKED, GONE), invert=True)], now_s)

    def extend(self, **rows: Any) -> None:
        """Offers go out, a row each of the columns of OFFER."""
        self.offers.add(**rows)
        self.spent[self.lane_of(rows["slot"]), rows["pair"]] = True
        np.add.at(self.pending, rows["person"], 1)
        np.add.at(self.asked, rows["slot"], 1)

    def answer(self, until_s: float) -> None:
        """Everything that people answered by then: first to accept wins, the others' offers are
        withdrawn, and a wave without a pending offer is over.
        """
        due = np.flatnonzero(self.offers["answer_s"] <= until_s)
        if not len(due):
            return
        due = due[np.argsort(self.offers["answer_s"][due], kind="stable")]
        answered = self.offers.rows(due)
        yes = answered["answer"] == ACCEPTED
        won, at = np.unique(answered["slot"][yes], return_index=True)
        self._book({name: values[yes][at] for name, values in answered.items()})
        withdrawn = self._among(won)[self.offers["slot"]]
        withdrawn[due] = False
        self._may_ask_again(self.offers.rows(withdrawn))
        unreached = answered["answer"] == UNDELIVERED
        self._may_ask_again({name: values[unreached] for name, values in answered.items()})
        withdrawn[due] = True
        self._take_back(withdrawn, until_s)
        self._end_waves(answered, won)

    def give_up(self, until_s: float) -> None:
        """Bookings that taskers gave up by then: the chore is open again, for others."""
        gone = self.bookings["given_up_s"] <= until_s
        if not gone.any():
            return
        rows = self.bookings.rows(gone)
        self.bookings.keep(~gone)
        np.subtract.at(self.booked_s, rows["person"], rows["end_s"] - rows["start_s"])
        open_again = self.match_by_s[rows["slot"]] > rows["given_up_s"]
        self.status[rows["slot"]] = np.where(open_again, OPEN, GONE)
        self.due_s[rows["slot"]] = np.where(open_again, rows["given_up_s"], np.inf)
        self.next_wave_s[rows["slot"]] = np.inf
        self.freed_s[rows["person"]] = rows["given_up_s"]

    def put_away(self, before_s: float) -> None:
        """Bookings that ended before then are over and in nobody's way."""
        over = self.bookings["end_s"] <= before_s
        self.kept.add(**self.bookings.rows(over))
        self.bookings.keep(~over)

    def end(self, slots: Ints, now_s: float) -> None:
        """These chores are to be matched no more, and the offers still out for them are void."""
        self.status[slots] = GONE
        self.due_s[slots] = np.inf
        self._take_back(self._among(slots)[self.offers["slot"]], now_s)

    def _book(self, rows: Rows) -> None:
        slot, person = rows["slot"], rows["person"]
        given_up_s = self.people.given_up_at(
            self.lane_of(slot) % self.lanes.draws,
            self.chore_keys[slot % self.chores],
            self.tasker_keys[person % self.taskers],
            rows["answer_s"],
            rows["start_s"],
        )
        self.status[slot] = BOOKED
        self.due_s[slot] = np.inf
        kept = {name: rows[name] for name in BOOKING if name in rows}
        self.bookings.add(**kept, accepted_s=rows["answer_s"], given_up_s=given_up_s)
        np.add.at(self.booked_s, person, rows["end_s"] - rows["start_s"])

    def _among(self, slots: Ints) -> Bools:
        """Of every slot whether it is among these."""
        marks = np.zeros(len(self.status), dtype=bool)
        marks[slots] = True
        return marks

    def _may_ask_again(self, rows: Rows) -> None:
        """Who was not reached, or had no time to answer, has refused nothing."""
        self.spent[self.lane_of(rows["slot"]), rows["pair"]] = False

    def _take_back(self, gone: Bools, now_s: float) -> None:
        """These offers are no longer out; their taskers have the time and the room again."""
        rows = self.offers.rows(gone)
        np.subtract.at(self.pending, rows["person"], 1)
        self.freed_s[rows["person"]] = now_s
        self.offers.keep(~gone)

    def _end_waves(self, answered: Rows, won: Ints) -> None:
        """Chores whose last offer was refused are due again from that moment on."""
        slots, last = np.unique(answered["slot"][::-1], return_index=True)
        over = ~(self._among(won) | self._among(self.offers["slot"]))[slots]
        over &= self.status[slots] == OFFERED
        self.status[slots[over]] = OPEN
        self.due_s[slots[over]] = answered["answer_s"][::-1][last[over]]
        self.next_wave_s[slots[over]] = np.inf


OFFER = {
    "slot": np.int64, "person": np.int64, "pair": np.int64, "answer": np.int64,
    "answer_s": float, "expires_s": float, "start_s": float, "end_s": float,
    "travel_s": float, "metres": float, "pay": np.int64,
}  # fmt: skip
BOOKING = {
    "slot": np.int64, "person": np.int64, "pair": np.int64, "accepted_s": float,
    "given_up_s": float, "start_s": float, "end_s": float, "travel_s": float, "metres": float,
    "pay": np.int64,
}  # fmt: skip
