"""Support: how much of what a replay asks of people lies outside of what the record has seen.

The model of acceptance is fitted to offers that were made. Of an offer unlike any of those it says
what its formula happens to say there, which is no knowledge. So the record's range of every feature
is kept, and of each variant the share of offers beyond it.
"""

import numpy as np

from matching.arrays import Floats, Ints
from matching.chance import FEATURES

TAIL = 0.005
"""The share of recorded offers at each end that does not count as having been seen."""


class Support:
    """The range in which offers were seen, and each variant's offers counted against it."""

    def __init__(
        self, variants: int, low: Floats | None = None, high: Floats | None = None
    ) -> None:
        """`low` and `high` by feature; everything was seen where there are none."""
        self.low = np.full(len(FEATURES), -np.inf) if low is None else low
        self.high = np.full(len(FEATURES), np.inf) if high is None else high
        self.offers: Ints = np.zeros(variants, dtype=np.int64)
        self.outside: Ints = np.zeros((variants, len(FEATURES)), dtype=np.int64)

    @classmethod
    def of(cls, variants: int, features: Floats) -> "Support":
        """The range of recorded offers' features, (n, len(FEATURES)), all but the tails."""
        if not len(features):
            return cls(variants)
        low, high = np.quantile(features, (TAIL, 1 - TAIL), axis=0)
        return cls(variants, low, high)

    def count(self, variant: Ints, features: Floats) -> None:
        """Offers go out under these variants."""
        slack = 1e-9 + 0.02 * np.where(np.isfinite(self.high - self.low), self.high - self.low, 0)
        outside = (features < self.low - slack) | (features > self.high + slack)
        np.add.at(self.offers, variant, 1)
        np.add.at(self.outside, variant, outside)

    def shares(self) -> Floats:
        """The share of each variant's offers outside, by feature, (variants, len(FEATURES))."""
        shares: Floats = self.outside / np.maximum(self.offers, 1)[:, None]
        return shares
