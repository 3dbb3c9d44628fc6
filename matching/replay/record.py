"""The record: what a market saw in some days, in the tables of a problem."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np

from matching.arrays import Floats, Ints
from matching.checks import Column, ProblemRefused, Table
from matching.problem import (
    FAR_FUTURE_S,
    MOST_ROWS,
    Busy,
    Chores,
    Free,
    Links,
    Market,
    Skills,
    Taskers,
)

DAY_S = 86_400


@dataclass(frozen=True, eq=False)
class Stays(Table):
    """Where taskers were while online: rows sorted by (tasker, start), disjoint for a tasker.

    They were heard of at `from_s` and, if `every_s` is finite, again after each such time until
    they left at `until_s`. `place` is the centre of a cell.
    """

    NAME: ClassVar[str] = "stays"

    tasker: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    from_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    until_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    place: Annotated[Floats, Column(np.float64, -180, 180, width=2)]
    every_s: Annotated[Floats, Column(np.float64, 1, FAR_FUTURE_S)]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse_where(self.until_s <= self.from_s, "until_s", "must be after from_s")

    @classmethod
    def none(cls) -> "Stays":
        """Nobody was online."""
        empty = np.zeros(0)
        return cls(np.zeros(0, np.int64), empty, empty, np.zeros((0, 2)), empty)


@dataclass(frozen=True, eq=False)
class Record:
    """A market from `starts_s` to `ends_s`, epoch seconds.

    `chores` are all that were posted in that time, in order of posting; their `match_by_s` is the
    last start (a policy may end it sooner), `policy` and `wave` say nothing. `leaves_at_s` is when
    a client took a chore back, infinite for the others. `taskers` are as they were at the start,
    without presence, which `stays` tell. `busy` is what they had already. `blocked` and
    `favourites` are pairs. Raises ProblemRefused where the tables do not fit together.
    """

    market: Market
    categories: tuple[str, ...]
    starts_s: float
    ends_s: float
    chores: Chores
    leaves_at_s: Floats
    taskers: Taskers
    skills: Skills
    free: Free
    busy: Busy
    stays: Stays = field(default_factory=Stays.none)
    blocked: Links = field(default_factory=Links.none)
    favourites: Links = field(default_factory=Links.none)

    def __post_init__(self) -> None:
        if not self.starts_s < self.ends_s:
            raise ProblemRefused("ends_s", "a record ends after it starts")
        if len(self.leaves_at_s) != len(self.chores):
            raise ProblemRefused("leaves_at_s", "is one for each chore")
        if (np.diff(self.chores.posted_at_s) < 0).any():
            raise ProblemRefused("chores.posted_at_s", "chores come in order of posting")
        for path, rows, limit in (
            ("chores.category", self.chores.category, len(self.categories)),
            ("skills.tasker", self.skills.tasker, len(self.taskers)),
            ("skills.category", self.skills.category, len(self.categories)),
            ("free.tasker", self.free.tasker, len(self.taskers)),
            ("busy.tasker", self.busy.tasker, len(self.taskers)),
            ("stays.tasker", self.stays.tasker, len(self.taskers)),
        ):
            if rows.max(initial=-1) >= limit:
                raise ProblemRefused(path, f"unknown: only {limit} exist")

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.ends_s - self.starts_s) / DAY_S
