"""What the policy says of a wave: its radius, its size, its deadline, and when the next one
is due.
"""

from datetime import datetime, timedelta

import numpy as np

from matching.arrays import Bools, Floats, Ints
from matching.policy import MatchingPolicy


def match_by(
    policy: MatchingPolicy,
    *,
    wanted_now: bool,
    posted_at: datetime,
    window_end: datetime,
    duration: timedelta,
) -> datetime:
    """Until when a chore may be matched: its last possible start, and for a chore for now the
    policy's patience.
    """
    last_start = window_end - duration
    if not wanted_now:
        return last_start
    return min(last_start, posted_at + timedelta(seconds=policy.match_now_within_s))


def radius_m(policy: MatchingPolicy, wave: int) -> float:
    """Metres that wave number `wave` (the first is 0) reaches."""
    # The exponent is bounded so that a chore asked for the hundredth time cannot overflow.
    grown = policy.radius_m * policy.radius_growth ** min(wave, 100)
    return min(grown, policy.radius_cap_m)


def deadlines_s(
    *,
    now_s: Floats,
    today_s: Floats,
    future_s: Floats,
    share: Floats,
    wanted_now: Bools,
    today: Bools,
    left_s: Floats,
) -> Floats:
    """Seconds that offers may stay unanswered, elementwise: the policy's time for a chore wanted
    now, later today or on another day, and never over the policy's `share` of what is left to
    match it (`left_s`).

    At least one second, so that an offer made at the last moment still exists.
    """
    by_kind = np.where(wanted_now, now_s, np.where(today, today_s, future_s))
    return np.maximum(1.0, np.minimum(by_kind, share * left_s))


def radii_m(radius_m: Floats, growth: Floats, cap_m: Floats, wave: Ints) -> Floats:
    """`radius_m` elementwise over columns."""
    return np.minimum(radius_m * growth ** np.minimum(wave, 100), cap_m)


def is_last(policy: MatchingPolicy, wave: int) -> bool:
    """Whether a chore whose wave number `wave` (the first is 0) ended has had all its waves."""
    return wave + 1 >= policy.max_waves


def next_wave_at(policy: MatchingPolicy, wave_started_at: datetime) -> datetime:
    """When a chore whose wave found nobody is due again."""
    return wave_started_at + timedelta(seconds=policy.wave_retry_s)


def round_starts_at(policy: MatchingPolicy, first_work_at: datetime) -> datetime:
    """When a round over work that began to gather at `first_work_at` starts."""
    return first_work_at + timedelta(seconds=policy.gather_s)
