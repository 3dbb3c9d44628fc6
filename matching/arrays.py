"""The array types that the matching room speaks in, and what numpy lacks for ragged rows."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

LARGEST_MAPPED = 2**25
"""Bytes of the largest block that moves glibc's thresholds (mallopt(3), M_MMAP_THRESHOLD)."""


def keep_freed_memory() -> None:
    """Has this process keep some tens of MB that large arrays have freed, for those that follow.

    By default glibc gives them back to the system, and a round takes each page anew: 700 page
    faults, one millisecond in ten, for 20,000 pairs. Freeing one large block, never touched, moves
    its thresholds. Without glibc this does nothing.
    """
    np.empty(LARGEST_MAPPED - 2**16, dtype=np.uint8)


def whole_s(times_s: Floats) -> Floats:
    """Times moved to the next whole second; the last bits of a sum do not put them past one."""
    return np.ceil(times_s - 1e-5)


def ranges(first: Ints, count: Ints) -> Ints:
    """The ranges first[i], first[i] + 1, ... of count[i] numbers each, one after another."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total) + np.repeat(first - (ends - count), count)
    return numbers
