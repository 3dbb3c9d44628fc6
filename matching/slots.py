"""How many offers each chore's wave may hold, and what each of them is worth."""

from dataclasses import dataclass

import numpy as np

from matching.arrays import Bools, Floats, Ints, ranges
from matching.costs import PricedCandidates, as_units


@dataclass(frozen=True, eq=False)
class Slots:
    """The slots of all waves, sorted by chore: `chore` and `worth` in the solver's units, shape
    (slots,).
    """

    chore: Ints
    worth: Ints

    def size(self, chore: int) -> int:
        """How many slots the wave of a chore has."""
        first, beyond = np.searchsorted(self.chore, [chore, chore + 1])
        return int(beyond - first)


def wave_slots(priced: PricedCandidates, asks: Bools) -> Slots:
    """The slots of the chores that ask for offers in this round.

    A wave holds the least number of offers of which at least one is accepted with the policy's
    wanted chance, if it gets the chore's best candidates, and at most the policy's most. The i-th
    is worth what leaving the chore open costs times the chance that all before it are refused.
    """
    pairs = priced.pairs
    problem = pairs.problem
    count = np.diff(pairs.first_of_chore)
    most = np.minimum(problem.knob("max_offers_per_wave").astype(np.int64), count)
    most = np.where(asks, most, 0)
    still_open = _chance_still_open(priced, most)
    wanted = problem.knob("wanted_fill_chance")
    columns = np.arange(still_open.shape[1])
    # The epsilon keeps a chance that fits exactly from asking one more for a product's last bit.
    needed = (still_open > (1 - wanted)[:, None] * (1 + 1e-9)) & (columns < most[:, None])
    worth = as_units(still_open * priced.open_pence[:, None])
    return Slots(np.nonzero(needed)[0], worth[needed])


def _chance_still_open(priced: PricedCandidates, most: Ints) -> Floats:
    """The chance that the chore is still open when all better candidates have refused.

    Shape (chores, the largest wave): column i for the candidate ranked i, 1 in the first.
    """
    first = priced.pairs.first_of_chore[:-1]
    refusals = np.ones((len(most), max(int(most.max(initial=0)), 1)))
    if refusals.shape[1] == 1:
        return refusals
    chore = np.repeat(np.arange(len(most)), most)
    column = ranges(np.zeros_like(most), most)
    refusals[chore, column] = 1 - priced.chance[priced.ranking[ranges(first, most)]]
    still_open = np.cumprod(refusals, axis=1)
    return np.hstack([np.ones((len(most), 1)), still_open[:, :-1]])
