"""A whole round: offers, outcomes and reasons."""

from dataclasses import replace

import numpy as np
import pytest

from matching import verify
from matching.assignment import Assignment, AssignmentModel, SolverFailed
from matching.building import Tasker
from matching.engine import match
from matching.greedy import solve_greedily
from matching.policy import MatchingPolicy
from matching.result import OutcomeKind
from matching.schedule import colliding_starts
from tests.unit.matching.scenes import (
    HOUR,
    NOON,
    TRAVEL,
    at,
    chore,
    chore_now,
    matched,
    offered,
    problem,
    random_scene,
    tasker,
)


def street(n: int) -> list[Tasker]:
    """Taskers 500 m apart in a row."""
    return [tasker(f"t{i}", base=at(500 * (i + 1))) for i in range(n)]


@pytest.mark.parametrize("seed", range(25))
def test_random_rounds_keep_every_promise_and_are_optimal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    result = match(random_scene(rng, 8, 14), TRAVEL)
    assert verify.complaints(result, TRAVEL) == []


@pytest.mark.torture
@pytest.mark.parametrize("block", range(20))
def test_thousands_of_random_rounds_keep_every_promise(block: int) -> None:
    for seed in range(1_000 + 100 * block, 1_100 + 100 * block):
        rng = np.random.default_rng(seed)
        result = match(random_scene(rng, 12, 25), TRAVEL)
        assert verify.complaints(result, TRAVEL) == [], seed


def test_a_wave_holds_the_least_offers_that_reach_the_wanted_chance() -> None:
    result = matched(chore(), street(8), MatchingPolicy(wanted_fill_chance=0.8))
    offers = result.offers
    chances = [offer.chance for offer in offers]
    assert 1 - np.prod([1 - chance for chance in chances]) >= 0.8
    assert 1 - np.prod([1 - chance for chance in chances[:-1]]) < 0.8
    assert result.outcome("chore").fill_chance == pytest.approx(
        1 - np.prod([1 - chance for chance in chances])
    )


def test_offers_go_to_the_cheapest_and_the_next_candidate_follows_them() -> None:
    outcome = matched(chore(), street(8), MatchingPolicy(max_offers_per_wave=2)).outcome("chore")
    assert [offer.tasker_id for offer in outcome.offers] == ["t0", "t1"]
    assert [offer.position for offer in outcome.offers] == [1, 2]
    assert outcome.next_candidate == "t2"
    totals = [candidate.total_pence for candidate in outcome.candidates]
    assert totals == sorted(totals)
    for candidate in outcome.candidates:
        assert candidate.total_pence == pytest.approx(sum(candidate.terms.values()), abs=0.05)


def test_two_chores_share_two_taskers_rather_than_one_taking_both() -> None:
    result = matched([chore("a"), chore("b")], street(2))
    assert len({o.chore_id for o in result.offers}) == 2
    assert len({o.tasker_id for o in result.offers}) == 2


def test_a_tasker_may_be_offered_two_chores_that_do_not_overlap() -> None:
    morning = chore("a", window_end_s=NOON + 21 * HOUR)
    later = chore("b", window_start_s=NOON + 23 * HOUR, window_end_s=NOON + 24 * HOUR)
    assert offered(matched([morning, later], tasker())) == {("a", "tasker"), ("b", "tasker")}
    tight = replace(later, window_start_s=NOON + 21 * HOUR, window_end_s=NOON + 22 * HOUR)
    assert len(offered(matched([morning, tight], tasker()))) == 1


def test_an_offer_carries_pay_distance_travel_and_deadline() -> None:
    offer = matched(chore(duration_s=1.4 * HOUR), tasker()).offers[0]
    assert (offer.rate_per_h, offer.pay) == (3_000, 4_500)
    assert (offer.distance_m, offer.travel_s) == pytest.approx((1_000, 200))
    assert offer.ends_at_s - offer.starts_at_s == pytest.approx(1.4 * HOUR)
    assert offer.expires_at_s == NOON + 7_200  # another day, ten per cent of 25 h is more


def test_a_chore_for_now_starts_when_the_tasker_gets_there() -> None:
    offer = matched(chore_now(), tasker(online=True)).offers[0]
    assert offer.starts_at_s == NOON + 200
    assert offer.expires_at_s == NOON + 60


