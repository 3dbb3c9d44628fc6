"""A day of a city in simulated time: chores are posted, rounds run, people answer."""

import heapq
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count

import numpy as np

from geo.areas import covers
from geo.cells import cell_of, centre_of
from geo.distance import great_circle_m
from geo.travel import GreatCircleTravel, Mode
from matching.arrays import Floats
from matching.availability import Interval, available
from matching.building import Chore, Engagement, Tasker, build_problem
from matching.engine import match
from matching.policy import PolicyDocument
from matching.problem import Market
from matching.result import Offer
from matching.wave import match_by
from seed_data.city import City
from seed_data.demand import demand
from seed_data.taskers import generate_taskers

TRAVEL = GreatCircleTravel()
AHEAD = timedelta(days=9)
NOW_WINDOW = timedelta(hours=3)
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


@dataclass
class Outcome:
    """What became of a day. Waits in seconds from posting to acceptance, travel in seconds."""

    posted: int = 0
    booked: int = 0
    offers: int = 0
    waits_s: list[float] = field(default_factory=list)
    travel_s: list[float] = field(default_factory=list)


class Day:
    """One simulated day. Chances to accept are the model's own; the same seed draws the same city,
    demand and answers whatever the rounds do.
    """

    def __init__(
        self, city: City, day: date, taskers: int, chores: int, seed: int, policy: PolicyDocument
    ) -> None:
        self._rng_seed, self._policy = seed, policy
        self._market = Market(city.market.slug, city.market.zone, city.market.turn_around_s)
        self._taskers = _taskers(city, day, taskers, seed)
        self._chores = _chores(city, day, chores, seed, policy)
        self._near = _near(self._chores, self._taskers, policy)
        self._events: list[tuple[float, int, str, str, str]] = []
        self._order = count()
        self._pending: dict[str, dict[str, Offer]] = {}
        self._booked: set[str] = set()
        self.outcome = Outcome(posted=len(self._chores))

    def run(self, gather_s: float, rounds: Rounds) -> Outcome:
        """Plays the day; a round starts `gather_s` after the first chore became due."""
        for chore in list(self._chores.values()):
            self._plan(chore.posted_at_s, "due", chore.id)
        while self._events:
            now_s, _, kind, chore_id, tasker_id = heapq.heappop(self._events)
            if kind == "due":
                due = [chore_id, *self._also_due(now_s + gather_s)]
                for problem in rounds(sorted(set(due), key=self._posted)):
                    self._round(now_s + gather_s, problem)
            else:
                self._answer(now_s, kind, chore_id, tasker_id)
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
                self._answer(at_s, kind, chore_id, tasker_id)

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
        result = match(problem, TRAVEL)
        for offer in result.offers:
            self._extend(now_s, offer)
        for each in open_ids:
            if each not in self._pending:
                self._next_wave(now_s, each, found_nobody=True)

    def _is_open(self, chore_id: str, now_s: float) -> bool:
        done = chore_id in self._booked or chore_id in self._pending
        return not done and now_s < self._chores[chore_id].match_by_s

    def _next_wave(self, now_s: float, chore_id: str, *, found_nobody: bool) -> None:
        chore = self._chores[chore_id]
        policy = self._policy.for_category(chore.category)
        is_last = chore.wave + 1 >= policy.max_waves
        wait_s = float(policy.wave_retry_s) if found_nobody else 0.0
        if is_last:
            wait_s = max(RETRY_S, RETRY_SHARE * (chore.match_by_s - now_s))
        self._chores[chore_id] = replace(chore, wave=chore.wave if is_last else chore.wave + 1)
        self._plan(now_s + wait_s, "due", chore_id)

    def _extend(self, now_s: float, offer: Offer) -> None:
        """An offer goes out; how it will be answered depends on the pair alone."""
        self.outcome.offers += 1
        self._pending.setdefault(offer.chore_id, {})[offer.tasker_id] = offer
        self._hold(offer, is_offer=True)
        key = f"{self._rng_seed}/{offer.chore_id}/{offer.tasker_id}".encode()
        mood, pace = np.random.default_rng(zlib.crc32(key)).random(2)
        answer = "accept" if mood < offer.chance else "decline" if mood < 0.9 else "expire"
        share = 1.0 if answer == "expire" else 0.05 + 0.9 * pace
        at_s = now_s + share * (offer.expires_at_s - now_s)
        self._plan(at_s, answer, offer.chore_id, offer.tasker_id)

    def _answer(self, now_s: float, kind: str, chore_id: str, tasker_id: str) -> None:
        offer = self._pending.get(chore_id, {}).get(tasker_id)
        if offer is None:
            return
        if kind == "accept":
            self._book(now_s, offer)
        else:
            self._withdraw(offer)
            chore = self._chores[chore_id]
            self._chores[chore_id] = replace(chore, refused=chore.refused | {tasker_id})
            self._end_wave_if_over(now_s, chore_id)

    def _book(self, now_s: float, offer: Offer) -> None:
        for other in list(self._pending[offer.chore_id].values()):
            self._withdraw(other)
        del self._pending[offer.chore_id]
        self._booked.add(offer.chore_id)
        self._hold(offer, is_offer=False)
        self.outcome.booked += 1
        self.outcome.waits_s.append(now_s - self._posted(offer.chore_id))
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


