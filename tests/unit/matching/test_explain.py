"""Why somebody was offered a chore or not, and what would have changed it."""

from typing import Any

import numpy as np
import pytest

from matching import rules, words
from matching.building import Engagement
from matching.engine import match
from matching.explain import RELAXATIONS, Explanation, Standing, explain
from matching.policy import MatchingPolicy
from tests.unit.matching.scenes import (
    CENTRE,
    DAY,
    HOUR,
    NOON,
    TRAVEL,
    at,
    chore,
    problem,
    random_scene,
    square,
    tasker,
)

STRICT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "outside_service_area": ({}, {"area": square(at(3_000), 0.02)}),
    "over_budget": ({"budget_per_h": 2_000}, {}),
    "too_far_for_tasker": ({}, {"max_distance_m": 400.0}),
    "too_short_notice": ({}, {"min_notice_s": 30 * HOUR}),
    "no_free_time": ({}, {"free_s": [(NOON + 19 * HOUR, NOON + 20.5 * HOUR)]}),
    "too_many_hours": ({}, {"max_day_s": HOUR / 2}),
    "no_room_for_offers": (
        {},
        {
            "busy": [
                Engagement(NOON + n * DAY, NOON + n * DAY + HOUR, CENTRE, True) for n in (2, 3, 4)
            ]
        },
    ),
}
"""For each rule that a tasker can satisfy, changes of chore and tasker that make it refuse."""


def ask(changes: dict[str, Any], own: dict[str, Any], who: str = "tasker") -> Explanation:
    return explain(problem(chore(**changes), tasker(**own)), "chore", who, TRAVEL)


@pytest.mark.parametrize("rule", RELAXATIONS)
def test_with_that_one_thing_changed_the_tasker_would_have_been_offered_it(rule: str) -> None:
    answer = ask(*STRICT[rule])
    assert answer.standing == Standing.REFUSED
    assert set(answer.refusals) == {rule}
    (change,) = answer.changes
    assert (change.rules, change.standing) == ((rule,), Standing.OFFERED)
    assert words.for_tasker(answer).endswith(
        f"with {words.CHANGES[rule]} you would have been offered it"
    )


def test_metres_are_told_roughly() -> None:
    answer = ask(*STRICT["outside_service_area"])
    assert words.for_tasker(answer).startswith(
        "about 2 km outside your area; with the area extended"
    )


def test_where_two_things_stand_in_the_way_only_both_help() -> None:
    answer = ask({"budget_per_h": 2_000}, {"max_distance_m": 400.0})
    assert [change.standing for change in answer.changes] == [
        Standing.REFUSED,
        Standing.REFUSED,
        Standing.OFFERED,
    ]
    assert answer.changes[-1].rules == ("over_budget", "too_far_for_tasker")
    assert "within the budget and a longer way accepted" in words.for_tasker(answer)


def test_what_a_tasker_cannot_change_is_not_suggested() -> None:
    answer = ask({"blocked": frozenset({"tasker"})}, {})
    assert answer.changes == ()
    assert words.for_tasker(answer) == "it was not open to you"


def test_a_change_that_would_not_be_enough_says_what_else_refuses() -> None:
    answer = ask({"blocked": frozenset({"tasker"})}, {"area": None})
    assert answer.changes[0].still_refused_by == ("blocked",)
    assert "with" not in words.for_tasker(answer)


def test_who_was_outranked_learns_their_rank() -> None:
    rows = [tasker("near", base=at(100)), tasker("tasker", base=at(4_000))]
    policy = MatchingPolicy(max_offers_per_wave=1)
    answer = explain(problem(chore(), rows, policy), "chore", "tasker", TRAVEL)
    assert (answer.standing, answer.rank, answer.candidates) == (Standing.OUTRANKED, 2, 2)
    assert answer.terms["travel"] > 0
    assert "you are in line" in words.for_tasker(answer)


def test_who_was_offered_it_hears_so() -> None:
    assert words.for_tasker(ask({}, {})) == "you were offered it"


def test_a_chore_held_back_has_asked_nobody() -> None:
    patient = MatchingPolicy(hold_s=600, travel_cost_per_h=100_000, urgency_cost=0)
    waiting = problem(chore(arrivals_per_h=60), tasker(), patient)
    answer = explain(waiting, "chore", "tasker", TRAVEL)
    assert answer.standing == Standing.HELD
    assert words.for_tasker(answer) == "nobody has been asked yet"


def test_a_pair_that_the_round_did_not_look_at_is_said_so() -> None:
    named = problem(chore(), [tasker(), tasker("other")], candidates=[("chore", "other")])
    answer = explain(named, "chore", "tasker", TRAVEL)
    assert answer.standing == Standing.NOT_CONSIDERED
    assert words.for_tasker(answer) == "you were not among those looked at"


def test_every_rule_has_its_words() -> None:
    names = {rule.__name__ for rule in (*rules.RULES, rules.not_a_favourite)}
    assert set(words.REFUSALS) == names
    assert set(words.CHANGES) == set(RELAXATIONS) <= names


@pytest.mark.parametrize("seed", range(6))
def test_explanations_agree_with_the_round(seed: int) -> None:
    scene = random_scene(np.random.default_rng(seed), 5, 8)
    result = match(scene, TRAVEL)
    outcome = result.outcome("c0")
    for refused in outcome.refused:
        answer = explain(scene, "c0", refused.tasker_id, TRAVEL)
        assert set(answer.refusals) == set(refused.rules)
        for rule, facts in refused.rules.items():
            assert answer.refusals[rule] == pytest.approx(facts)
        for change in answer.changes:
            assert not set(change.rules) & set(change.still_refused_by) - {"no_free_time"}
        assert words.for_tasker(answer)
    for candidate in outcome.candidates:
        standing = explain(scene, "c0", candidate.tasker_id, TRAVEL).standing
        assert (standing == Standing.OFFERED) == candidate.offered
