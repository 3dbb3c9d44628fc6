"""The cost terms: what an offer costs, and what it costs to leave a chore open, in pence.

A term is a small function over all pairs (or all chores) at once; `PAIR_TERMS` and `OPEN_TERMS` are
the table of contents. Weights come from the policy. The solver works in whole numbers of
UNITS_PER_PENCE to the penny; every sum is first kept within +-MOST_PENCE, so that no input can
overflow it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from matching.arrays import Floats, Ints
from matching.chance import AcceptanceModel
from matching.pairs import Pairs

UNITS_PER_PENCE = 10
MOST_PENCE = 1e8
"""A million pounds. 1e9 units x 1e6 nodes, which the solver multiplies, is a ten-thousandth of what
64 bits hold.
"""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Feasible pairs with their chance of acceptance, shape (n,)."""

    pairs: Pairs
    chance: Floats


Term: TypeAlias = Callable[[Candidates], Floats]
OpenTerm: TypeAlias = Callable[[Pairs], Floats]


def travel(of: Candidates) -> Floats:
    """The tasker's time on the way."""
    return of.pairs.travel_s * (of.pairs.knob("travel_cost_per_h") / 3600)


def price(of: Candidates) -> Floats:
    """What the client pays for the planned time."""
    return of.pairs.pay * of.pairs.knob("price_weight")


def lateness(of: Candidates) -> Floats:
    """The time from the start of the window (for a chore for now: from now) to the planned
    start.
    """
    pairs = of.pairs
    wanted_s = np.maximum(pairs.problem.chores.window_start_s, pairs.problem.now_s)[pairs.chore]
    late_s = np.maximum(pairs.start_s - wanted_s, 0)
    return late_s * (pairs.knob("lateness_cost_per_h") / 3600)


def scarcity(of: Candidates) -> Floats:
    """The tasker's other chances: one whom n chores could ask costs (1 - 1/n) of the policy's
    amount.
    """
    pairs = of.pairs
    could_ask = np.bincount(pairs.tasker, minlength=len(pairs.problem.taskers))
    return pairs.knob("scarcity_cost") * (1 - 1 / np.maximum(could_ask, 1))[pairs.tasker]


def fairness(of: Candidates) -> Floats:
    """The share of the tasker's recent active hours that were booked: who has less work is asked
    first.
    """
    taskers = of.pairs.problem.taskers
    share = np.where(taskers.active_s > 0, taskers.booked_s / np.maximum(taskers.active_s, 1), 0)
    return of.pairs.knob("fairness_cost") * np.minimum(share, 1)[of.pairs.tasker]


def newcomer(of: Candidates) -> Floats:
    """What it is worth to learn about somebody new: a bonus that fades with finished bookings."""
    pairs = of.pairs
    finished = pairs.problem.taskers.finished_bookings[pairs.tasker]
    fading = np.maximum(1 - finished / pairs.knob("newcomer_bookings"), 0)
    return -pairs.knob("newcomer_bonus") * fading


def refusal(of: Candidates) -> Floats:
    """The time an offer costs if it is refused, times the chance that it is."""
    return of.pairs.knob("refusal_cost") * (1 - of.chance)


PAIR_TERMS: tuple[Term, ...] = (travel, price, lateness, scarcity, fairness, newcomer, refusal)


def open_chore(pairs: Pairs) -> Floats:
    """What leaving any chore open costs."""
    return pairs.problem.knob("open_chore_cost")


def waiting(pairs: Pairs) -> Floats:
    """The time since the chore was posted."""
    problem = pairs.problem
    waited_s = np.maximum(problem.now_s - problem.chores.posted_at_s, 0)
    return waited_s * (problem.knob("waiting_cost_per_h") / 3600)


def urgency(pairs: Pairs) -> Floats:
    """How soon the chore can no longer be matched: h hours before, 1 / (1 + h) of the policy's
    amount.
    """
    left_s = np.maximum(pairs.problem.chores.match_by_s - pairs.problem.now_s, 0)
    return pairs.problem.knob("urgency_cost") / (1 + left_s / 3600)


def few_candidates(pairs: Pairs) -> Floats:
    """The chore's few chances: with n candidates, 1/n of the policy's cost of scarcity."""
    candidates = np.diff(pairs.first_of_chore)
    return pairs.problem.knob("scarcity_cost") / np.maximum(candidates, 1)


OPEN_TERMS: tuple[OpenTerm, ...] = (open_chore, waiting, urgency, few_candidates)


@dataclass(frozen=True, eq=False)
class PricedCandidates:
    """Candidates with what each costs.

    `terms` in pence by name, shape (n,); `units` their sum for the solver, int64. `open_terms` in
    pence by name, shape (chores,); `open_pence` their sum.
    """

    pairs: Pairs
    chance: Floats
    terms: Mapping[str, Floats]
    units: Ints
    open_terms: Mapping[str, Floats]
    open_pence: Floats

    @cached_property
    def ranking(self) -> Ints:
        """Rows of the candidates by chore and rising cost; equal ones by tasker."""
        spread = int(np.abs(self.units).max(initial=0)) + 1
        keys = self.pairs.chore * (2 * spread) + self.units
        return np.argsort(keys, kind="stable")


def price_candidates(pairs: Pairs, model: AcceptanceModel) -> PricedCandidates:
    """Applies every term to feasible pairs."""
    of = Candidates(pairs, model.chances_of(pairs))
    terms = {term.__name__: term(of) for term in PAIR_TERMS}
    open_terms = {term.__name__: term(pairs) for term in OPEN_TERMS}
    open_pence = np.minimum(_sum(open_terms, len(pairs.problem.chores)), MOST_PENCE)
    units = as_units(_sum(terms, len(pairs)))
    return PricedCandidates(pairs, of.chance, terms, units, open_terms, open_pence)


def as_units(pence: Floats) -> Ints:
    """Pence as the solver's whole units, kept within +-MOST_PENCE."""
    bounded = np.clip(pence, -MOST_PENCE, MOST_PENCE)
    return np.rint(bounded * UNITS_PER_PENCE).astype(np.int64)


def _sum(terms: Mapping[str, Floats], length: int) -> Floats:
    total = np.zeros(length)
    for values in terms.values():
        total += values
    return total
