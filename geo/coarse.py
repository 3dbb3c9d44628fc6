"""Distances, times and counts made coarse, so that answers about people do not map their homes.

Rounded up to a step that grows with the value: near enough to decide by, too rough to locate by.
"""

import numpy as np

from geo.points import Floats

DISTANCE_STEPS_M = ((2_000.0, 500.0), (10_000.0, 1_000.0), (np.inf, 5_000.0))
"""(up to this many metres, rounded up to a multiple of this many)."""

DURATION_STEPS_S = ((1_800.0, 300.0), (7_200.0, 900.0), (np.inf, 3_600.0))
"""(up to this many seconds, rounded up to a multiple of this many)."""


def coarse_m(metres: Floats | float) -> Floats:
    """Metres rounded up: to 500 m below 2 km, to 1 km below 10 km, to 5 km beyond."""
    return _rounded_up(metres, DISTANCE_STEPS_M)


def coarse_s(seconds: Floats | float) -> Floats:
    """Seconds rounded up: to 5 minutes in half an hour, 15 in two hours, to hours beyond."""
    return _rounded_up(seconds, DURATION_STEPS_S)


def _rounded_up(values: Floats | float, steps: tuple[tuple[float, float], ...]) -> Floats:
    values = np.asarray(values, dtype=np.float64)
    step = np.select([values <= limit for limit, _ in steps], [size for _, size in steps])
    rounded: Floats = np.ceil(values / step) * step
    return rounded
