"""Plans: what a round means for each chore of a replay, as the dispatcher's plans say it."""

from dataclasses import dataclass

import numpy as np

from matching.arrays import Bools, Floats, Ints

NOT_YET, OPEN, OFFERED, UNFILLED, BOOKED, GONE = range(6)
"""The states of a chore here: not posted yet, the lifecycle's, and whatever ends unmatched."""
HELD_BACK, MADE_OFFERS, FOUND_NOBODY = range(3)
"""What a round did for it; left open and nobody found lead to the same."""

SELDOM = 5
"""An unfilled chore waits so many times as long as one between waves."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Chores as a round found them, in columns: `next_wave_s` is infinite where no wave runs."""

    status: Ints
    wave: Ints
    next_wave_s: Floats
    posted_at_s: Floats
    retry_s: Floats
    hold_s: Floats
    max_waves: Ints


@dataclass(frozen=True, eq=False)
class Next:
    """Where the chores stand after it, in columns; `due_s` of a chore with offers is infinite."""

    status: Ints
    wave: Ints
    due_s: Floats
    next_wave_s: Floats


def next_of(found: Standing, did: Ints, now_s: float) -> Next:
    """What follows for each chore from what the round did for it.

    A wave that found nobody waits its time like any other and is not used up before; after the
    last one the chore is unfilled, and looked at now and then.
    """
    offers, held = did == MADE_OFFERS, did == HELD_BACK
    unfilled = ~offers & ~held & (found.status == UNFILLED)
    early = ~offers & ~held & ~unfilled & (now_s < found.next_wave_s)
    early &= np.isfinite(found.next_wave_s)
    used_up = ~offers & ~held & ~unfilled & ~early
    ended = used_up & (found.wave + 1 >= found.max_waves)
    again_s = now_s + found.retry_s
    status = np.where(offers, OFFERED, np.where(ended, UNFILLED, found.status))
    due_s = np.where(used_up, again_s, np.inf)
    due_s[ended | unfilled] = (now_s + SELDOM * found.retry_s)[ended | unfilled]
    due_s[early] = found.next_wave_s[early]
    due_s[held] = _held_until_s(found, again_s, now_s)[held]
    next_wave_s = np.where(
        used_up & ~ended, again_s, np.where(early | held, found.next_wave_s, np.inf)
    )
    return Next(status, found.wave + (offers | used_up), due_s, next_wave_s)


def exhausted(status: Ints, wave: Ints, max_waves: Ints) -> Bools:
    """Which open chores have had their last wave: they are not matched again."""
    spent: Bools = (status == OPEN) & (wave >= max_waves)
    return spent


def _held_until_s(found: Standing, again_s: Floats, now_s: float) -> Floats:
    until_s = np.minimum(found.posted_at_s + found.hold_s, again_s)
    return np.maximum(until_s, now_s + 1)
