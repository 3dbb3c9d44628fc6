"""A day of a city in simulated time: chores are posted, rounds run, people answer."""

import heapq
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count

import numpy as np

from benchmarks.people import chores_of, near, taskers_of
from geo.cells import centre_of
from geo.travel import GreatCircleTravel
from matching.building import Engagement, build_problem
from matching.chance import AcceptanceModel
from matching.engine import match
from matching.estimate import Estimate, estimate
from matching.policy import PolicyDocument
from matching.problem import Market
from matching.result import Offer
from matching.wave import is_last
from seed_data.city import City

TRAVEL = GreatCircleTravel()
RETRY_S, RETRY_SHARE = 1_800.0, 0.25
"""A chore that has had its last wave is looked at again after a quarter of what is left to match
it, and at least half an hour."""

Rounds = Callable[[Sequence[str]], Iterator[Sequence[str]]]
"""How the chores that are due at one moment are split into problems."""


def together(due: Sequence[str]) -> Iterator[Sequence[str]]:
    """All due chores in one problem."""
    yield due


def one_by_one(due: Sequence[str]) -> Iterator[Sequence[str]]:
    """Each due chore for itself, first come first served: greedy."""
    for each in due:
        yield [each]


Mood = Callable[[Offer], float]
"""The chance that an offer is accepted by the one who gets it."""


def as_believed(offer: Offer) -> float:
    """People are as the model believes."""
    return offer.chance


@dataclass
class Outcome:
    """What became of a day. Waits in seconds from posting to acceptance by chore, travel in
    seconds; offers that were answered or left to expire, and whether they were accepted; what was
    estimated of each chore when it was posted.
    """

    posted: int = 0
    offers: int = 0
    waits_s: dict[str, float] = field(default_factory=dict)
    travel_s: list[float] = field(default_factory=list)
    answered: list[tuple[Offer, float, bool]] = field(default_factory=list)
    estimates: dict[str, Estimate] = field(default_factory=dict)

    @property
    def booked(self) -> int:
        """How many chores were matched."""
        return len(self.waits_s)


