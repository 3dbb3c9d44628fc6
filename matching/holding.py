"""Whether a chore should wait, because waiting promises better taskers than matching now."""

import numpy as np

from matching.arrays import Bools, Floats
from matching.costs import PricedCandidates


def held_back(priced: PricedCandidates) -> Bools:
    """Which chores wait rather than be matched in this round, shape (chores,).

    A chore of a policy with `hold_s` may wait while it is younger than that and has never been
    offered. With n candidates now and k more expected by the end of the wait, the nearest of n + k
    points in a circle is sqrt((n + 1) / (n + 1 + k)) times as far as the nearest of n: what that
    saves in travel is the gain; the price is the waiting, and the share of the time to match that
    is used up, at the cost of an open chore. A chore with no candidate has nothing to wait with.
    """
    problem = priced.pairs.problem
    chores = problem.chores
    candidates = np.diff(priced.pairs.first_of_chore)
    left_s = np.maximum(chores.match_by_s - problem.now_s, 1)
    wait_s = np.minimum(problem.knob("hold_s") - (problem.now_s - chores.posted_at_s), left_s)
    may_wait: Bools = (wait_s > 0) & (candidates > 0) & (chores.wave == 0)
    if not may_wait.any():
        return may_wait
    wait_h = np.maximum(wait_s, 0) / 3600
    expected = chores.arrivals_per_h * wait_h
    nearer = np.sqrt((candidates + 1) / (candidates + 1 + expected))
    gain = _least_travel_pence(priced) * (1 - nearer)
    price = wait_h * problem.knob("waiting_cost_per_h")
    price = price + np.minimum(wait_s / left_s, 1) * problem.knob("urgency_cost")
    held: Bools = may_wait & (gain > price)
    return held


def _least_travel_pence(priced: PricedCandidates) -> Floats:
    """The travel cost of each chore's nearest candidate; 0 without any."""
    least = np.full(len(priced.pairs.problem.chores), np.inf)
    np.minimum.at(least, priced.pairs.chore, priced.terms["travel"])
    return np.where(np.isfinite(least), least, 0.0)
