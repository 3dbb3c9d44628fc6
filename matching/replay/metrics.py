"""What came of a replay: fill rate, time to accept, travel, offers, the spread of incomes.

Every measure is taken for each lane as it was played, and again for resamples of its days, drawn
with replacement, the same in every lane, so that what two policies differ in is not what their days
differ in. In a record of less than a week the chores are dealt into hands instead, each with some
of every hour, and these are drawn: the hours of a day differ as a matter of course, not by chance.
How much whole days differ, such a record cannot tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from matching.arrays import Floats, Ints
from matching.replay.record import DAY_S, Record
from matching.replay.run import Played

LEAST_DAYS, HANDS = 7, 28
RESAMPLES = 100


@dataclass(frozen=True, eq=False)
class Lane:
    """One lane's columns: of each chore its block and its offers; of each booking its block, the
    wait from posting, travel, pay and the tasker. `active_h` are the hours each tasker worked or
    was ready to.
    """

    block: Ints
    asked: Ints
    booked_block: Ints
    wait_s: Floats
    travel_s: Floats
    pay: Ints
    tasker: Ints
    active_h: Floats


Measure = Callable[[Lane, Floats], Floats]
"""A lane's value under weights of its blocks, (samples, blocks) -> (samples,)."""


def fill_rate(lane: Lane, weights: Floats) -> Floats:
    """The share of chores that somebody took."""
    return _ratio(lane, weights, np.ones(len(lane.booked_block)), np.ones(len(lane.block)))


def time_to_accept(lane: Lane, weights: Floats) -> Floats:
    """The median time from posting to acceptance of the chores that were taken, seconds."""
    if not len(lane.wait_s):
        return np.full(len(weights), np.nan)
    order = np.argsort(lane.wait_s)
    reached = np.cumsum(weights[:, lane.booked_block[order]], axis=1)
    middle = (reached >= reached[:, -1:] / 2).argmax(axis=1)
    median: Floats = lane.wait_s[order][middle]
    return median


def travel_per_booking(lane: Lane, weights: Floats) -> Floats:
    """Mean travel to a booking, seconds."""
    return _ratio(lane, weights, lane.travel_s, None)


def offers_per_booking(lane: Lane, weights: Floats) -> Floats:
    """How many offers it took to make a booking."""
    blocks = weights.shape[1]
    offers = weights @ np.bincount(lane.block, lane.asked, blocks)
    return divided(offers, weights @ np.bincount(lane.booked_block, minlength=blocks))


def income_spread(lane: Lane, weights: Floats) -> Floats:
    """Gini coefficient of pay per active hour, over the taskers who were active at all: 0 is the
    same for everybody, 1 is all for one.
    """
    blocks, active = weights.shape[1], lane.active_h > 0
    at = lane.booked_block * len(active) + lane.tasker
    pay = np.bincount(at, lane.pay, blocks * len(active)).reshape(blocks, -1)[:, active]
    return _gini(weights @ (pay / lane.active_h[active]))


@dataclass(frozen=True)
class Metric:
    """A measure with what a reader needs to know of it."""

    name: str
    label: str
    unit: str
    better: Literal["higher", "lower"] | None
    most: float
    of: Measure


METRICS: tuple[Metric, ...] = (
    Metric("fill_rate", "Fill rate", "share", "higher", 1.0, fill_rate),
    Metric("time_to_accept_s", "Time to accept, median", "s", "lower", np.inf, time_to_accept),
    Metric("travel_s", "Travel per booking", "s", "lower", np.inf, travel_per_booking),
    Metric("offers", "Offers per booking", "offers", "lower", np.inf, offers_per_booking),
    Metric("income_gini", "Income spread (Gini)", "Gini", "lower", 1.0, income_spread),
)


def measured(played: Played, seed: int) -> Floats:
    """Every metric of every lane, as played and for RESAMPLES of its blocks: shape (metrics,
    variants, draws, 1 + RESAMPLES).
    """
    block, weights = blocks_of(played.record), weights_of(played.record, seed)
    lanes = lanes_of(played, block)
    values = np.array([[metric.of(lane, weights) for lane in lanes] for metric in METRICS])
    return values.reshape(len(METRICS), played.lanes.variants, played.lanes.draws, -1)


def blocks_of(record: Record) -> Ints:
    """The block of each chore: its day, or its hand where there are few days."""
    if record.days < LEAST_DAYS:
        return np.arange(len(record.chores)) % HANDS
    since_s = record.chores.posted_at_s - record.starts_s
    return np.minimum(since_s // DAY_S, _blocks(record) - 1).astype(np.int64)


def lanes_of(played: Played, block: Ints) -> list[Lane]:
    """The columns of each lane."""
    chores, hours = len(played.record.chores), active_h(played.record)
    lane = played.bookings["slot"] // max(chores, 1)
    asked = played.asked.reshape(len(played.lanes), chores)
    return [
        _lane(played, played.bookings.rows(lane == n), block, asked[n], hours)
        for n in range(len(played.lanes))
    ]


def active_h(record: Record) -> Floats:
    """Hours of each tasker within the record: those they keep, or those online if these are
    more.
    """
    kept, online = (
        np.bincount(
            table.tasker,
            np.clip(ends_s, record.starts_s, record.ends_s)
            - np.clip(starts_s, record.starts_s, record.ends_s),
            len(record.taskers),
        )
        for table, starts_s, ends_s in (
            (record.free, record.free.start_s, record.free.end_s),
            (record.stays, record.stays.from_s, record.stays.until_s),
        )
    )
    return np.maximum(kept, online) / 3600


def _lane(played: Played, rows: dict[str, Ints], block: Ints, asked: Ints, hours: Floats) -> Lane:
    chore = rows["slot"] % max(len(block), 1)
    return Lane(
        block=block,
        asked=asked,
        booked_block=block[chore],
        wait_s=rows["accepted_s"] - played.record.chores.posted_at_s[chore],
        travel_s=rows["travel_s"].astype(float),
        pay=rows["pay"],
        tasker=rows["person"] % len(hours),
        active_h=hours,
    )


def _blocks(record: Record) -> int:
    return HANDS if record.days < LEAST_DAYS else round(record.days)


def weights_of(record: Record, seed: int) -> Floats:
    """How often each block counts: once, and as drawn with replacement, (1 + RESAMPLES, blocks)."""
    blocks = _blocks(record)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES)
    return np.vstack([np.ones(blocks), drawn]).astype(float)


def _ratio(lane: Lane, weights: Floats, of_bookings: Floats, of_chores: Floats | None) -> Floats:
    """A sum over bookings, for each chore or (None) for each booking."""
    blocks = weights.shape[1]
    above = weights @ np.bincount(lane.booked_block, of_bookings, blocks)
    at = lane.booked_block if of_chores is None else lane.block
    return divided(above, weights @ np.bincount(at, minlength=blocks))


def divided(above: Floats, below: Floats) -> Floats:
    """Elementwise, NaN where nothing is below."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _gini(incomes: Floats) -> Floats:
    """Of each row."""
    ordered = np.sort(incomes, axis=1)
    many = ordered.shape[1]
    ranks = 2 * np.arange(1, many + 1) - many - 1
    return divided(ordered @ ranks, many * ordered.sum(axis=1))
