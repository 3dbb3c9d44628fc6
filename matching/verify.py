"""An independent checker: does an answer keep every promise, and is its choice really the best?

It shares no code with rules, schedule, flow or greedy. Promises are checked offer by offer from the
problem's own numbers; optimality is proved on the whole model by the absence of a circle along
which the choice could still be improved.
"""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from itertools import pairwise

import numpy as np

from geo.areas import covers
from geo.distance import great_circle_m
from geo.points import LonLat
from geo.travel import TravelModel
from matching.arrays import Bools, Floats, Ints
from matching.assignment import AssignmentModel
from matching.policy import MatchingPolicy
from matching.problem import BOOKING, OFFER, Links, MatchingProblem
from matching.result import MatchingResult, Offer

SLACK_S = 1e-3
"""Sums of floats in another order may differ by this much, never by more."""
SLACK_M = 1e-3


def complaints(result: MatchingResult, travel: TravelModel) -> list[str]:
    """Every promise that the answer breaks, in words; empty for a right answer."""
    return [*_OfferChecks(result, travel).run(), *model_complaints(result)]


def model_complaints(result: MatchingResult) -> list[str]:
    """What is wrong with the choice itself: bounds broken, or a better one possible."""
    model, chosen = result.model, result.assignment.chosen
    found = list(broken_bounds(model, chosen))
    if result.assignment.value != model.value(chosen):
        found.append(f"says {result.assignment.value}, costs {model.value(chosen)}")
    if not found and result.assignment.optimal and not is_optimal(model, chosen):
        found.append("says optimal, could be better")
    return found


def broken_bounds(model: AssignmentModel, chosen: Bools) -> Iterator[str]:
    """The bounds of the model that a choice breaks: slots, groups, rooms."""
    rows = np.flatnonzero(chosen)
    slots = np.bincount(model.slot_chore, minlength=int(model.chore.max(initial=0)) + 1)
    for what, column, limit in (
        ("slots of chore", model.chore, slots),
        ("group", model.group, np.ones(int(model.group.max(initial=0)) + 1)),
        ("room of tasker", model.tasker, model.room),
    ):
        used = np.bincount(column[rows], minlength=len(limit))
        for over in np.flatnonzero(used > limit[: len(used)]).tolist():
            yield f"{what} {over}: {used[over]} chosen, {limit[over]:g} allowed"


def is_optimal(model: AssignmentModel, chosen: Bools) -> bool:
    """Whether no other choice costs less: the residual network of the flow has no negative circle.

    Bellman-Ford from everywhere at once, over the full network of the model: circles of negative
    cost exist exactly where potentials do not settle within as many sweeps as there are nodes.
    """
    tail, head, cost = _residual(model, chosen)
    nodes = int(max(tail.max(initial=0), head.max(initial=0))) + 1
    potential = np.zeros(nodes, dtype=np.int64)
    for _ in range(nodes + 1):
        settled = potential.copy()
        np.minimum.at(settled, head, potential[tail] + cost)
        if np.array_equal(settled, potential):
            return True
        potential = settled
    return False


def _residual(model: AssignmentModel, chosen: Bools) -> tuple[Ints, Ints, Ints]:
    """Arcs along which the flow of a choice could still change: (tail, head, cost)."""
    chores = int(max(model.chore.max(initial=-1), model.slot_chore.max(initial=-1))) + 1
    groups_at, groups = chores, int(model.group.max(initial=-1)) + 1
    taskers_at = groups_at + groups
    sink = taskers_at + len(model.room)
    owner = np.zeros(groups, dtype=np.int64)
    owner[model.group] = model.tasker
    in_group = np.bincount(model.group[chosen], minlength=groups) > 0
    used = np.bincount(model.tasker[chosen], minlength=len(model.room))
    filled = np.bincount(model.chore[chosen], minlength=chores)
    slot = np.arange(len(model.slot_chore))
    is_open = slot - np.searchsorted(model.slot_chore, model.slot_chore) >= filled[model.slot_chore]
    to_sink, from_tasker = np.full(len(slot), sink), taskers_at + np.arange(len(used))
    arcs = [
        _both_ways(model.chore, groups_at + model.group, model.cost, ~chosen, chosen),
        _both_ways(model.slot_chore, to_sink, model.slot_worth, ~is_open, is_open),
        _both_ways(groups_at + np.arange(groups), taskers_at + owner, None, ~in_group, in_group),
        _both_ways(from_tasker, np.full(len(used), sink), None, used < model.room, used > 0),
    ]
    tails, heads, costs = zip(*arcs, strict=True)
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(costs)


