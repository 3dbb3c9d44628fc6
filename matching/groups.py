"""Which chores overlap for a tasker: they form a group, of which at most one may be offered."""

import numpy as np

from matching.arrays import Ints
from matching.pairs import Pairs


def overlap_groups(pairs: Pairs, room: Ints) -> Ints:
    """A group number for every pair, shape (n,); pairs of one group are of one tasker.

    Two chores of a tasker fall into one group if their planned times, each stretched by its travel
    from the tasker's base on both sides and the market's turn-around after, overlap, or if others
    link them. Stretched times that do not overlap leave time for the trip between the two chores,
    since no trip is longer than the detour over the base. All pairs of a tasker with `room` for one
    offer are one group: which of them overlap makes no difference.
    """
    several = room[pairs.tasker] > 1
    group = pairs.tasker.copy()
    if several.any():
        group[several] = len(room) + _by_overlap(pairs.only(several))
    return group


def _by_overlap(pairs: Pairs) -> Ints:
    problem = pairs.problem
    begins_s = pairs.start_s - pairs.travel_from_base_s - problem.now_s
    ends_s = pairs.end_s + pairs.travel_from_base_s + problem.market.turnaround_s - problem.now_s
    origin_s = begins_s.min()
    # Each tasker gets a stretch of the time line for themselves, so that one sweep serves all.
    span_s = ends_s.max() - origin_s + 1.0
    offset = pairs.tasker * span_s
    begins = offset + (begins_s - origin_s)
    order = np.argsort(begins)
    ended_by = np.maximum.accumulate((offset + (ends_s - origin_s))[order])
    opens = np.ones(len(pairs), dtype=np.int64)
    opens[1:] = begins[order][1:] >= ended_by[:-1]
    group = np.empty(len(pairs), dtype=np.int64)
    group[order] = np.cumsum(opens) - 1
    return group
