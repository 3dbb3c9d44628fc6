"""What to expect of a chore before it is posted: who is in reach, at what rates, how likely and how
soon a match is.

The chore is judged as it would be in each of its waves, by the very rules and costs of a round, and
so is each variant of it that could help. What leaves is bucketed, and rates only where several
taskers stand behind them, so that asking often maps nobody's home.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.travel import TravelModel
from matching.arrays import Floats, Ints
from matching.building import Chore, Tasker, build_problem
from matching.chance import AcceptanceModel
from matching.costs import PricedCandidates, price_candidates
from matching.pairs import Pairs
from matching.policy import MatchingPolicy, PolicyDocument
from matching.problem import Market, MatchingProblem
from matching.rules import judge
from matching.slots import wave_slots

REACH_BUCKETS = (0, 1, 3, 6, 11, 21, 51)
"""A count is told as the bucket it falls in: 0, 1-2, 3-5, 6-10, 11-20, 21-50, 51 and more."""
SOONEST_S = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)
FEWEST = 3
"""Rates, and changes that would help, are told only where so many taskers stand behind them."""
RATE_STEP = 100
CHANCE_STEP = 0.05


@dataclass(frozen=True)
class Forecast:
    """What a round expects of one variant: taskers in reach at the widest, their rates, the chance
    of a match over all waves and the expected time to it in seconds (NaN without a chance).
    """

    taskers: int
    rates_per_h: tuple[int, ...]
    chance: float
    expected_s: float


@dataclass(frozen=True)
class Improvement:
    """A change of the chore that raises its chance, and to what."""

    change: str
    chance: float


@dataclass(frozen=True)
class Estimate:
    """What may be told. `taskers` are (least, most or None) of a bucket; `rates_per_h` the middle
    half's (low, high) in rounded minor units, None of too few; `expected_s` an upper bound of a
    bucket, None without a chance; `best_change` what would raise the chance most, None if nothing
    would.
    """

    taskers: tuple[int, int | None]
    rates_per_h: tuple[int, int] | None
    chance: float
    expected_s: int | None
    best_change: Improvement | None


def estimate(
    *,
    market: Market,
    now_s: float,
    policies: PolicyDocument,
    chore: Chore,
    taskers: Sequence[Tasker],
    travel: TravelModel,
    acceptance: AcceptanceModel | None = None,
) -> Estimate:
    """What to expect of `chore` among `taskers` (everybody within the policy's widest radius).
    Raises ProblemRefused.
    """
    policy = policies.for_category(chore.category)
    asked = {"as asked": chore, **variants(chore)}
    waves = {name: _waves(each, name, policy) for name, each in asked.items()}
    problem = build_problem(
        market=market,
        now_s=now_s,
        policies=policies,
        chores=[wave for each in waves.values() for wave in each],
        taskers=taskers,
    )
    forecasts = dict(zip(waves, _forecasts(problem, policy, travel, acceptance), strict=True))
    return _told(forecasts)


def variants(chore: Chore) -> dict[str, Chore]:
    """The changes a client could make, by name: another hour at the end, a higher budget, or the
    same a day later.
    """
    hour, day = 3_600.0, 86_400.0
    end_s, match_by_s = chore.window_end_s + hour, chore.match_by_s + hour
    found = {"another hour": replace(chore, window_end_s=end_s, match_by_s=match_by_s)}
    if chore.budget_per_h is not None:
        for per_cent in (10, 25):
            raised = -(-chore.budget_per_h * (100 + per_cent) // 100)
            found[f"budget {per_cent} % higher"] = replace(chore, budget_per_h=raised)
    tomorrow_end_s = chore.window_end_s + day
    found["a day later"] = replace(
        chore,
        wanted_now=False,
        window_start_s=chore.window_start_s + day,
        window_end_s=tomorrow_end_s,
        match_by_s=tomorrow_end_s - chore.duration_s,
    )
    return found


def _waves(chore: Chore, name: str, policy: MatchingPolicy) -> list[Chore]:
    """The chore as it is in each of its waves."""
    return [replace(chore, id=f"{name}, wave {n}", wave=n) for n in range(policy.max_waves)]


def _forecasts(
    problem: MatchingProblem,
    policy: MatchingPolicy,
    travel: TravelModel,
    acceptance: AcceptanceModel | None,
) -> list[Forecast]:
    """A forecast for every `max_waves` chores in turn, each of them one chore wave by wave."""
    pairs = Pairs.of(problem, travel)
    model = acceptance or AcceptanceModel()
    priced = price_candidates(pairs.only(judge(pairs).feasible), model)
    slots = wave_slots(priced, np.ones(len(problem.chores), dtype=bool))
    sizes = np.bincount(slots.chore, minlength=len(problem.chores))
    lasts_s = problem.expiries_s - problem.now_s
    return [
        _forecast(priced, sizes, lasts_s, range(first, first + policy.max_waves), policy)
        for first in range(0, len(problem.chores), policy.max_waves)
    ]


def _forecast(
    priced: PricedCandidates,
    sizes: Ints,
    lasts_s: Floats,
    waves: range,
    policy: MatchingPolicy,
) -> Forecast:
    """Wave after wave while time is left: each asks its best candidates that none before it
    asked.
    """
    problem, first = priced.pairs.problem, priced.pairs.first_of_chore
    asked: set[int] = set()
    open_chance, elapsed_s, weighted_s = 1.0, 0.0, 0.0
    left_s = float(problem.chores.match_by_s[waves[0]] - problem.now_s)
    for wave in waves:
        if elapsed_s >= left_s:
            break
        rows = priced.ranking[first[wave] : first[wave + 1]]
        fresh = [row for row in rows.tolist() if int(priced.pairs.tasker[row]) not in asked]
        chosen = fresh[: int(sizes[wave])]
        refused = float(np.prod(1 - priced.chance[chosen])) if chosen else 1.0
        lasts = float(lasts_s[wave]) if chosen else float(policy.wave_retry_s)
        weighted_s += open_chance * (1 - refused) * (elapsed_s + lasts / 2)
        open_chance *= refused
        elapsed_s += lasts
        asked.update(priced.pairs.tasker[chosen].tolist())
    widest = slice(first[waves[-1]], first[waves[-1] + 1])
    rates = tuple(sorted(priced.pairs.rate_per_h[widest].tolist()))
    chance = 1 - open_chance
    return Forecast(len(rates), rates, chance, weighted_s / chance if chance else float("nan"))


def _told(forecasts: dict[str, Forecast]) -> Estimate:
    """The forecasts as far as they may be told."""
    asked = forecasts["as asked"]
    # A change is not suggested for the sake of one or two people: that would tell of them.
    improved = {
        name: _rounded(each.chance)
        for name, each in forecasts.items()
        if name == "as asked" or each.taskers >= FEWEST
    }
    best = max(improved, key=lambda name: improved[name])
    better = improved[best] > improved["as asked"]
    return Estimate(
        taskers=_bucket(asked.taskers),
        rates_per_h=_rates(asked.rates_per_h),
        chance=improved["as asked"],
        expected_s=next((s for s in SOONEST_S if asked.expected_s <= s), None),
        best_change=Improvement(best, improved[best]) if better else None,
    )


def _bucket(count: int) -> tuple[int, int | None]:
    least = max(each for each in REACH_BUCKETS if each <= count)
    above = [each for each in REACH_BUCKETS if each > count]
    return least, above[0] - 1 if above else None


def _rates(rates: tuple[int, ...]) -> tuple[int, int] | None:
    if len(rates) < FEWEST:
        return None
    low, high = np.quantile(rates, [0.25, 0.75])
    return int(low // RATE_STEP) * RATE_STEP, -int(-high // RATE_STEP) * RATE_STEP


def _rounded(chance: float) -> float:
    return round(round(chance / CHANCE_STEP) * CHANCE_STEP, 2)
