"""When things are to happen, and how late they did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

TICK_S = 0.01


def now_us() -> int:
    """Microseconds of the machine's monotonic clock."""
    return time.monotonic_ns() // 1000


def ticks(rate: float, seconds: float) -> list[int]:
    """How many things are due at each tick, a hundred ticks a second, so that `rate` a second come
    about.

    >>> ticks(150, 0.04)
    [1, 2, 1, 2]
    """
    total = [int(rate * TICK_S * k + 1e-9) for k in range(round(seconds / TICK_S) + 1)]
    return [after - before for before, after in pairwise(total)]


async def on_schedule(rate: float, seconds: float, act: Callable[[int, int], None]) -> None:
    """Call `act(count, scheduled_us)` at each tick that has something due, late rather than
    never.
    """
    started = now_us()
    for k, count in enumerate(ticks(rate, seconds)):
        scheduled = started + round(k * TICK_S * 1e6)
        ahead_s = (scheduled - now_us()) / 1e6
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        if count:
            act(count, scheduled)


def percentiles(latencies_us: Sequence[int], *wanted: float) -> list[float]:
    """Percentiles in milliseconds; NaN where nothing arrived."""
    if not latencies_us:
        return [float("nan")] * len(wanted)
    return [round(float(each) / 1000, 2) for each in np.percentile(latencies_us, wanted)]
