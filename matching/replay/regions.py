"""The regions of a replay: what share of its chores each part of a market fills, by value.

A region has few chores, so its interval is wide, by the same rule as the market's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.arrays import Floats, Ints
from matching.replay.forecast import curve
from matching.replay.metrics import METRICS, divided


@dataclass(frozen=True, eq=False)
class Regions:
    """Parts of a market by name, and in which of them each chore of a record is (-1: in none)."""

    names: tuple[str, ...] = ()
    of_chore: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def counted(self, block: Ints, chores: NDArray[np.bool_]) -> Ints:
        """How many of some chores, yes or no for each in the last dimension, are in each region and
        block of time: (..., chores) -> (..., regions, blocks).
        """
        shape = (*chores.shape[:-1], len(self.names), int(block.max(initial=0)) + 1)
        there = np.flatnonzero(self.of_chore >= 0)
        at = self.of_chore[there] * shape[-1] + block[there]
        lanes = chores.reshape(-1, chores.shape[-1])[:, there]
        counts = [np.bincount(at[lane], minlength=shape[-2] * shape[-1]) for lane in lanes]
        return np.array(counts, dtype=np.int64).reshape(shape)


def told(
    regions: Regions,
    filled: Ints,
    posted: Ints,
    weights: Floats,
    labels: Sequence[Any],
    today: int,
    whys: Sequence[str | None],
) -> list[dict[str, Any]]:
    """Of each region that has chores the curve of its fill rate, as JSON: `filled` (variants,
    draws, regions, blocks), `posted` (regions, blocks), `weights` of the blocks (samples, blocks).
    """
    blocks = posted.shape[1]
    weights = weights[:, :blocks]
    rates = divided(filled @ weights.T, posted @ weights.T)
    # A resample that has none of a region's chores tells nothing of it.
    rates = np.where(np.isnan(rates), rates[..., :1], rates)
    return [
        {
            "name": name,
            "chores": int(posted[n].sum()),
            "points": [
                point.document()
                for point in curve(METRICS[0], rates[:, :, n], labels, today, blocks, whys)
            ],
        }
        for n, name in enumerate(regions.names)
        if posted[n].any()
    ]