class Day:
    """One simulated day. The same seed draws the same city, demand and answers whatever the rounds
    do.

    hours: of the market's wall clock, in which chores are posted. acceptance: the model of the
    rounds (None: the prior). mood: how people really answer. estimated: whether an estimate is made
    of each chore when it is posted.
    """

    def __init__(
        self,
        city: City,
        day: date,
        taskers: int,
        chores: int,
        seed: int,
        policy: PolicyDocument,
        *,
        hours: range = range(24),
        acceptance: AcceptanceModel | None = None,
        mood: Mood = as_believed,
        estimated: bool = False,
    ) -> None:
        self._rng_seed, self._policy = seed, policy
        self._acceptance, self._mood, self._estimated = acceptance, mood, estimated
        self._market = Market(city.market.slug, city.market.zone, city.market.turn_around_s)
        self._taskers = taskers_of(city, day, taskers, seed)
        self._chores = chores_of(city, day, chores, hours, seed, policy)
        self._near = near(self._chores, self._taskers, policy)
        self._events: list[tuple[float, int, str, str, str]] = []
        self._order = count()
        self._pending: dict[str, dict[str, tuple[float, Offer]]] = {}
        self.outcome = Outcome(posted=len(self._chores))

    def run(self, gather_s: float, rounds: Rounds) -> Outcome:
        """Plays the day; a round starts `gather_s` after the first chore became due."""
        for chore in list(self._chores.values()):
            if self._estimated:
                self._plan(chore.posted_at_s, "posted", chore.id)
            self._plan(chore.posted_at_s, "due", chore.id)
        while self._events:
            now_s, _, kind, chore_id, tasker_id = heapq.heappop(self._events)
            if kind == "due":
                due = [chore_id, *self._also_due(now_s + gather_s)]
                for problem in rounds(sorted(set(due), key=self._posted)):
                    self._round(now_s + gather_s, problem)
            else:
                self._happens(now_s, kind, chore_id, tasker_id)
        return self.outcome

    def _plan(self, at_s: float, kind: str, chore_id: str, tasker_id: str = "") -> None:
        heapq.heappush(self._events, (at_s, next(self._order), kind, chore_id, tasker_id))

    def _posted(self, chore_id: str) -> float:
        return self._chores[chore_id].posted_at_s

    def _also_due(self, until_s: float) -> Iterator[str]:
        """Plays on until the round starts, collecting what becomes due meanwhile."""
        while self._events and self._events[0][0] <= until_s:
            at_s, _, kind, chore_id, tasker_id = heapq.heappop(self._events)
            if kind == "due":
                yield chore_id
            else:
                self._happens(at_s, kind, chore_id, tasker_id)

    def _happens(self, now_s: float, kind: str, chore_id: str, tasker_id: str) -> None:
        if kind == "posted":
            self._estimate(now_s, chore_id)
        else:
            self._answer(now_s, kind, chore_id, tasker_id)

    def _estimate(self, now_s: float, chore_id: str) -> None:
        """What a client is told who asks at the moment of posting."""
        self.outcome.estimates[chore_id] = estimate(
            market=self._market,
            now_s=now_s,
            policies=self._policy,
            chore=self._chores[chore_id],
            taskers=[self._taskers[each] for each in self._near[chore_id]],
            travel=TRAVEL,
            acceptance=self._acceptance,
        )

    def _round(self, now_s: float, due: Sequence[str]) -> None:
        open_ids = [each for each in due if self._is_open(each, now_s)]
        if not open_ids:
            return
        chores = [self._chores[each] for each in open_ids]
        near = sorted({tasker for each in open_ids for tasker in self._near[each]})
        problem = build_problem(
            market=self._market,
            now_s=now_s,
            policies=self._policy,
            chores=chores,
            taskers=[self._taskers[each] for each in near],
            candidates=[(each, tasker) for each in open_ids for tasker in self._near[each]],
        )
        result = match(problem, TRAVEL, self._acceptance)
        for offer in result.offers:
            self._extend(now_s, offer)
        for each in open_ids:
            if each not in self._pending:
                self._next_wave(now_s, each, found_nobody=True)

    def _is_open(self, chore_id: str, now_s: float) -> bool:
        done = chore_id in self.outcome.waits_s or chore_id in self._pending
        return not done and now_s < self._chores[chore_id].match_by_s

    def _next_wave(self, now_s: float, chore_id: str, *, found_nobody: bool) -> None:
        chore = self._chores[chore_id]
        policy = self._policy.for_category(chore.category)
        last = is_last(policy, chore.wave)
        wait_s = float(policy.wave_retry_s) if found_nobody else 0.0
        if last:
            wait_s = max(RETRY_S, RETRY_SHARE * (chore.match_by_s - now_s))
        self._chores[chore_id] = replace(chore, wave=chore.wave if last else chore.wave + 1)
        self._plan(now_s + wait_s, "due", chore_id)

    def _extend(self, now_s: float, offer: Offer) -> None:
        """An offer goes out; how it will be answered depends on the pair alone."""
        self.outcome.offers += 1
        self._pending.setdefault(offer.chore_id, {})[offer.tasker_id] = (now_s, offer)
        self._hold(offer, is_offer=True)
        key = f"{self._rng_seed}/{offer.chore_id}/{offer.tasker_id}".encode()
        mood, pace = np.random.default_rng(zlib.crc32(key)).random(2)
        answer = "accept" if mood < self._mood(offer) else "decline" if mood < 0.9 else "expire"
        share = 1.0 if answer == "expire" else 0.05 + 0.9 * pace
        at_s = now_s + share * (offer.expires_at_s - now_s)
        self._plan(at_s, answer, offer.chore_id, offer.tasker_id)

    def _answer(self, now_s: float, kind: str, chore_id: str, tasker_id: str) -> None:
        made_at_s, offer = self._pending.get(chore_id, {}).get(tasker_id, (now_s, None))
        if offer is None:
            return
        self.outcome.answered.append((offer, made_at_s, kind == "accept"))
        if kind == "accept":
            self._book(now_s, offer)
        else:
            self._withdraw(offer)
            chore = self._chores[chore_id]
            self._chores[chore_id] = replace(chore, refused=chore.refused | {tasker_id})
            self._end_wave_if_over(now_s, chore_id)

    def _book(self, now_s: float, offer: Offer) -> None:
        for _, other in list(self._pending[offer.chore_id].values()):
            self._withdraw(other)
        del self._pending[offer.chore_id]
        self._hold(offer, is_offer=False)
        self.outcome.waits_s[offer.chore_id] = now_s - self._posted(offer.chore_id)
        self.outcome.travel_s.append(offer.travel_s)

    def _end_wave_if_over(self, now_s: float, chore_id: str) -> None:
        if not self._pending[chore_id]:
            del self._pending[chore_id]
            self._next_wave(now_s, chore_id, found_nobody=False)

    def _withdraw(self, offer: Offer) -> None:
        del self._pending[offer.chore_id][offer.tasker_id]
        tasker = self._taskers[offer.tasker_id]
        held = self._engagement(offer, is_offer=True)
        kept = [each for each in tasker.busy if each != held]
        self._taskers[offer.tasker_id] = replace(tasker, busy=kept)

    def _hold(self, offer: Offer, *, is_offer: bool) -> None:
        tasker = self._taskers[offer.tasker_id]
        held = self._engagement(offer, is_offer=is_offer)
        self._taskers[offer.tasker_id] = replace(tasker, busy=[*tasker.busy, held])

    def _engagement(self, offer: Offer, *, is_offer: bool) -> Engagement:
        place = centre_of(self._chores[offer.chore_id].cell)
        return Engagement(offer.starts_at_s, offer.ends_at_s, place, is_offer)