@pytest.mark.parametrize("seed", range(10))
def test_no_planned_start_collides_when_the_accept_asks_again(seed: int) -> None:
    result = match(random_scene(np.random.default_rng(seed), 12, 25), TRAVEL)
    scene, busy = result.problem, result.problem.busy
    for offer in result.offers:
        chore = scene.chores.ids.index(offer.chore_id)
        mine = busy.tasker == scene.taskers.ids.index(offer.tasker_id)
        from_s, until_s = colliding_starts(
            scene.chores.place[chore : chore + 1],
            scene.chores.duration_s[chore : chore + 1],
            busy.place[mine],
            (busy.start_s[mine], busy.end_s[mine]),
            scene.taskers.mode[busy.tasker[mine]],
            turnaround_s=scene.market.turnaround_s,
            travel=TRAVEL,
        )
        assert not ((from_s < offer.starts_at_s) & (offer.starts_at_s < until_s)).any()


def test_a_chore_nobody_can_take_says_so() -> None:
    outcome = matched(chore(), tasker(free_s=[])).outcome("chore")
    assert outcome.kind == OutcomeKind.NOBODY
    assert outcome.offers == ()
    assert outcome.next_candidate is None


def test_a_chore_is_left_open_when_offers_cost_more() -> None:
    cheap = MatchingPolicy(open_chore_cost=0, urgency_cost=0, scarcity_cost=0, waiting_cost_per_h=0)
    outcome = matched(chore(), tasker(), cheap).outcome("chore")
    assert outcome.kind == OutcomeKind.LEFT_OPEN
    assert outcome.next_candidate == "tasker"


def test_a_chore_waits_when_better_taskers_are_expected() -> None:
    patient = MatchingPolicy(hold_s=600, travel_cost_per_h=100_000, urgency_cost=0)
    fresh = chore(arrivals_per_h=60)
    assert matched(fresh, tasker(), patient).outcome("chore").kind == OutcomeKind.HELD
    for changed in (
        replace(fresh, arrivals_per_h=0.0),  # nobody else comes
        replace(fresh, posted_at_s=NOON - 600),  # has waited enough
        replace(fresh, wave=1),  # has been offered before
    ):
        assert matched(changed, tasker(), patient).outcome("chore").kind == OutcomeKind.OFFERS
    assert matched(fresh, tasker(), MatchingPolicy()).outcome("chore").kind == OutcomeKind.OFFERS


def test_a_solver_that_fails_leaves_the_answer_to_greedy() -> None:
    def broken(model: AssignmentModel) -> Assignment:
        raise SolverFailed("BAD_RESULT")

    scene = random_scene(np.random.default_rng(3), 8, 14)
    result = match(scene, TRAVEL, solver=broken)
    assert result.statistics.failure == "BAD_RESULT"
    assert (result.statistics.solver, result.statistics.optimal) == ("greedy", False)
    assert offered(result) == offered(match(scene, TRAVEL, solver=solve_greedily))
    assert verify.complaints(result, TRAVEL) == []


def test_statistics_count_what_happened() -> None:
    statistics = matched([chore("a"), chore("b")], [*street(2), tasker("x", area=None)]).statistics
    assert (statistics.pairs, statistics.candidates, statistics.offers) == (6, 4, 2)
    assert statistics.refused_by["outside_service_area"] == 2
    assert statistics.optimal


def test_only_named_candidates_are_looked_at() -> None:
    named = problem([chore("a"), chore("b")], street(2), candidates=[("b", "t1")])
    result = match(named, TRAVEL)
    assert offered(result) == {("b", "t1")}
    assert result.outcome("a").kind == OutcomeKind.NOBODY


def test_an_empty_market_answers_with_nothing() -> None:
    assert matched([], []).offers == ()
    assert matched([], tasker()).offers == ()
    assert matched(chore(), []).outcome("chore").kind == OutcomeKind.NOBODY


def test_the_same_problem_gives_the_same_offers() -> None:
    scenes = [random_scene(np.random.default_rng(5), 8, 14) for _ in range(2)]
    assert match(scenes[0], TRAVEL).offers == match(scenes[1], TRAVEL).offers


def test_the_checker_sees_every_promise_that_is_broken() -> None:
    result = matched(chore(), tasker())
    assert verify.complaints(result, TRAVEL) == []
    strict = problem(
        chore(refused=frozenset({"tasker"}), budget_per_h=100),
        tasker(area=None, free_s=[], max_distance_m=10, min_notice_s=30 * HOUR, max_day_s=HOUR / 2),
        MatchingPolicy(radius_m=100),
    )
    found = " ".join(verify.complaints(replace(result, problem=strict), TRAVEL))
    for promise in (
        "refused",
        "budget",
        "radius",
        "further",
        "area",
        "notice",
        "hours",
        "that day",
    ):
        assert promise in found
