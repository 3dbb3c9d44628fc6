"""The array types that the matching room speaks in, and what numpy lacks for ragged rows."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


def whole_s(times_s: Floats) -> Floats:
    """Times moved to the next whole second; the last bits of a sum do not put them past one."""
    return np.ceil(times_s - 1e-5)


def ranges(first: Ints, count: Ints) -> Ints:
    """The ranges first[i], first[i] + 1, ... of count[i] numbers each, one after another."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total) + np.repeat(first - (ends - count), count)
    return numbers
