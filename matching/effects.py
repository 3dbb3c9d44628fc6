"""Effects: what a switchback shows of the difference between its two policies, and how sure it is.

A figure is a ratio of sums over chores (matched of posted, seconds waited of matched). Its effect
is the ratio under b less that under a, over complete blocks: those in which both arms saw a chore.
Blocks are what chance drew, so the uncertainty is theirs: a jackknife that leaves out one block at
a time, and Student's t. Chores of one block are not independent, and are not counted as if.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np

from matching.arrays import Floats

FEWEST_BLOCKS = 8
"""Below this an interval would be a guess about its own width."""
CONFIDENCE = 0.9
POWER = 0.8


@dataclass(frozen=True, slots=True)
class BlockSums:
    """A figure's sums in one block: numerator and denominator under each arm."""

    number_a: float
    of_a: float
    number_b: float
    of_b: float


@dataclass(frozen=True, slots=True)
class Effect:
    """A figure under each arm, and the standard error of their difference, from so many blocks.

    NaN where there is nothing to divide by, or too few blocks to tell an error.
    """

    a: float
    b: float
    error: float
    blocks: int

    @property
    def effect(self) -> float:
        """What b has more than a."""
        return self.b - self.a

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true effect lies, nine times in ten."""
        if self.blocks < FEWEST_BLOCKS:
            return np.nan, np.nan
        half = t_quantile((1 + CONFIDENCE) / 2, self.blocks - 1) * self.error
        return self.effect - half, self.effect + half


def effect_of(blocks: Sequence[BlockSums]) -> Effect:
    """The effect of b against a on a figure, from the sums of its blocks."""
    sums = np.array(
        [(each.number_a, each.of_a, each.number_b, each.of_b) for each in blocks], dtype=float
    ).reshape(-1, 4)
    sums = sums[(sums[:, 1] > 0) & (sums[:, 3] > 0)]
    total = sums.sum(axis=0)
    a, b = (float(each) for each in _ratios(total[None])[0])
    if len(sums) < FEWEST_BLOCKS:
        return Effect(a, b, np.nan, len(sums))
    ratios = _ratios(total - sums)
    without = ratios[:, 1] - ratios[:, 0]
    spread = float(((without - without.mean()) ** 2).sum())
    return Effect(a, b, sqrt(spread * (len(sums) - 1) / len(sums)), len(sums))


def days_to_see(effect: float, error: float, days: float) -> int:
    """How many days, in pairs, show an `effect` of this size four times in five, given the standard
    error that so many recorded `days` have. Errors shrink with the root of time.

    Raises ValueError for an effect of nothing.
    """
    if not effect:
        raise ValueError("effect: nothing can be seen of nothing")
    normal = NormalDist()
    needed = (normal.inv_cdf((1 + CONFIDENCE) / 2) + normal.inv_cdf(POWER)) * error / abs(effect)
    return max(2, 2 * ceil(days * needed**2 / 2))


def t_quantile(p: float, freedom: int) -> float:
    """Student's t by the expansion of Abramowitz and Stegun, 26.7.5: right to 0.002 from 5 degrees
    of freedom on. Raises ValueError below 1.
    """
    if freedom < 1:
        raise ValueError("freedom: at least one degree")
    z = NormalDist().inv_cdf(p)
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    n = float(freedom)
    return z + g1 / n + g2 / n**2 + g3 / n**3 + g4 / n**4


def _ratios(sums: Floats) -> Floats:
    """(n, 2): the figure under a and b from rows of sums; NaN where nothing is below the line."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Floats = sums[:, (0, 2)] / np.where(sums[:, (1, 3)] > 0, sums[:, (1, 3)], np.nan)
    return ratios
