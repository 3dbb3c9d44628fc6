"""How likely a tasker accepts an offer: a logistic model with a sensible prior, fitted from logged
offers.

An offer that was not delivered says nothing and is left out of a fit. A person's own acceptance
rate is a feature only where the policy asks for it; otherwise the feature is 0 for everybody, and
its weight never acts.
"""

from dataclasses import dataclass, field

import numpy as np

from matching.arrays import Bools, Floats, Ints
from matching.pairs import Pairs
from matching.problem import MatchingProblem

FEATURES = ("intercept", "travel_h", "travel_share", "log_rate", "soon", "own_rate")
"""Hours of travel; travel over paid time; ln of the hourly rate over 20.00; 1 / (1 + hours until
the start); ln odds of the person's acceptance rate."""

PRIOR_WEIGHTS = (0.2, -1.2, -0.6, 0.3, 0.2, 1.0)
PRIOR_DEVIATION = (1.0, 1.0, 1.0, 0.5, 0.5, 0.5)
"""What is believed of the weights before any offer is seen, and how firmly (standard deviations):
of offers next door three in five are accepted, an hour's travel makes it one in four. To be
replaced by a fit as soon as there are offers.
"""

LEAST_CHANCE, MOST_CHANCE = 0.02, 0.98
"""Chances are kept off 0 and 1: no model is that sure, and a wave must end somewhere."""

NO_RATE: Floats = np.zeros(1)
"""The feature of a person's own rate where nobody's counts."""


def _prior() -> Floats:
    return np.array(PRIOR_WEIGHTS)


@dataclass(frozen=True, eq=False)
class AcceptanceModel:
    """The chance of acceptance, 1 / (1 + exp(-features . weights)). `weights` has shape
    (len(FEATURES),).
    """

    weights: Floats = field(default_factory=_prior)

    def __post_init__(self) -> None:
        if np.shape(self.weights) != (len(FEATURES),) or not np.isfinite(self.weights).all():
            raise ValueError(f"weights must be {len(FEATURES)} finite numbers, not {self.weights}")

    def chances(self, features: Floats, more: Floats | None = None) -> Floats:
        """The chance of each row of features, shape (n,), within [LEAST_CHANCE, MOST_CHANCE];
        `more` is added to the log odds.
        """
        odds = features @ self.weights
        return _chances(odds if more is None else odds + more)

    def chances_of(self, pairs: Pairs) -> Floats:
        """The same for every pair, without the matrix of their features, which is large."""
        category = pairs.problem.chores.category[pairs.chore]
        columns = _columns(
            pairs.travel_s,
            pairs.duration_s,
            _log_rates(pairs.problem)[pairs.tasker, category],
            pairs.start_s - pairs.problem.now_s,
            _own_rate(pairs),
        )
        odds = np.zeros(len(pairs))
        for weight, column in zip(self.weights, columns, strict=True):
            odds += weight * column
        return _chances(odds)


def features_of_offers(
    travel_s: Floats, duration_s: Floats, rate_per_h: Ints, ahead_s: Floats
) -> Floats:
    """The features of offers that were made, shape (n, len(FEATURES)): each one's travel, planned
    duration, rate, and time from the offer to the planned start. Nobody's own rate is among them.
    """
    columns = _columns(travel_s, duration_s, _log_rate(rate_per_h), ahead_s, NO_RATE)
    return np.column_stack([np.broadcast_to(column, len(travel_s)) for column in columns])


def _columns(
    travel_s: Floats, duration_s: Floats, log_rate: Floats, ahead_s: Floats, own_rate: Floats
) -> tuple[Floats, ...]:
    """FEATURES in their order, each of shape (n,) or, where all have the same, (1,)."""
    return (
        np.ones(1),
        np.minimum(travel_s / 3600, 24),
        np.minimum(travel_s / duration_s, 10),
        log_rate,
        3600 / (3600 + ahead_s),
        own_rate,
    )


