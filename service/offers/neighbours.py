"""Neighbours: which of a tasker's plans collide with a new one, the travel between the places
included.

Of two offers of different rounds, the later was planned with the earlier in view, pending or booked
by then, and with what the round knew of travel: a router's word perhaps, which nobody who holds
locks can ask for. Such a pair is taken as planned: it collides only where less than the turn-around
lies between. Anything else is judged by the same function as in a round
(`matching.schedule.colliding_starts`), on privacy cells as there, by the great circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import numpy as np

from geo.cells import centres_of
from geo.points import Floats
from geo.travel import GreatCircleTravel, Mode
from matching.schedule import colliding_starts


class Plan(Protocol):
    """Work planned at a place, known by its cell, from `starts_at` to `ends_at`."""

    @property
    def cell(self) -> str:
        """The privacy cell of the place."""

    @property
    def starts_at(self) -> datetime:
        """The planned start."""

    @property
    def ends_at(self) -> datetime:
        """The planned end."""

    @property
    def round_id(self) -> UUID:
        """The round that planned it."""


def colliding(plan: Plan, others: Sequence[Plan], *, mode: str, turn_around_s: int) -> list[bool]:
    """For each of `others`, whether one person going by `mode` could not do both it and `plan`."""
    if not others:
        return []
    count = len(others)
    starts_s = plan.starts_at.timestamp()
    in_view = np.array([other.round_id != plan.round_id for other in others])
    here = np.repeat(centres_of([plan.cell]), count, axis=0)
    from_s, until_s = colliding_starts(
        here,
        np.full(count, plan.ends_at.timestamp() - starts_s),
        np.where(in_view[:, None], here, centres_of(other.cell for other in others)),
        (_seconds([o.starts_at for o in others]), _seconds([o.ends_at for o in others])),
        np.full(count, int(Mode.named(mode)), dtype=np.int8),
        turnaround_s=turn_around_s,
        travel=GreatCircleTravel(),
    )
    hit = (from_s < starts_s) & (starts_s < until_s)
    return [bool(each) for each in hit]


def _seconds(times: Sequence[datetime]) -> Floats:
    return np.array([each.timestamp() for each in times])
