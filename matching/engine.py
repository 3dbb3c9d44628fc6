"""One round: a problem goes in, offers and the reasons behind them come out.

The four steps are the four lines of `match`: judge the pairs by the rules, price who is left, size
the waves, assign.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from geo.travel import TravelModel
from matching.arrays import Ints
from matching.assignment import Assignment, AssignmentModel, SolverFailed, solve
from matching.chance import AcceptanceModel
from matching.costs import PricedCandidates, price_candidates
from matching.greedy import solve_greedily
from matching.groups import overlap_groups
from matching.holding import held_back
from matching.pairs import Pairs
from matching.problem import MatchingProblem
from matching.result import MatchingResult
from matching.rules import RULES, Rule, judge
from matching.slots import Slots, wave_slots

Solver: TypeAlias = Callable[[AssignmentModel], Assignment]
"""What answers a model: the exact `solve` here, the same in a worker process, or greedy. Raises
SolverFailed.
"""


def match(
    problem: MatchingProblem,
    travel: TravelModel,
    acceptance: AcceptanceModel | None = None,
    solver: Solver = solve,
    rules: tuple[Rule, ...] = RULES,
) -> MatchingResult:
    """Whom to offer the problem's chores to, and why, by all rules or those that were not waived.

    Pure and deterministic: the same problem gives the same answer. If the solver fails, greedy
    answers, and the result's `failure` says so.
    """
    pairs = Pairs.of(problem, travel)
    judgement = judge(pairs, rules)
    priced = price_candidates(pairs.only(judgement.feasible), acceptance or AcceptanceModel())
    held = held_back(priced)
    slots = wave_slots(priced, ~held)
    model = assignment_model(priced, slots)
    assignment, failure = _solved(model, solver)
    return MatchingResult(
        problem, pairs, judgement, priced, slots, held, model, assignment, failure
    )


def assignment_model(priced: PricedCandidates, slots: Slots) -> AssignmentModel:
    """The plain arrays that the solver sees."""
    pairs = priced.pairs
    room = _rooms(pairs)
    return AssignmentModel(
        chore=pairs.chore,
        tasker=pairs.tasker,
        cost=priced.units,
        group=overlap_groups(pairs, room),
        slot_chore=slots.chore,
        slot_worth=slots.worth,
        room=room,
    )


def _solved(model: AssignmentModel, solver: Solver) -> tuple[Assignment, str | None]:
    try:
        return solver(model), None
    except SolverFailed as failed:
        return solve_greedily(model), failed.status


def _rooms(pairs: Pairs) -> Ints:
    """How many more offers each tasker may get: by the strictest policy of the chores they could be
    asked for.
    """
    room = np.full(len(pairs.problem.taskers), np.iinfo(np.int32).max, dtype=np.int64)
    left = pairs.knob("pending_offers_per_tasker").astype(np.int64) - pairs.pending_offers
    np.minimum.at(room, pairs.tasker, left)
    return room
