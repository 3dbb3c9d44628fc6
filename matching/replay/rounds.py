"""A round of a replay: due slots of all lanes through `match`, and what follows from the answer."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from geo.travel import TravelModel
from matching.arrays import Bools, Floats, Ints
from matching.chance import AcceptanceModel, features_of_offers
from matching.engine import match
from matching.replay.behaviour import Asked
from matching.replay.candidates import DEPTHS, LEFT_TO_JUDGE, Found, Search
from matching.replay.plans import (
    FOUND_NOBODY,
    HELD_BACK,
    MADE_OFFERS,
    SELDOM,
    UNFILLED,
    Standing,
    exhausted,
    next_of,
)
from matching.replay.presence import Presences
from matching.replay.problems import Problems
from matching.replay.state import State
from matching.replay.support import Support
from matching.result import MatchingResult

ENOUGH = 3
"""Candidates that a chore's rules must leave, or the search goes deeper, as in the dispatcher."""


class Answer(NamedTuple):
    """What `match` said of a round: `persons` are its problem's taskers, `rows` where each of its
    candidates is in the reach, `feasible` how many the rules left each chore.
    """

    result: MatchingResult
    persons: Ints
    rows: Ints
    feasible: Ints


class Rounds:
    """Runs the rounds of a replay."""

    def __init__(
        self, state: State, travel: TravelModel, matcher: AcceptanceModel, support: Support
    ) -> None:
        self._state, self._travel, self._matcher = state, travel, matcher
        self._presences = Presences(state.record.stays, state.taskers)
        self._search = Search(state, self._presences)
        self._problems = Problems(state, self._presences)
        names = ("wave_retry_s", "hold_s", "max_waves", "gather_s", "max_offers_per_wave")
        self._knobs = {name: state.lanes.knob(name) for name in names}
        self.support = support
        self._day_starts_s = self._day_ends_s = -np.inf
        self.count = 0

    def run(self, now_s: float) -> None:
        """Everything that is due by now."""
        self._presences.move_to(now_s)
        self._new_day(now_s)
        state = self._state
        due = np.flatnonzero(state.due_s <= now_s)
        late = state.match_by_s[due] <= now_s
        if late.any():
            state.end(due[late], now_s)
        slots = self._awake(self._gathered(self._spent(due[~late], now_s), now_s), now_s)
        if len(slots):
            self._match(slots, now_s)

    def _knob(self, name: str, slots: Ints) -> Floats:
        return self._knobs[name][self._state.policy[slots]]

    def _spent(self, slots: Ints, now_s: float) -> Ints:
        """Those with waves left; the others are unfilled from now on."""
        state = self._state
        over = exhausted(state.status[slots], state.wave[slots], self._waves(slots))
        state.status[slots[over]] = UNFILLED
        again_s = now_s + SELDOM * self._knob("wave_retry_s", slots[over])
        state.due_s[slots[over]] = again_s
        return slots[~over]

    def _waves(self, slots: Ints) -> Ints:
        return self._knob("max_waves", slots).astype(np.int64)

    def _gathered(self, slots: Ints, now_s: float) -> Ints:
        """The slots of lanes whose policies gather no longer."""
        gather_s = self._knob("gather_s", slots)
        if not gather_s.any():
            return slots
        state = self._state
        ready_s = np.full(len(state.lanes), np.inf)
        np.minimum.at(ready_s, state.lane_of(slots), state.due_s[slots] + gather_s)
        return slots[ready_s[state.lane_of(slots)] <= now_s]

    def _awake(self, slots: Ints, now_s: float) -> Ints:
        """Without those for whom nothing has changed since the rules left nobody."""
        state, for_now = self._state, self._state.record.chores.wanted_now
        asleep = (state.slept_s[slots] >= self._day_starts_s) & ~for_now[slots % state.chores]
        sleepers = slots[asleep]
        if not len(sleepers):
            return slots
        owner, row = state.reach.rows_of(sleepers % state.chores)
        person = state.lane_of(sleepers)[owner] * state.taskers + state.reach.tasker[row]
        stirred = np.bincount(
            owner, state.freed_s[person] >= state.slept_s[sleepers][owner], len(sleepers)
        )
        woken = stirred > 0
        on = sleepers[~woken]
        state.due_s[on] = now_s + SELDOM * self._knob("wave_retry_s", on)
        return np.sort(np.concatenate([slots[~asleep], sleepers[woken]]))

    def _new_day(self, now_s: float) -> None:
        """At midnight the same-day areas begin to hold for other chores."""
        if now_s < self._day_ends_s:
            return
        zone = self._state.record.market.zone
        tomorrow = datetime.fromtimestamp(now_s, UTC).astimezone(zone).date() + timedelta(days=1)
        self._day_ends_s = datetime.combine(tomorrow, time(0), zone).timestamp()
        self._day_starts_s = now_s

    def _match(self, slots: Ints, now_s: float) -> None:
        """One problem for all; who has nobody in reach needs none."""
        state = self._state
        chores = state.record.chores
        rows = slots % state.chores
        today = chores.wanted_now[rows] | (chores.window_start_s[rows] < self._day_ends_s)
        found = self._search.find(slots, today, now_s)
        some = found.counts() > 0
        did = np.full(len(slots), FOUND_NOBODY)
        feasible = np.zeros(len(slots), dtype=np.int64)
        if some.any():
            answer = self._deep_enough(slots[some], found.among(some), now_s)
            feasible[some] = answer.feasible
            offers = self._extend(slots[some], answer, now_s)
            did[some] = np.where(
                answer.result.held, HELD_BACK, np.where(offers, MADE_OFFERS, FOUND_NOBODY)
            )
        self._move_on(slots, did, feasible, now_s)

    def _deep_enough(self, slots: Ints, found: Found, now_s: float) -> Answer:
        """The answer; with more candidates for those whose nearest cannot come, or are refused by
        the rules.
        """
        enough = np.minimum(ENOUGH, self._knob("max_offers_per_wave", slots))
        level = np.zeros(len(slots), dtype=np.int64)

        def is_thin(left: Ints) -> Bools:
            goes_on = (found.reached > DEPTHS[level]) & (level + 1 < len(DEPTHS))
            thin: Bools = (left < enough) & goes_on
            return thin

        while True:
            near = found.nearest(DEPTHS[level])
            thin = is_thin(np.bincount(found.owner[near], minlength=len(slots)))
            if not thin.any():
                answer = self._answer(slots, found, near, now_s)
                thin = is_thin(answer.feasible)
                if not thin.any():
                    return answer
            level += thin

    def _answer(self, slots: Ints, found: Found, near: Ints, now_s: float) -> Answer:
        posed = self._problems.of(slots, found.owner[near], found.person[near], now_s)
        self.count += 1
        result = match(posed.problem, self._travel, self._matcher, rules=LEFT_TO_JUDGE)
        feasible = np.diff(result.priced.pairs.first_of_chore)
        return Answer(result, posed.persons, found.row[near[posed.order]], feasible)

    def _extend(self, slots: Ints, given: Answer, now_s: float) -> Bools:
        """The offers go out, and what will become of them is drawn; which slots have some."""
        state, result = self._state, given.result
        pairs = result.priced.pairs.only(result.assignment.chosen)
        owner = pairs.chore
        person = given.persons[pairs.tasker]
        slot = slots[owner]
        features = features_of_offers(
            pairs.travel_s, pairs.duration_s, pairs.rate_per_h, pairs.start_s - now_s
        )
        chore, tasker = slot % state.chores, person % state.taskers
        lane = state.lane_of(slot)
        self.support.count(lane // state.lanes.draws, features)
        expires_s = result.problem.expiries_s[owner]
        answer, answer_s = state.people.answers(
            Asked(
                lane % state.lanes.draws, state.chore_keys[chore], state.tasker_keys[tasker],
                tasker, state.wave[slot], features, now_s, expires_s,
            )
        )  # fmt: skip
        state.extend(
            slot=slot, person=person, answer=answer,
            pair=given.rows[result.judgement.feasible][result.assignment.chosen],
            answer_s=answer_s, expires_s=expires_s, start_s=pairs.start_s, end_s=pairs.end_s,
            travel_s=pairs.travel_s, metres=pairs.distance_m, pay=pairs.pay,
        )  # fmt: skip
        return np.bincount(owner, minlength=len(slots)) > 0

    def _move_on(self, slots: Ints, did: Ints, feasible: Ints, now_s: float) -> None:
        state = self._state
        # The wave that ends with nobody is one wider when it is next looked at, so it sleeps later.
        nobody = (did == FOUND_NOBODY) & (feasible == 0) & (state.status[slots] == UNFILLED)
        state.slept_s[slots] = np.where(nobody, now_s, -np.inf)
        after = next_of(
            Standing(
                state.status[slots], state.wave[slots], state.next_wave_s[slots],
                state.record.chores.posted_at_s[slots % state.chores],
                self._knob("wave_retry_s", slots), self._knob("hold_s", slots),
                self._waves(slots),
            ),
            did,
            now_s,
        )  # fmt: skip
        state.status[slots], state.wave[slots] = after.status, after.wave
        state.due_s[slots], state.next_wave_s[slots] = after.due_s, after.next_wave_s
