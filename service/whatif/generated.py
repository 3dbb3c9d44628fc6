"""A basis where nothing was recorded: the city's generated taskers and demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from matching.replay.behaviour import Behaviour
from matching.replay.sweep import Basis
from seed_data.city import City
from seed_data.replays import generated_record

FIRST_DAY = date(2027, 6, 7)
"""The Monday of an ordinary week."""


@dataclass(frozen=True)
class Size:
    """How large a generated city is."""

    days: int = 7
    taskers: int = 5_000
    chores_a_day: int = 2_000

    @classmethod
    def of(cls, days: int, taskers: int) -> Size:
        """For a market of so many taskers: as many chores a day for each as by default."""
        most = min(max(taskers, 100), cls.taskers)
        return cls(days, most, most * cls.chores_a_day // cls.taskers)


def generated_basis(city: City, size: Size, draws: int, seed: int) -> Basis:
    """So many draws of luck in one generated city: the same seed gives the same.

    Nobody has answered an offer there, so people answer as the prior of the acceptance model says,
    and how wrong that may be is in no interval.
    """
    record = generated_record(
        city, FIRST_DAY, size.days, size.taskers, float(size.chores_a_day), seed
    )
    seeds = tuple(seed * 1_000 + draw for draw in range(draws))
    return Basis(record, (Behaviour(),) * draws, seeds)
