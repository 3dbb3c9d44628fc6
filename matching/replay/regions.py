"""The regions of a replay: what share of its chores each part of a market fills, by value, and how
long taskers travel to them.

A region has few chores, so its interval is wide, by the same rule as the market's own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.arrays import Floats, Ints
from matching.replay.forecast import curve
from matching.replay.metrics import METRICS, divided

FILL_RATE, TRAVEL = METRICS[0], next(each for each in METRICS if each.name == "travel_s")
TOO_FEW = "in some draw nothing was booked there"


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

    def trips(self, block: Ints, slot: Ints, travel_s: Floats, lanes: int) -> Floats:
        """Of the bookings of so many lanes, by slot (lane x chores + chore), how many there are in
        each region and block of time and the sum of their travel: (2, lanes, regions, blocks).
        """
        region = np.full(len(block), -1)
        region[: len(self.of_chore)] = self.of_chore
        lane, chore = np.divmod(slot, max(len(block), 1))
        there = region[chore] >= 0
        shape = (lanes, len(self.names), int(block.max(initial=0)) + 1)
        at = ((lane * shape[1] + region[chore]) * shape[2] + block[chore])[there]
        sums = [
            np.bincount(at, each[there], math.prod(shape))
            for each in (np.ones(len(slot)), travel_s.astype(float))
        ]
        return np.array(sums, dtype=float).reshape(2, *shape)


def told(
    regions: Regions,
    filled: Ints,
    posted: Ints,
    trips: Floats,
    weights: Floats,
    labels: Sequence[Any],
    today: int,
    whys: Sequence[str | None],
) -> list[dict[str, Any]]:
    """Of each region that has chores the curves of its fill rate and of the travel to its bookings,
    as JSON: `filled` (variants, draws, regions, blocks), `posted` (regions, blocks), `trips` their
    number and travel (2, variants, draws, regions, blocks), `weights` of the blocks (samples,
    blocks).
    """
    blocks = posted.shape[1]
    weights = weights[:, :blocks]
    rates = _known(divided(filled @ weights.T, posted @ weights.T))
    number, travel_s = trips @ weights.T
    travel = _known(divided(travel_s, number))
    return [
        {
            "name": name,
            "chores": int(posted[n].sum()),
            "points": [
                point.document()
                for point in curve(FILL_RATE, rates[:, :, n], labels, today, blocks, whys)
            ],
            "travel": [
                point.document()
                for point in curve(
                    TRAVEL, travel[:, :, n], labels, today, blocks,
                    _enough(travel[:, :, n], today, whys),
                )
            ],
        }
        for n, name in enumerate(regions.names)
        if posted[n].any()
    ]  # fmt: skip


def _known(values: Floats) -> Floats:
    """A resample that has none of a region's chores tells nothing of it: as it was played."""
    return np.where(np.isnan(values), values[..., :1], values)


def _enough(values: Floats, today: int, whys: Sequence[str | None]) -> list[str | None]:
    """Why nothing is told of each variant: as before, or that a draw of it or of today's has no
    value, (variants, draws, samples).
    """
    missing = [bool(np.isnan(each[:, 0]).any()) for each in values]
    return [
        why or (TOO_FEW if missing[n] or missing[today] else None) for n, why in enumerate(whys)
    ]
