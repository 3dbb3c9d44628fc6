"""Draws by name: a number in [0, 1) for a seed and some ids, the same whenever it is asked for."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.arrays import Floats

Keys: TypeAlias = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def keys_of(ids: Iterable[str]) -> Keys:
    """A 64-bit number for each id, shape (n,), the same on every machine."""
    digests = (blake2b(each.encode(), digest_size=8).digest() for each in ids)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def uniform(*keys: Keys) -> Floats:
    """A number in [0, 1) for each row of the keys, shape of the broadcast keys.

    SplitMix64's finisher (Steele, Lea, Flood 2014) over the keys one after another.
    """
    state = np.zeros(1, dtype=np.uint64)
    for key in keys:
        state = _mixed((state ^ key) + GOLDEN)
    numbers: Floats = (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


def _mixed(state: Keys) -> Keys:
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))
