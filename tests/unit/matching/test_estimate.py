"""What a client may expect before posting."""

from dataclasses import replace
from typing import Any

import pytest

from matching.building import Chore, Tasker
from matching.engine import match
from matching.estimate import Estimate, estimate
from matching.policy import MatchingPolicy, PolicyDocument
from tests.unit.matching.scenes import (
    HOUR,
    LONDON,
    NOON,
    TRAVEL,
    at,
    chore,
    chore_now,
    problem,
    tasker,
)


def expect(asked: Chore, taskers: list[Tasker], **knobs: Any) -> Estimate:
    return estimate(
        market=LONDON,
        now_s=NOON,
        policies=PolicyDocument(default=MatchingPolicy(**knobs)),
        chore=asked,
        taskers=taskers,
        travel=TRAVEL,
    )


def crowd(n: int, **changes: Any) -> list[Tasker]:
    rates = [{"mounting": 2_030 + 100 * i} for i in range(n)]
    return [replace(tasker(f"t{i}", base=at(900), rates=rates[i]), **changes) for i in range(n)]


def test_nobody_in_reach_means_no_chance() -> None:
    found = expect(chore(), [tasker(free_s=[])])
    assert (found.taskers, found.chance, found.expected_s) == ((0, 0), 0.0, None)
    assert found.rates_per_h is None


def test_more_taskers_make_a_match_likelier() -> None:
    chances = [expect(chore(), crowd(n)).chance for n in (0, 1, 2, 8)]
    assert chances == sorted(chances)
    assert chances[0] < chances[1] < chances[2] < chances[3]


def test_the_chance_of_one_wave_is_that_of_its_offers() -> None:
    taskers = crowd(6)
    one_wave = MatchingPolicy(max_waves=1)
    offers = match(problem(chore(), taskers, one_wave), TRAVEL).outcome("chore")
    found = expect(chore(), taskers, max_waves=1)
    assert found.chance == pytest.approx(offers.fill_chance, abs=0.025)


def test_a_later_wave_reaches_further() -> None:
    far = [tasker(base=at(7_000))]
    assert expect(chore(), far, max_waves=1).chance == 0
    assert expect(chore(), far, max_waves=2).chance > 0


def test_counts_are_told_as_buckets_and_rates_only_of_several() -> None:
    assert expect(chore(), crowd(2)).taskers == (1, 2)
    assert expect(chore(), crowd(2)).rates_per_h is None
    assert expect(chore(), crowd(7)).taskers == (6, 10)
    low, high = expect(chore(), crowd(7)).rates_per_h or (0, 0)
    assert (low % 100, high % 100) == (0, 0)
    assert 2_000 < low < high < 2_730


def test_a_chore_for_now_is_expected_within_minutes() -> None:
    soon = expect(chore_now(), crowd(8, online=True)).expected_s
    later = expect(chore(), crowd(8)).expected_s
    assert soon == 60
    assert later is not None
    assert later > 3_600


def test_a_budget_just_too_low_is_the_change_to_make() -> None:
    found = expect(chore(budget_per_h=2_500), crowd(3, rates={"mounting": 2_700}))
    assert found.chance == 0
    assert found.best_change is not None
    assert found.best_change.change == "budget 10 % higher"
    assert found.best_change.chance > 0.5


def test_a_window_just_too_short_is_the_change_to_make() -> None:
    late = chore(window_end_s=NOON + 21 * HOUR, match_by_s=NOON + 20 * HOUR)
    found = expect(late, crowd(3, free_s=[(NOON + 20.5 * HOUR, NOON + 30 * HOUR)]))
    assert found.best_change is not None
    assert found.best_change.change == "another hour"


def test_where_nothing_helps_nothing_is_suggested() -> None:
    assert expect(chore(), []).best_change is None