def _both_ways(
    tail: Ints, head: Ints, cost: Ints | None, more: Bools, less: Bools
) -> tuple[Ints, Ints, Ints]:
    """Arcs forward where more may flow, and backward, at the opposite cost, where less may."""
    each = np.zeros(len(tail), dtype=np.int64) if cost is None else cost
    return (
        np.concatenate([tail[more], head[less]]),
        np.concatenate([head[more], tail[less]]),
        np.concatenate([each[more], -each[less]]),
    )


class _OfferChecks:
    """The promises an offer makes, checked one offer at a time."""

    def __init__(self, result: MatchingResult, travel: TravelModel) -> None:
        self.problem: MatchingProblem = result.problem
        self.travel = travel
        self.offers = result.offers
        self.chore_row = {each: row for row, each in enumerate(self.problem.chores.ids)}
        self.tasker_row = {each: row for row, each in enumerate(self.problem.taskers.ids)}

    def run(self) -> Iterator[str]:
        seen = [(offer.chore_id, offer.tasker_id) for offer in self.offers]
        if len(set(seen)) < len(seen):
            yield "a pair is offered twice"
        for offer in self.offers:
            chore, tasker = self.chore_row[offer.chore_id], self.tasker_row[offer.tasker_id]
            for complaint in self._complaints(offer, chore, tasker):
                yield f"{offer.chore_id} to {offer.tasker_id}: {complaint}"
        yield from self._between_offers()

    def _complaints(self, offer: Offer, chore: int, tasker: int) -> Iterator[str]:
        yield from self._links(chore, tasker)
        yield from self._money(offer, chore, tasker)
        yield from self._place(offer, chore, tasker)
        yield from self._time(offer, chore, tasker)
        yield from self._day(offer, tasker)

    def _links(self, chore: int, tasker: int) -> Iterator[str]:
        for name in ("blocked", "refused", "asked"):
            links: Links = getattr(self.problem, name)
            if ((links.chore == chore) & (links.tasker == tasker)).any():
                yield name

    def _money(self, offer: Offer, chore: int, tasker: int) -> Iterator[str]:
        skills, category = self.problem.skills, self.problem.chores.category[chore]
        rates = skills.rate_per_h[(skills.tasker == tasker) & (skills.category == category)]
        if rates.tolist() != [offer.rate_per_h]:
            yield "not the tasker's rate"
        if offer.rate_per_h > self.problem.chores.budget_per_h[chore]:
            yield "over budget"

    def _place(self, offer: Offer, chore: int, tasker: int) -> Iterator[str]:
        taskers, place = self.problem.taskers, self.problem.chores.place[chore]
        distance_m = great_circle_m(LonLat(*self._origin(chore, tasker)), LonLat(*place))
        policy = self._policy(chore)
        radius_m = policy.radius_m
        for _ in range(int(self.problem.chores.wave[chore])):
            radius_m = min(radius_m * policy.radius_growth, policy.radius_cap_m)
        if abs(distance_m - offer.distance_m) > SLACK_M:
            yield f"says {offer.distance_m} m, is {distance_m}"
        if distance_m > radius_m + SLACK_M:
            yield "outside the radius"
        if distance_m > taskers.max_distance_m[tasker] + SLACK_M:
            yield "further than the tasker goes"
        same_day = taskers.same_day_areas[tasker] if self.problem.is_today[chore] else None
        area = same_day if same_day is not None else taskers.areas[tasker]
        if area is None or not covers(area, place[None, :])[0]:
            yield "outside the service area"

    def _time(self, offer: Offer, chore: int, tasker: int) -> Iterator[str]:
        chores, taskers, now_s = self.problem.chores, self.problem.taskers, self.problem.now_s
        start_s, end_s = offer.starts_at_s, offer.ends_at_s
        if abs(end_s - start_s - chores.duration_s[chore]) > SLACK_S:
            yield "not its duration"
        if start_s < chores.window_start_s[chore] or end_s > chores.window_end_s[chore] + SLACK_S:
            yield "outside its window"
        if start_s + SLACK_S < now_s + self._trip_s(self._origin(chore, tasker), chore, tasker):
            yield "the tasker cannot be there"
        if start_s < now_s + np.nan_to_num(taskers.min_notice_s[tasker]):
            yield "too short notice"
        if not (chores.wanted_now[chore] and taskers.online[tasker]):
            free = self.problem.free
            mine = free.tasker == tasker
            holds = (free.start_s[mine] <= start_s) & (free.end_s[mine] + SLACK_S >= end_s)
            if not holds.any():
                yield "outside the tasker's hours"
        for row in np.flatnonzero(self.problem.busy.tasker == tasker).tolist():
            busy = self.problem.busy
            trip_s = self._trip_s(busy.place[row], chore, tasker) + self.problem.market.turnaround_s
            before = end_s + trip_s <= busy.start_s[row] + SLACK_S
            after = start_s + SLACK_S >= busy.end_s[row] + trip_s
            if not (before or after):
                yield "too close to what the tasker already has"

    def _day(self, offer: Offer, tasker: int) -> Iterator[str]:
        most_s = self.problem.taskers.max_day_s[tasker]
        busy, zone = self.problem.busy, self.problem.market.zone
        day = _date(offer.starts_at_s, zone)
        worked_s = offer.ends_at_s - offer.starts_at_s
        for row in np.flatnonzero((busy.tasker == tasker) & (busy.kind == BOOKING)).tolist():
            if _date(float(busy.start_s[row]), zone) == day:
                worked_s += busy.end_s[row] - busy.start_s[row]
        if worked_s > most_s + SLACK_S:
            yield "more hours that day than the tasker wants"

    def _between_offers(self) -> Iterator[str]:
        by_tasker: dict[str, list[Offer]] = {}
        for offer in self.offers:
            by_tasker.setdefault(offer.tasker_id, []).append(offer)
        for tasker_id, offers in by_tasker.items():
            tasker = self.tasker_row[tasker_id]
            yield from self._room(tasker_id, tasker, offers)
            for one, next_one in pairwise(sorted(offers, key=lambda offer: offer.starts_at_s)):
                there = self.problem.chores.place[self.chore_row[one.chore_id]]
                trip_s = self._trip_s(there, self.chore_row[next_one.chore_id], tasker)
                gap_s = trip_s + self.problem.market.turnaround_s
                if one.ends_at_s + gap_s > next_one.starts_at_s + SLACK_S:
                    yield f"{tasker_id} cannot do both {one.chore_id} and {next_one.chore_id}"

    def _room(self, tasker_id: str, tasker: int, offers: list[Offer]) -> Iterator[str]:
        busy = self.problem.busy
        pending = int(((busy.tasker == tasker) & (busy.kind == OFFER)).sum())
        for offer in offers:
            policy = self.problem.policies[
                int(self.problem.chores.policy[self.chore_row[offer.chore_id]])
            ]
            if pending + len(offers) > policy.pending_offers_per_tasker:
                yield f"{tasker_id} has too many offers"

    def _origin(self, chore: int, tasker: int) -> Floats:
        taskers = self.problem.taskers
        policy = self._policy(chore)
        age_s = self.problem.now_s - taskers.presence_at_s[tasker]
        known = not np.isnan(taskers.presence[tasker]).any() and age_s <= policy.presence_fresh_s
        fresh = bool(self.problem.chores.wanted_now[chore]) and known
        origin: Floats = taskers.presence[tasker] if fresh else taskers.base[tasker]
        return origin

    def _policy(self, chore: int) -> MatchingPolicy:
        return self.problem.policies[int(self.problem.chores.policy[chore])]

    def _trip_s(self, origin: Floats, chore: int, tasker: int) -> float:
        place = self.problem.chores.place[chore : chore + 1]
        mode = self.problem.taskers.mode[tasker : tasker + 1]
        return float(self.travel.travel_s(origin[None, :], place, mode)[0])


def _date(at_s: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at_s, zone).date()
