"""What one who waits may hope for: the expected best of the partners who are yet to come.

Those seen so far are taken as a sample of those to come. Their density is a Gaussian kernel
estimate with Scott's bandwidth (n ** (-1 / (d + 4)) standard deviations; D. W. Scott, Multivariate
Density Estimation, 1992), so nothing is tuned. Partners who are near enough then come as a Poisson
number, with the utilities of those seen; nobody else is thought to compete for them, which makes
this a hope.
"""

import numpy as np

from benchmarks.online.instance import Instance
from matching.arrays import Floats, Ints


def hope_in_any_order(seen: Instance, arrived: int, rows: Ints) -> Floats:
    """In units of utility, where arrivals come in an order that has nothing to do with their times:
    the announced, less those who have arrived, are to come.
    """
    hopes = np.zeros(len(rows))
    for position, row in enumerate(rows.tolist()):
        others = _other_side(seen, row, arrived)
        to_come = seen.announced[0 if not seen.is_task[row] else 1] - len(others)
        if len(others) < 2 or to_come <= 0:
            continue
        points = np.column_stack([seen.x, seen.y, seen.at_s])
        density = _density(points[others], points[row])
        volume = _disc(seen, row, others) * (seen.ttl_s[others] + seen.ttl_s[row])
        expected = density * volume * to_come / len(others)
        hopes[position] = _best(expected, seen.utility(others, np.full_like(others, row)))
    return hopes


def hope_over_time(seen: Instance, arrived: int, rows: Ints, now: float, memory_s: float) -> Floats:
    """In units of utility, where arrivals come in time: at the rate at which they came lately, as
    long as one still lives.
    """
    hopes = np.zeros(len(rows))
    seen_s = max(now - float(seen.at_s[:arrived].min()), 60.0)
    lately_s = memory_s * -np.expm1(-seen_s / memory_s)
    points = np.column_stack([seen.x, seen.y])
    for position, row in enumerate(rows.tolist()):
        others = _other_side(seen, row, arrived)
        left_s = seen.at_s[row] + seen.ttl_s[row] - now
        if len(others) < 2 or left_s <= 0:
            continue
        rate = np.exp((seen.at_s[others] - now) / memory_s) / lately_s
        expected = _density(points[others], points[row]) * _disc(seen, row, others) * rate * left_s
        hopes[position] = _best(expected, seen.utility(others, np.full_like(others, row)))
    return hopes


def _other_side(seen: Instance, row: int, arrived: int) -> Ints:
    others: Ints = np.flatnonzero(seen.is_task[:arrived] != seen.is_task[row])
    return others


def _disc(seen: Instance, row: int, others: Ints) -> Floats:
    """The area within which each would be a partner."""
    area: Floats = np.pi * (seen.reach[others] + seen.reach[row]) ** 2
    return area


def _density(points: Floats, at: Floats) -> Floats:
    """The kernel of each point at a place, per unit of volume."""
    count, dimensions = points.shape
    spread = np.maximum(points.std(axis=0, ddof=1), 1e-9)
    width = spread * count ** (-1 / (dimensions + 4))
    away = (((points - at) / width) ** 2).sum(axis=1)
    kernel: Floats = np.exp(-away / 2) / ((2 * np.pi) ** (dimensions / 2) * width.prod())
    return kernel


def _best(expected: Floats, utility: Ints) -> float:
    """The expected greatest utility, when partners like these come in these expected numbers."""
    order = np.argsort(-utility, kind="stable")
    at_least_one = -np.expm1(-np.cumsum(expected[order]))
    return float((utility[order] * np.diff(at_least_one, prepend=0.0)).sum())
