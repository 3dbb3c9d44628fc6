"""Rate x time -> price, in integer minor units, rounded in one documented way.

Time is billed as the category's minimum (1 h unless it says otherwise) and then in steps of 15
minutes, each step begun being a step billed. The price is the hourly rate times the billed time,
rounded half up to the minor unit. Never more than twice the planned time is billed, or 4 hours if
that is more: work does run over, but a "finish" that was forgotten must not cost a night.
Everything is integer arithmetic, so the same work costs the same on every machine.
"""

import numpy as np

from matching.arrays import Floats, Ints

MINIMUM_S = 3600
STEP_S = 900
FORGOTTEN_S = 4 * 3600
"""Work up to this long is billed however short its plan was."""


def payable_s(worked_s: float, planned_s: float) -> float:
    """Seconds of `worked_s` that count: at most twice the plan, or FORGOTTEN_S if that is more."""
    return min(worked_s, max(2 * planned_s, FORGOTTEN_S))


def billed_s(worked_s: float, *, minimum_s: int = MINIMUM_S, step_s: int = STEP_S) -> int:
    """Seconds billed for `worked_s` seconds of work.

    Steps are counted from zero, so the result is the least multiple of `step_s` that covers the
    work, and never under `minimum_s`. Raises ValueError if the time is negative or not finite.
    """
    if not (np.isfinite(worked_s) and worked_s >= 0):
        raise ValueError(f"worked_s must be finite and not negative, got {worked_s}")
    steps = -int(-worked_s // step_s)
    return max(minimum_s, steps * step_s)


def price(
    rate_per_h: int, worked_s: float, *, minimum_s: int = MINIMUM_S, step_s: int = STEP_S
) -> int:
    """Price in minor units of `worked_s` seconds at `rate_per_h` minor units an hour.

    Raises ValueError if the rate is negative or the time is negative or not finite.
    """
    if rate_per_h < 0:
        raise ValueError(f"rate_per_h must not be negative, got {rate_per_h}")
    billed = billed_s(worked_s, minimum_s=minimum_s, step_s=step_s)
    return (2 * rate_per_h * billed + 3600) // 7200


def prices(rates_per_h: Ints, worked_s: Floats, *, minimum_s: Ints | int = MINIMUM_S) -> Ints:
    """`price` elementwise over arrays: minor units, int64, shape of the broadcast inputs."""
    steps = np.ceil(worked_s / STEP_S).astype(np.int64)
    billed = np.maximum(np.asarray(minimum_s, dtype=np.int64), steps * STEP_S)
    return (2 * rates_per_h * billed + 3600) // 7200
