"""Why a tasker was, or was not, offered a chore; and which change of theirs would have brought it.

The answer is the round's own: the same problem is matched again, as it was and with one thing
changed. No rule is written twice, so an explanation cannot disagree with the matcher.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from shapely.geometry import MultiPolygon, Point

from geo.travel import TravelModel
from matching.arrays import Floats
from matching.chance import AcceptanceModel
from matching.engine import match
from matching.problem import OFFER, Busy, Free, MatchingProblem, Taskers
from matching.result import MatchingResult, OutcomeKind


class Standing(StrEnum):
    """How a tasker stood to a chore: offered it; outranked by cheaper ones, or needed elsewhere;
    kept out by rules; or the chore was held back; or the round did not look at the pair at all.
    """

    OFFERED = "offered"
    OUTRANKED = "outranked"
    REFUSED = "refused"
    HELD = "held"
    NOT_CONSIDERED = "not_considered"


@dataclass(frozen=True)
class Change:
    """What changing one thing (or all of them together) would have done. `cost_pence` is what the
    offer would have cost, None if rules would still have refused it.
    """

    rules: tuple[str, ...]
    standing: Standing
    still_refused_by: tuple[str, ...]
    cost_pence: float | None = None


@dataclass(frozen=True)
class Explanation:
    """Why. `refusals` are facts by rule; `rank` counts from 1 among the chore's candidates; `terms`
    in pence.
    """

    chore_id: str
    tasker_id: str
    standing: Standing
    refusals: Mapping[str, Mapping[str, float]]
    rank: int | None
    candidates: int
    terms: Mapping[str, float]
    changes: tuple[Change, ...]


Relaxation: TypeAlias = Callable[[MatchingProblem, int, int], MatchingProblem]
"""The problem in which one rule would not refuse a pair (row of chore, row of tasker)."""


def extend_area(problem: MatchingProblem, chore: int, tasker: int) -> MatchingProblem:
    """The tasker's areas reach the chore's cell."""
    around = MultiPolygon([Point(*problem.chores.place[chore]).buffer(1e-4)])
    changed = {}
    for name in ("areas", "same_day_areas"):
        areas = getattr(problem.taskers, name).copy()
        areas[tasker] = around
        changed[name] = areas
    return _with_taskers(problem, changed)


def lower_rate(problem: MatchingProblem, chore: int, tasker: int) -> MatchingProblem:
    """The tasker's rate in the chore's category is what the client pays at most."""
    skills = problem.skills
    here = (skills.tasker == tasker) & (skills.category == problem.chores.category[chore])
    rates = np.where(here, problem.chores.budget_per_h[chore], skills.rate_per_h)
    return replace(problem, skills=replace(skills, rate_per_h=rates.astype(np.int64)))


def go_further(problem: MatchingProblem, _chore: int, tasker: int) -> MatchingProblem:
    """The tasker goes as far as it takes."""
    return _without_limit(problem, "max_distance_m", tasker)


def shorten_notice(problem: MatchingProblem, _chore: int, tasker: int) -> MatchingProblem:
    """The tasker needs no notice."""
    return _without_limit(problem, "min_notice_s", tasker)


def work_longer(problem: MatchingProblem, _chore: int, tasker: int) -> MatchingProblem:
    """The tasker's day has no limit of hours."""
    return _without_limit(problem, "max_day_s", tasker)


def free_the_window(problem: MatchingProblem, chore: int, tasker: int) -> MatchingProblem:
    """The tasker works throughout the chore's window; what they already have stays."""
    chores, free = problem.chores, problem.free
    start_s, end_s = chores.window_start_s[chore], chores.window_end_s[chore]
    mine = free.tasker == tasker
    touching = mine & (free.start_s <= end_s) & (free.end_s >= start_s)
    start_s = min(start_s, free.start_s[touching].min(initial=start_s))
    end_s = max(end_s, free.end_s[touching].max(initial=end_s))
    rest = ~touching
    who = np.append(free.tasker[rest], tasker)
    starts, ends = np.append(free.start_s[rest], start_s), np.append(free.end_s[rest], end_s)
    order = np.lexsort((starts, who))
    return replace(problem, free=Free(who[order], starts[order], ends[order]))


def answer_offers(problem: MatchingProblem, _chore: int, tasker: int) -> MatchingProblem:
    """The tasker has answered their other offers."""
    busy = problem.busy
    kept = ~((busy.tasker == tasker) & (busy.kind == OFFER))
    columns = {name: getattr(busy, name)[kept] for name in Busy.COLUMNS}
    return replace(problem, busy=Busy(**columns))


