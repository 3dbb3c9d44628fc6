"""The forecast: what is to be expected under a value, how surely, and where it cannot be told.

An interval holds what a period of that length would show nine times of ten. It covers what is not
known of people (each draw of behaviour comes from a fit of its own) and their luck (each draw has
its own), which show between draws, and the days: those recorded are some of the days there could
have been (resampled blocks), and those that come will be others. The draws of a variant share their
resamples, so what all of them move by is the days', and what each moves by on its own is its luck
once more, which is taken out. The parts add up in squares.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from matching.arrays import Floats
from matching.chance import FEATURES
from matching.replay.metrics import METRICS, Metric

MOST_OUTSIDE = 0.10
"""The share of a value's offers that may be unlike any recorded one before nothing is said."""
LEAST_OFFERS = 60
"""Answered offers below which a record says nothing of how people answer."""
T_95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812)
"""The 95 % quantile of Student's t with 1, 2, ... degrees of freedom; further on 1.645 + 1.52/n."""
IN_WORDS = {
    "travel_h": "with longer or shorter trips",
    "travel_share": "with other shares of travel in the paid time",
    "log_rate": "at other rates",
    "soon": "sooner or later before the work",
}


@dataclass(frozen=True)
class Estimate:
    """A value with its 90 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Point:
    """A metric under a value: what to expect, and by how much it differs from today's value (both
    None where it cannot be told, for the reason in `why`).
    """

    value: Any
    expected: Estimate | None
    change: Estimate | None
    why: str | None = None

    @property
    def predictable(self) -> bool:
        """Whether anything is said."""
        return self.expected is not None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        nothing = {"mean": None, "low": None, "high": None}
        return {
            "value": self.value,
            **(asdict(self.expected) if self.expected else nothing),
            "change": asdict(self.change) if self.change else None,
            "predictable": self.predictable,
            "why": self.why,
        }


def estimate(values: Floats, blocks: int, metric: Metric | None = None) -> Estimate:
    """What to expect from draws and their resamples of so many blocks, values (draws, 1 +
    resamples); what the draws share in their resamples is the days'.
    """
    played, resampled = values[:, 0], values[:, 1:]
    draws, mean = len(played), float(np.nanmean(played))
    between = (
        student(draws - 1) ** 2 * (1 + 1 / draws) * np.nanvar(played, ddof=1) if draws > 1 else 0
    )
    # Twice: the days recorded stand for others, and so will those that come.
    within = student(blocks - 1) ** 2 * 2 * days_variance(resampled, blocks)
    half = math.sqrt(between + within)
    least, most = (0.0, metric.most) if metric else (-math.inf, math.inf)
    return Estimate(mean, max(mean - half, least), min(mean + half, most))


def days_variance(resampled: Floats, blocks: int) -> float:
    """By how much (squared) a period's value differs because of its days, from resamples of so many
    blocks under each draw, (draws, resamples).

    The mean over draws varies by the days and a share of each draw's own luck; one draw by both in
    full. The first from the second leaves the days (the variance components of two crossed causes);
    with one draw they cannot be told apart. A resample of few blocks varies by too little.
    """
    draws = len(resampled)
    resampled = resampled[:, ~np.isnan(resampled).all(axis=0)]
    each = float(np.nanmean(np.nanvar(resampled, axis=1)))
    if draws > 1:
        shared = float(np.nanvar(np.nanmean(resampled, axis=0)))
        each = max((draws * shared - each) / (draws - 1), 0.0)
    return each * blocks / max(blocks - 1, 1)


def points(
    values: Floats, labels: list[Any], today: int, blocks: int, whys: list[str | None]
) -> list[list[Point]]:
    """Of each metric a point for each variant: values (metrics, variants, draws, 1 + resamples),
    `today` the variant that changes are counted from, `whys` why a variant cannot be told.
    """
    return [
        curve(metric, of_metric, labels, today, blocks, whys)
        for metric, of_metric in zip(METRICS, values, strict=True)
    ]


def curve(
    metric: Metric,
    values: Floats,
    labels: Sequence[Any],
    today: int,
    blocks: int,
    whys: Sequence[str | None],
) -> list[Point]:
    """The points of one metric: values (variants, draws, 1 + resamples), the rest as above."""
    return [
        _point(metric, label, values[n], values[today], blocks, whys[n])
        for n, label in enumerate(labels)
    ]


def why_not(shares: Floats, recorded_offers: int | None) -> str | None:
    """Why a variant with these shares of offers outside the record (by feature) cannot be told;
    None if it can. `recorded_offers` is None where there is no record to be outside of.
    """
    if recorded_offers is None:
        return None
    if recorded_offers < LEAST_OFFERS:
        return f"only {recorded_offers} answered offers are on record; it takes {LEAST_OFFERS}"
    worst = int(np.argmax(shares))
    if shares[worst] <= MOST_OUTSIDE:
        return None
    how = IN_WORDS.get(FEATURES[worst], FEATURES[worst])
    return f"{shares[worst]:.0%} of its offers would go out {how} than any on record"


def student(degrees: int) -> float:
    """The 95 % quantile of Student's t; infinite for no degrees of freedom."""
    if degrees < 1:
        return 0.0
    return T_95[degrees - 1] if degrees <= len(T_95) else 1.645 + 1.52 / degrees


def _point(
    metric: Metric, label: Any, values: Floats, today: Floats, blocks: int, why: str | None
) -> Point:
    if why is None and np.isnan(values[:, 0]).all():
        why = "nothing was booked in any draw"
    if why is not None:
        return Point(label, None, None, why)
    change = estimate(values - today, blocks) if np.isfinite(today[:, 0]).any() else None
    return Point(label, estimate(values, blocks, metric), change)
