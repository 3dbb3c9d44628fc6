"""The run: the clock of a replay, from the record's start to its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from geo.travel import GreatCircleTravel, TravelModel
from matching.arrays import Floats, Ints
from matching.chance import AcceptanceModel
from matching.policy import PolicyDocument
from matching.replay.behaviour import People
from matching.replay.columns import Columns
from matching.replay.record import DAY_S, Record
from matching.replay.rounds import Rounds
from matching.replay.state import Lanes, State
from matching.replay.support import Support

TICK_S = 60.0

Progress = Callable[[float], None]
"""Told the share that is done, from 0 to 1; may raise to end the run."""


@dataclass(frozen=True, eq=False)
class Played:
    """What came of a replay: bookings that stood (columns of BOOKING), how many offers each slot
    had, and how much was asked outside of what the record had seen. Slot = lane x chores + chore.
    """

    record: Record
    lanes: Lanes
    bookings: Columns
    asked: Ints
    support: Support
    rounds: int = 0


@dataclass(frozen=True, eq=False)
class Setting:
    """How a replay runs: the policies, people, the model that rounds go by, travel, ticks."""

    variants: Sequence[PolicyDocument]
    people: People
    matcher: AcceptanceModel = field(default_factory=AcceptanceModel)
    travel: TravelModel = field(default_factory=GreatCircleTravel)
    support: Support | None = None
    tick_s: float = TICK_S


def replay(record: Record, setting: Setting, progress: Progress = lambda _share: None) -> Played:
    """Plays the record under every policy with every draw of behaviour.

    Pure and deterministic: the same record, setting and seeds give the same outcome, and what one
    lane does is the same whatever others there are.
    """
    lanes = Lanes.of(record, setting.variants, len(setting.people))
    state = State(record, lanes, setting.people)
    support = setting.support or Support(lanes.variants)
    rounds = Rounds(state, setting.travel, setting.matcher, support)
    clock = _Clock(record, setting.tick_s)
    while (now_s := clock.next_s(state)) < record.ends_s:
        clock.bring_about(state, now_s)
        rounds.run(now_s)
        progress((now_s - record.starts_s) / (record.ends_s - record.starts_s))
    state.put_away(np.inf)
    progress(1.0)
    return Played(record, lanes, state.kept, state.asked, support, rounds.count)


class _Clock:
    """Goes from tick to tick, leaving out those in which nothing happens."""

    def __init__(self, record: Record, tick_s: float) -> None:
        self._record, self._tick_s = record, tick_s
        self._posted = 0
        self._leaving: Ints = np.argsort(record.leaves_at_s, kind="stable")
        self._leaves_s: Floats = record.leaves_at_s[self._leaving]
        self._left = 0
        self._put_away_s = record.starts_s
        self._now_s = record.starts_s

    def next_s(self, state: State) -> float:
        """The end of the next tick in which something happens; infinite if there is none."""
        posted_s = self._record.chores.posted_at_s[self._posted : self._posted + 1]
        at_s = min(
            float(state.due_s.min(initial=np.inf)),
            float(state.offers["answer_s"].min(initial=np.inf)),
            float(state.bookings["given_up_s"].min(initial=np.inf)),
            float(posted_s.min(initial=np.inf)),
            float(self._leaves_s[self._left : self._left + 1].min(initial=np.inf)),
        )
        if not np.isfinite(at_s):
            return np.inf
        ticks = np.ceil((at_s - self._record.starts_s) / self._tick_s)
        self._now_s = max(self._record.starts_s + ticks * self._tick_s, self._now_s + self._tick_s)
        return self._now_s

    def bring_about(self, state: State, now_s: float) -> None:
        """What people did by now: answers, bookings given up, chores taken back, and new ones."""
        state.answer(now_s)
        state.give_up(now_s)
        beyond = int(np.searchsorted(self._record.chores.posted_at_s, now_s, side="right"))
        if beyond > self._posted:
            state.post(self._posted, beyond)
            self._posted = beyond
        left = int(np.searchsorted(self._leaves_s, now_s, side="right"))
        if left > self._left:
            state.leave(self._leaving[self._left : left], now_s)
            self._left = left
        if now_s - self._put_away_s > DAY_S:
            state.put_away(now_s - DAY_S)
            self._put_away_s = now_s