RELAXATIONS: Mapping[str, Relaxation] = {
    "outside_service_area": extend_area,
    "over_budget": lower_rate,
    "too_far_for_tasker": go_further,
    "too_short_notice": shorten_notice,
    "no_free_time": free_the_window,
    "too_many_hours": work_longer,
    "no_room_for_offers": answer_offers,
}
"""What a tasker can change, by the rule that it would satisfy."""


def explain(
    problem: MatchingProblem,
    chore_id: str,
    tasker_id: str,
    travel: TravelModel,
    acceptance: AcceptanceModel | None = None,
) -> Explanation:
    """Why the tasker was, or was not, offered the chore in this problem: as of then if it is the
    round's own, as of now if it is made of what holds now. Raises ValueError for an id that is not
    in the problem.
    """
    chore = problem.chores.ids.index(chore_id)
    tasker = problem.taskers.ids.index(tasker_id)

    def rematch(rules: tuple[str, ...]) -> MatchingResult:
        changed = problem
        for rule in rules:
            changed = RELAXATIONS[rule](changed, chore, tasker)
        return match(changed, travel, acceptance)

    result = rematch(())
    refusals = refusals_of(result, chore, tasker)
    changeable = tuple(rule for rule in refusals if rule in RELAXATIONS)
    attempts = [(rule,) for rule in changeable] + ([changeable] if len(changeable) > 1 else [])
    changes = tuple(_change(rules, rematch(rules), chore, tasker) for rules in attempts)
    outcome = result.outcome(chore_id)
    names = [candidate.tasker_id for candidate in outcome.candidates]
    rank = names.index(tasker_id) + 1 if tasker_id in names else None
    return Explanation(
        chore_id=chore_id,
        tasker_id=tasker_id,
        standing=standing_of(result, chore, tasker),
        refusals=refusals,
        rank=rank,
        candidates=len(names),
        terms=outcome.candidates[rank - 1].terms if rank else {},
        changes=changes,
    )


def refusals_of(result: MatchingResult, chore: int, tasker: int) -> dict[str, dict[str, float]]:
    """Which rules refused the pair, with their facts; empty if none did or the pair was not looked
    at.
    """
    row = _row_of(result, chore, tasker)
    return {} if row is None else result.judgement.refusals(np.array([row]))[0]


def standing_of(result: MatchingResult, chore: int, tasker: int) -> Standing:
    """How the tasker stood to the chore in a round."""
    row = _row_of(result, chore, tasker)
    if row is None:
        return Standing.NOT_CONSIDERED
    if not result.judgement.feasible[row]:
        return Standing.REFUSED
    chore_id, tasker_id = result.problem.chores.ids[chore], result.problem.taskers.ids[tasker]
    outcome = result.outcome(chore_id)
    if any(offer.tasker_id == tasker_id for offer in outcome.offers):
        return Standing.OFFERED
    return Standing.HELD if outcome.kind == OutcomeKind.HELD else Standing.OUTRANKED


def _row_of(result: MatchingResult, chore: int, tasker: int) -> int | None:
    first, beyond = result.pairs.first_of_chore[chore : chore + 2]
    rows = np.flatnonzero(result.pairs.tasker[first:beyond] == tasker)
    return int(first + rows[0]) if len(rows) else None


def _change(rules: tuple[str, ...], result: MatchingResult, chore: int, tasker: int) -> Change:
    still = tuple(refusals_of(result, chore, tasker))
    ids = result.problem
    candidates = result.outcome(ids.chores.ids[chore]).candidates
    costs = (c.total_pence for c in candidates if c.tasker_id == ids.taskers.ids[tasker])
    return Change(rules, standing_of(result, chore, tasker), still, next(costs, None))


def _without_limit(problem: MatchingProblem, name: str, tasker: int) -> MatchingProblem:
    limits: Floats = getattr(problem.taskers, name).copy()
    limits[tasker] = np.nan
    return _with_taskers(problem, {name: limits})


def _with_taskers(problem: MatchingProblem, changed: Mapping[str, Any]) -> MatchingProblem:
    columns = {each.name: getattr(problem.taskers, each.name) for each in fields(Taskers)}
    return replace(problem, taskers=Taskers(**{**columns, **changed}))
