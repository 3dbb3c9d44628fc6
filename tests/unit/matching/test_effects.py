"""The effect of a switchback: right on average, and as sure of itself as it should be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from matching.effects import BlockSums, days_to_see, effect_of, t_quantile


def blocks(rng: np.random.Generator, count: int, lift: float) -> list[BlockSums]:
    """Blocks of a fill rate: a place's own level, some chores, b better by `lift`."""
    level = rng.uniform(0.4, 0.7, count)
    posted = rng.integers(5, 40, (count, 2))
    mood = np.clip(level[:, None] + rng.normal(0, 0.08, (count, 2)) + [0, lift], 0, 1)
    filled = rng.binomial(posted, mood)
    return [
        BlockSums(float(f[0]), float(p[0]), float(f[1]), float(p[1]))
        for f, p in zip(filled, posted, strict=True)
    ]


@pytest.mark.parametrize("lift", [0.0, 0.08])
def test_the_interval_of_ninety_per_cent_holds_the_truth_nine_times_in_ten(lift: float) -> None:
    rng = np.random.default_rng(5)
    found = [effect_of(blocks(rng, 24, lift)) for _ in range(400)]
    inside = sum(low <= lift <= high for low, high in (each.interval for each in found)) / 400
    assert 0.85 <= inside <= 0.95
    assert abs(float(np.mean([each.effect for each in found])) - lift) < 0.01


def test_an_effect_is_the_difference_of_ratios_of_sums() -> None:
    found = effect_of([BlockSums(1, 2, 3, 4)] * 4 + [BlockSums(2, 6, 1, 4)] * 4)
    assert (found.a, found.b) == (12 / 32, 16 / 32)
    assert found.effect == pytest.approx(0.125)
    assert found.blocks == 8
    low, high = found.interval
    assert low < 0.125 < high


def test_a_block_that_one_arm_never_saw_is_left_out() -> None:
    rng = np.random.default_rng(1)
    whole = blocks(rng, 12, 0.1)
    assert effect_of([*whole, BlockSums(0, 0, 9, 9), BlockSums(5, 9, 0, 0)]) == effect_of(whole)


def test_of_too_few_blocks_no_interval_is_told() -> None:
    found = effect_of(blocks(np.random.default_rng(2), 7, 0.1))
    assert found.effect == found.b - found.a
    assert all(math.isnan(end) for end in found.interval)
    nothing = effect_of([])
    assert math.isnan(nothing.effect)


def test_blocks_that_agree_leave_no_doubt() -> None:
    found = effect_of([BlockSums(5, 10, 6, 10)] * 20)
    assert found.interval == pytest.approx((0.1, 0.1))


def test_days_grow_with_the_square_of_what_is_to_be_seen() -> None:
    assert days_to_see(0.05, 0.02, 14) == 14
    assert days_to_see(0.025, 0.02, 14) == 56
    assert days_to_see(-0.05, 0.02, 14) == 14
    assert days_to_see(10.0, 0.02, 14) == 2
    with pytest.raises(ValueError, match="effect"):
        days_to_see(0.0, 0.02, 14)


def test_an_experiment_of_the_advised_length_sees_the_effect_four_times_in_five() -> None:
    rng, per_day = np.random.default_rng(3), 6
    error = float(np.mean([effect_of(blocks(rng, 7 * per_day, 0.0)).error for _ in range(50)]))
    days = days_to_see(0.06, error, 14)
    found = [effect_of(blocks(rng, days // 2 * per_day, 0.06)) for _ in range(300)]
    assert 0.7 <= sum(each.interval[0] > 0 for each in found) / 300 <= 0.92


@pytest.mark.parametrize("freedom", [5, 7, 10, 30, 200])
@pytest.mark.parametrize("p", [0.9, 0.95, 0.975])
def test_quantiles_of_t_are_scipys(p: float, freedom: int) -> None:
    assert t_quantile(p, freedom) == pytest.approx(stdtrit(freedom, p), abs=0.002)
