"""The forecast's intervals: they hold what they say, and count every cause once."""

import numpy as np
import pytest

from matching.arrays import Floats
from matching.replay.forecast import days_variance, estimate

DAYS, RESAMPLES = 7, 100


def resampled(by_day: Floats, rng: np.random.Generator) -> Floats:
    """Means over days as they were and as drawn, all draws alike: (draws, days) -> (draws, 1 +
    RESAMPLES).
    """
    days = by_day.shape[1]
    drawn = rng.multinomial(days, np.full(days, 1 / days), size=RESAMPLES)
    means: Floats = by_day @ np.vstack([np.ones(days), drawn]).T / days
    return means


@pytest.mark.parametrize(("days_deviate", "luck"), [(1.0, 1.0), (0.0, 1.0), (1.0, 0.1)])
def test_an_interval_holds_what_other_days_then_show_nine_times_of_ten(
    days_deviate: float, luck: float
) -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(400):
        days, others = rng.normal(0, days_deviate, (2, DAYS))
        draws = days + rng.normal(0, luck, (12, DAYS))
        new = float((others + rng.normal(0, luck, DAYS)).mean())
        found = estimate(resampled(draws, rng), DAYS)
        inside += found.low <= new <= found.high
    assert 0.86 <= inside / 400 <= 0.95


def test_the_luck_of_draws_does_not_count_as_the_days_whatever_their_number() -> None:
    rng = np.random.default_rng(2)
    for draws in (2, 4, 24):
        found = [
            days_variance(resampled(rng.normal(0, 1, (draws, 30)), rng)[:, 1:], 30)
            for _ in range(60)
        ]
        assert np.mean(found) < 0.4 / 30


def test_days_that_differ_count_in_full_though_resamples_of_few_vary_by_less() -> None:
    rng = np.random.default_rng(3)
    found = [
        days_variance(resampled(np.tile(rng.normal(0, 1, 5), (4, 1)), rng)[:, 1:], 5)
        for _ in range(300)
    ]
    assert np.mean(found) == pytest.approx(1 / 5, rel=0.15)


def test_one_draw_alone_cannot_tell_its_luck_from_its_days() -> None:
    rng = np.random.default_rng(4)
    alone = resampled(rng.normal(0, 1, (1, 30)), rng)[:, 1:]
    assert days_variance(alone, 30) == pytest.approx(1 / 30, rel=0.6)
