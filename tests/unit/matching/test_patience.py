"""What waiting costs, and what a worker is worth kept: the closed forms and their two ends."""

import numpy as np
import pytest

from matching.patience import chance_of_use, cost_of_leaving


def test_a_task_that_nobody_can_reach_waits_its_time_and_is_lost() -> None:
    assert cost_of_leaving(np.zeros(1), np.array([600.0]), 100.0)[0] == pytest.approx(700, rel=1e-5)


def test_a_task_whose_time_is_over_costs_its_price() -> None:
    assert cost_of_leaving(np.array([0.1]), np.zeros(1), 50.0).tolist() == [50.0]


def test_the_cost_is_the_mean_over_exponential_waits() -> None:
    rng = np.random.default_rng(1)
    waits = rng.exponential(200.0, 400_000)
    simulated = np.minimum(waits, 300).mean() + 1000 * (waits > 300).mean()
    cost = cost_of_leaving(np.array([1 / 200]), np.array([300.0]), 1000.0)
    assert cost[0] == pytest.approx(simulated, rel=0.01)


@pytest.mark.parametrize(("price_s", "oldest_first"), [(0.0, False), (99.0, False), (101.0, True)])
def test_the_price_of_a_loss_decides_between_the_newest_and_the_oldest(
    price_s: float, oldest_first: bool
) -> None:
    cost = cost_of_leaving(np.full(2, 0.01), np.array([30.0, 500.0]), price_s)
    assert (cost[0] > cost[1]) == oldest_first


def test_a_worker_with_more_time_or_more_chances_is_more_likely_to_be_used() -> None:
    used = chance_of_use(np.array([0.0, 0.01, 0.01, 0.02]), np.array([300.0, 100.0, 300.0, 300.0]))
    assert used[0] == 0
    assert (np.diff(used) > 0).all()
    assert used[3] == pytest.approx(1 - np.exp(-6))
