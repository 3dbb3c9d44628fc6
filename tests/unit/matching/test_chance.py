"""The chance of acceptance: its prior, its fit, its calibration."""

import numpy as np
import pytest

from matching import chance
from matching.arrays import Bools, Floats
from matching.chance import FEATURES, AcceptanceModel, calibration, fit, log_loss
from matching.policy import MatchingPolicy
from tests.unit.matching.scenes import at, chore, matched, tasker

TRUTH = np.array([1.0, -2.5, 0.2, 0.8, 0.1, 0.0])


def offers(n: int, seed: int) -> tuple[Floats, Bools]:
    """Offers answered by people who follow TRUTH."""
    rng = np.random.default_rng(seed)
    features = rng.normal(0, 0.6, (n, len(FEATURES)))
    features[:, 0] = 1
    features[:, 5] = 0
    return features, rng.random(n) < 1 / (1 + np.exp(-features @ TRUTH))


def chances_of(count: int, policy: MatchingPolicy | None = None, **changes: object) -> list[float]:
    result = matched(
        chore(), [tasker(f"t{n}", base=at(500 * (n + 1)), **changes) for n in range(count)], policy
    )
    found = {c.tasker_id: c.chance for c in result.outcome("chore").candidates}
    return [found[f"t{n}"] for n in range(count)]


def test_without_offers_the_fit_is_the_prior() -> None:
    nothing = fit(np.zeros((0, len(FEATURES))), np.zeros(0, dtype=bool))
    assert nothing.weights == pytest.approx(np.array(chance.PRIOR_WEIGHTS))


def test_a_fit_finds_what_people_follow() -> None:
    features, accepted = offers(40_000, seed=1)
    found = fit(features, accepted).weights
    assert found[:5] == pytest.approx(TRUTH[:5], abs=0.1)


def test_a_fit_predicts_unseen_offers_better_than_the_prior() -> None:
    fitted = fit(*offers(2_000, seed=1))
    features, accepted = offers(2_000, seed=2)
    prior = AcceptanceModel()
    assert log_loss(fitted.chances(features), accepted) < log_loss(
        prior.chances(features), accepted
    )


def test_a_fitted_model_is_calibrated() -> None:
    features, accepted = offers(20_000, seed=3)
    bins = calibration(fit(features, accepted).chances(features), accepted)
    assert sum(each.offers for each in bins) == 20_000
    assert all(abs(each.predicted - each.accepted) < 0.05 for each in bins)
    assert [each.predicted for each in bins] == sorted(each.predicted for each in bins)
    assert calibration(np.zeros(0), np.zeros(0, dtype=bool)) == []


def test_separable_offers_do_not_run_away() -> None:
    features = np.zeros((50, len(FEATURES)))
    features[:, 0] = 1
    features[:, 1] = np.linspace(-1, 1, 50)
    weights = fit(features, features[:, 1] < 0).weights
    assert np.isfinite(weights).all()
    assert weights[1] < -2


def test_further_away_is_less_likely() -> None:
    chances = chances_of(5)
    assert chances == sorted(chances, reverse=True)
    assert all(chance.LEAST_CHANCE <= each <= chance.MOST_CHANCE for each in chances)


def test_a_persons_own_rate_counts_only_where_the_policy_says_so() -> None:
    assert chances_of(1, acceptance_rate=0.1) == chances_of(1)
    counted = MatchingPolicy(use_acceptance_rate=True)
    assert chances_of(1, counted, acceptance_rate=0.1) < chances_of(1, counted)
    assert chances_of(1, counted) == chances_of(1)


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        AcceptanceModel(np.zeros(2))
    with pytest.raises(ValueError, match="weights"):
        AcceptanceModel(np.full(len(FEATURES), np.nan))