def fit(
    features: Floats, accepted: Bools, *, weights: Floats | None = None, steps: int = 50
) -> AcceptanceModel:
    """The model that best explains the offers, starting from the prior (a maximum a posteriori
    estimate).

    `features` (n, len(FEATURES)) and `accepted` (n,) are of delivered offers that were answered or
    left to expire; each counts `weights` times (n,), once where none are given. Newton's method on
    the penalised likelihood, which is strictly concave: it converges whatever the offers, also for
    none.
    """
    prior, precision = _prior(), 1 / np.square(np.array(PRIOR_DEVIATION))
    counts = np.ones(len(accepted)) if weights is None else weights
    found = prior.copy()
    for _ in range(steps):
        chance = _logistic(features @ found)
        gradient = features.T @ (counts * (accepted - chance)) - precision * (found - prior)
        spread = counts * chance * (1 - chance)
        curvature = (features * spread[:, None]).T @ features + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        # A full Newton step may overshoot on separable data; a bounded one cannot.
        found = found + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    return AcceptanceModel(found)


@dataclass(frozen=True)
class CalibrationBin:
    """Offers of about one predicted chance: how many, the chance predicted on average, the share
    accepted.
    """

    offers: int
    predicted: float
    accepted: float


def calibration(chances: Floats, accepted: Bools, bins: int = 10) -> list[CalibrationBin]:
    """Predicted against seen, in `bins` groups of about equal size, by rising chance; empty for no
    offers.
    """
    order = np.argsort(chances, kind="stable")
    groups = [rows for rows in np.array_split(order, bins) if len(rows)]
    return [
        CalibrationBin(len(rows), float(chances[rows].mean()), float(accepted[rows].mean()))
        for rows in groups
    ]


def log_loss(chances: Floats, accepted: Bools) -> float:
    """Mean negative log likelihood of the answers, nats per offer; less is better."""
    right = np.where(accepted, chances, 1 - chances)
    return float(-np.log(right).mean())


def brier(chances: Floats, accepted: Bools) -> float:
    """Mean squared distance of the chances from the answers; less is better, 0.25 is a coin."""
    return float(np.square(chances - accepted).mean())


def unseen_chances(features: Floats, accepted: Bools, folds: int = 5) -> Floats:
    """For each offer the chance under a model that was fitted on other offers, shape (n,): offers
    in turn are in one of `folds` parts, and each part is predicted from the rest.
    """
    part = np.arange(len(accepted)) % folds
    chances = np.empty(len(accepted))
    for each in range(folds):
        here = part == each
        chances[here] = fit(features[~here], accepted[~here]).chances(features[here])
    return chances


def _chances(odds: Floats) -> Floats:
    return np.clip(_logistic(odds), LEAST_CHANCE, MOST_CHANCE)


def _logistic(odds: Floats) -> Floats:
    # Beyond +-30 the chance is 0 or 1 to double precision; exp does not overflow there.
    bounded: Floats = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return bounded


def _log_rates(problem: MatchingProblem) -> Floats:
    """For every tasker and category the logarithm of the rate over 20.00; 0 where there is none.

    Of skills, of which there are fewer than pairs.
    """
    skills = problem.skills
    rates = np.zeros((len(problem.taskers), len(problem.categories)))
    rates[skills.tasker, skills.category] = _log_rate(skills.rate_per_h)
    return rates


def _log_rate(rate_per_h: Ints) -> Floats:
    logarithms: Floats = np.log(np.clip(rate_per_h, 100, 1_000_000) / 2_000)
    return logarithms


def _own_rate(pairs: Pairs) -> Floats:
    """Log odds of each person's acceptance rate where the policy counts it and there is one, else
    0.
    """
    used = pairs.knob("use_acceptance_rate")
    if not used.any():
        return NO_RATE
    rate = np.clip(pairs.problem.taskers.acceptance_rate[pairs.tasker], 0.05, 0.95)
    return np.where((used > 0) & np.isfinite(rate), np.log(rate / (1 - rate)), 0.0)
