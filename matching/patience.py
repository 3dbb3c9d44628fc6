"""What it costs to leave a task waiting, and what chance a worker has of being used otherwise.

Both follow from one rate: the chances per second of one who waits, which is what arrives within
reach, each arrival shared among those who wait for it. Service then comes after an exponential
time, so the numbers below are closed forms; the rates are whatever the caller has seen so far.

With the price of losing a task below the mean wait 1 / chances, a fresh task is worth more than one
that is about to give up (it has longer to wait); above it the one that is about to give up is worth
more (it is about to be lost). One price therefore sweeps from short waits to few losses.
"""

import numpy as np

from matching.arrays import Floats


def cost_of_leaving(chances_per_s: Floats, left_s: Floats, price_s: float) -> Floats:
    """The cost of leaving each task where it is, in seconds of waiting, shape (n,).

    The expected further wait, at most `left_s`, plus `price_s` times the chance that nobody comes
    until then. `chances_per_s` may be 0: then the task waits `left_s` and is lost.
    """
    chances = np.maximum(chances_per_s, TINY)
    lost = np.exp(-chances * left_s)
    cost: Floats = -np.expm1(-chances * left_s) / chances + price_s * lost
    return cost


def chance_of_use(chances_per_s: Floats, left_s: Floats) -> Floats:
    """The chance of each worker to be used within `left_s`, shape (n,), from 0 to 1."""
    chance: Floats = -np.expm1(-chances_per_s * left_s)
    return chance


TINY = 1e-9
"""Chances per second below which nobody is expected at all."""
