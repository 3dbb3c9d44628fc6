"""Which day it is on the market's wall, for many times at once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from matching.arrays import Floats, Ints

QUARTER_S = 900
"""Every zone's offset is a multiple of 15 minutes, and changes on one."""


def local_days(times_s: Floats, zone: ZoneInfo) -> Ints:
    """The proleptic ordinal of the local date of each time, shape (n,)."""
    quarters, which = np.unique(times_s // QUARTER_S, return_inverse=True)
    days = [
        datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(zone).toordinal()
        for quarter in quarters.tolist()
    ]
    return np.array(days, dtype=np.int64)[which]