def _taskers(city: City, day: date, n: int, seed: int) -> dict[str, Tasker]:
    zone = city.market.zone
    start = datetime.combine(day, time(0), zone)
    during = Interval(start, start + AHEAD)
    drawn = generate_taskers(city, n, np.random.default_rng(seed))
    found = {}
    for each in drawn:
        free = available(each.hours, {}, zone, during)
        found[each.id] = Tasker(
            id=each.id,
            base=each.home,
            rates={skill.category: skill.rate for skill in each.skills},
            area=each.area,
            same_day_area=each.same_day_area,
            free_s=[(span.start.timestamp(), span.end.timestamp()) for span in free],
            mode=Mode.named(each.mode),
            min_notice_s=60.0 * each.minimum_notice_minutes,
            max_day_s=60.0 * each.most_minutes_a_day,
            max_distance_m=float(each.furthest_m),
            finished_bookings=5,
        )
    return found


def _chores(city: City, day: date, n: int, seed: int, policy: PolicyDocument) -> dict[str, Chore]:
    drawn = demand(city, day, n, np.random.default_rng(seed + 1))
    found = {}
    for number, each in enumerate(drawn):
        duration = timedelta(minutes=each.duration_minutes)
        start, end = each.window or (each.posted_at, each.posted_at + duration + NOW_WINDOW)
        until = match_by(
            policy.for_category(each.category),
            wanted_now=each.window is None,
            posted_at=each.posted_at,
            window_end=end,
            duration=duration,
        )
        found[f"c{number}"] = Chore(
            id=f"c{number}",
            client_id=f"client{number}",
            category=each.category,
            cell=cell_of(each.point),
            window_start_s=start.timestamp(),
            window_end_s=end.timestamp(),
            duration_s=duration.total_seconds(),
            posted_at_s=each.posted_at.timestamp(),
            match_by_s=until.timestamp(),
            wanted_now=each.window is None,
            budget_per_h=each.budget_rate,
        )
    return found


def _near(
    chores: dict[str, Chore], taskers: dict[str, Tasker], policy: PolicyDocument
) -> dict[str, list[str]]:
    """For each chore the taskers who could ever be asked: skilled, and within the widest radius."""
    ids = list(taskers)
    bases = np.array([taskers[each].base for each in ids])
    found = {}
    for chore in chores.values():
        cap_m = policy.for_category(chore.category).radius_cap_m
        place = np.array([centre_of(chore.cell)])
        near = np.flatnonzero(great_circle_m(place, bases) <= cap_m).tolist()
        skilled = [ids[row] for row in near if chore.category in taskers[ids[row]].rates]
        found[chore.id] = [each for each in skilled if _in_area(taskers[each], place)]
    return found


def _in_area(tasker: Tasker, place: Floats) -> bool:
    areas = [area for area in (tasker.area, tasker.same_day_area) if area is not None]
    return any(bool(covers(area, place)[0]) for area in areas)
