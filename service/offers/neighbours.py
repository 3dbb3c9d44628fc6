"""Neighbours: which of a tasker's plans collide with a new one, the travel between the places
included.

The same function as in a round (`matching.schedule.colliding_starts`), on privacy cells as there,
so that a plan that a round found possible is not refused for another reason than that something
came between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import numpy as np

from geo.cells import centres_of
from geo.points import Floats
from geo.travel import GreatCircleTravel, Mode, TravelModel
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


def colliding(
    plan: Plan,
    others: Sequence[Plan],
    *,
    mode: str,
    turn_around_s: int,
    travel: TravelModel | None = None,
) -> list[bool]:
    """For each of `others`, whether one person going by `mode` could not do both it and `plan`."""
    if not others:
        return []
    count = len(others)
    starts_s = plan.starts_at.timestamp()
    from_s, until_s = colliding_starts(
        np.repeat(centres_of([plan.cell]), count, axis=0),
        np.full(count, plan.ends_at.timestamp() - starts_s),
        centres_of(other.cell for other in others),
        (_seconds([o.starts_at for o in others]), _seconds([o.ends_at for o in others])),
        np.full(count, int(Mode.named(mode)), dtype=np.int8),
        turnaround_s=turn_around_s,
        travel=travel or GreatCircleTravel(),
    )
    hit = (from_s < starts_s) & (starts_s < until_s)
    return [bool(each) for each in hit]


def _seconds(times: Sequence[datetime]) -> Floats:
    return np.array([each.timestamp() for each in times])
