"""Cost terms: each does what it says, in pence; and no input overflows the solver."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import costs, verify
from matching.assignment import solve
from matching.engine import assignment_model, match
from matching.policy import MatchingPolicy
from matching.problem import Market
from matching.result import MatchingResult
from tests.unit.matching.scenes import (
    HOUR,
    LONDON,
    NOON,
    TRAVEL,
    at,
    chore,
    chore_now,
    matched,
    problem,
    tasker,
)

FREE_OF_CHARGE = {
    "travel_cost_per_h": 0,
    "price_weight": 0,
    "lateness_cost_per_h": 0,
    "scarcity_cost": 0,
    "fairness_cost": 0,
    "newcomer_bonus": 0,
    "refusal_cost": 0,
    "waiting_cost_per_h": 0,
    "urgency_cost": 0,
}


def only(**knobs: float) -> MatchingPolicy:
    """A policy in which nothing costs anything but what is named."""
    return MatchingPolicy.model_validate({**FREE_OF_CHARGE, **knobs})


def term(result: MatchingResult, name: str, of: str = "tasker") -> float:
    (candidate,) = [c for c in result.outcome("chore").candidates if c.tasker_id == of]
    return candidate.terms[name]


def test_travel_costs_its_time() -> None:
    result = matched(chore(), tasker(), only(travel_cost_per_h=1_800))
    assert term(result, "travel") == pytest.approx(1_800 * 200 / 3_600)


def test_price_counts_the_pay_for_the_planned_time() -> None:
    result = matched(chore(duration_s=1.5 * HOUR), tasker(), only(price_weight=0.5))
    assert term(result, "price") == 0.5 * 4_500


def test_lateness_counts_from_the_start_of_the_window() -> None:
    late = tasker(free_s=[(NOON + 22 * HOUR, NOON + 26 * HOUR)])
    result = matched(chore(), late, only(lateness_cost_per_h=600))
    assert term(result, "lateness") == 2 * 600


def test_lateness_of_a_chore_for_now_counts_from_now() -> None:
    result = matched(chore_now(), tasker(), only(lateness_cost_per_h=3_600))
    assert term(result, "lateness") == pytest.approx(200)


def test_a_tasker_whom_many_chores_could_ask_costs_more() -> None:
    chores = [chore(), chore("b"), chore("c"), chore("d")]
    assert term(matched(chores, tasker(), only(scarcity_cost=400)), "scarcity") == 300
    assert term(matched(chore(), tasker(), only(scarcity_cost=400)), "scarcity") == 0


def test_who_had_less_work_in_their_active_hours_costs_less() -> None:
    busy, idle = (
        tasker(name, active_s=10 * HOUR, booked_s=booked * HOUR)
        for name, booked in (("busy", 8), ("idle", 2))
    )
    result = matched(chore(), [busy, idle], only(fairness_cost=1_000))
    assert (term(result, "fairness", "busy"), term(result, "fairness", "idle")) == (800, 200)
    assert term(matched(chore(), tasker(), only(fairness_cost=1_000)), "fairness") == 0


def test_a_newcomers_bonus_fades_with_finished_bookings() -> None:
    policy = only(newcomer_bonus=500, newcomer_bookings=4)
    bonus = [
        term(matched(chore(), tasker(finished_bookings=n), policy), "newcomer")
        for n in (0, 1, 4, 9)
    ]
    assert bonus == [-500, -375, 0, 0]


def test_a_likely_refusal_costs_more() -> None:
    result = matched(chore(), tasker(), only(refusal_cost=1_000))
    candidate = result.outcome("chore").candidates[0]
    assert candidate.terms["refusal"] == pytest.approx(1_000 * (1 - candidate.chance))


def test_leaving_a_chore_open_costs_more_the_longer_it_waits_and_the_sooner_it_ends() -> None:
    policy = only(
        open_chore_cost=5_000, waiting_cost_per_h=600, urgency_cost=900, scarcity_cost=300
    )
    old = chore(posted_at_s=NOON - 2 * HOUR, match_by_s=NOON + 2 * HOUR)
    outcome = matched(old, [tasker("a"), tasker("b")], policy).outcome("chore")
    assert outcome.open_terms == pytest.approx(
        {"open_chore": 5_000, "waiting": 1_200, "urgency": 300, "few_candidates": 150}
    )


def test_the_tables_of_terms_are_complete() -> None:
    defined = {
        name: value.__annotations__
        for name, value in vars(costs).items()
        if getattr(value, "__module__", "") == costs.__name__ and not name.startswith("_")
    }
    of_pairs = {n for n, a in defined.items() if a.get("of") is costs.Candidates}
    assert {term.__name__ for term in costs.PAIR_TERMS} == of_pairs
    assert {term.__name__ for term in costs.OPEN_TERMS} == {
        n for n, a in defined.items() if list(a) == ["pairs", "return"]
    }


SCHEMA: dict[str, Any] = MatchingPolicy.model_json_schema()["properties"]
EXTREMES = {
    name: st.sampled_from([field["minimum"], field["default"], field["maximum"]])
    for name, field in SCHEMA.items()
    if "minimum" in field and not name.startswith(("offer_deadline", "radius", "gather", "hold"))
}


@given(
    st.fixed_dictionaries(EXTREMES),
    st.lists(st.sampled_from([1, 10**9]), min_size=4, max_size=4),
    st.sampled_from([1.0, 30 * 86_400.0]),
    st.sampled_from([0.0, NOON]),
)
def test_no_extreme_overflows(
    knobs: dict[str, float], rates: list[int], duration_s: float, posted_at_s: float
) -> None:
    policy = MatchingPolicy.model_validate({**knobs, "radius_m": 200_000, "radius_cap_m": 200_000})
    end_s = NOON + 32 * 86_400
    asked = [
        chore(
            f"c{n}",
            duration_s=duration_s,
            window_start_s=NOON,
            window_end_s=end_s,
            match_by_s=end_s,
            posted_at_s=posted_at_s,
        )
        for n in range(3)
    ]
    hours = [(NOON, NOON + 40 * 86_400)]
    taskers = [
        tasker(f"t{n}", base=at(40_000.0 * n), rates={"mounting": rate}, free_s=hours)
        for n, rate in enumerate(rates)
    ]
    result = match(problem(asked, taskers, policy), TRAVEL)
    assert result.failure is None
    assert len(result.priced.pairs) == 12
    assert np.abs(result.priced.units).max() <= costs.MOST_PENCE * costs.UNITS_PER_PENCE
    assert verify.model_complaints(result) == []


def test_a_million_nodes_at_the_greatest_cost_still_fit() -> None:
    result = matched([chore(), chore("b")], [tasker(), tasker("b")])
    model = assignment_model(result.priced, result.slots)
    most = int(costs.MOST_PENCE * costs.UNITS_PER_PENCE)
    wide = replace(
        model,
        cost=np.full_like(model.cost, -most),
        slot_worth=np.full_like(model.slot_worth, most),
        group=model.group + 1_000_000,
    )
    assert solve(wide).optimal


def test_turnaround_does_not_change_what_an_offer_costs() -> None:
    slow = Market("london", LONDON.zone, turnaround_s=900)
    prompt = matched(chore(), tasker())
    assert (
        matched(chore(), tasker(), market=slow).outcome("chore").candidates
        == prompt.outcome("chore").candidates
    )
