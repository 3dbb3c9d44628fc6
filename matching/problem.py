"""The problem of one round: plain frozen tables, checked at construction, arrays inside.

Every table is a set of columns of one length; a row is a chore, a tasker, a skill, a stretch of
time. Columns that point at another table hold row numbers. Times are epoch seconds, distances
metres, money minor units, places (lon, lat) degrees. Whoever has rows rather than columns uses
`matching.building`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.distance import unit_vectors
from geo.travel import Mode, Modes
from matching.arrays import Bools, Floats, Ints
from matching.checks import Column, ProblemRefused, Table, refuse_duplicates
from matching.policy import MatchingPolicy
from matching.wave import deadlines_s, radii_m

FAR_FUTURE_S = 1e11
"""No time in a problem lies beyond (the year 5138); sums of times stay exact to well under a
millisecond.
"""
MONTH_S = 31 * 86_400
MOST_MONEY = 10**9
MOST_ROWS = 2**31 - 1

OFFER, BOOKING = 0, 1
"""What keeps a tasker busy: an unanswered offer, or a booking."""


@dataclass(frozen=True)
class Market:
    """The city a problem is about; its zone decides what "today" is.

    `turnaround_s` is what lies between two bookings of a tasker beyond the travel.
    """

    id: str
    zone: ZoneInfo
    turnaround_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Chores(Table):
    """The chores that are due. `place` is the centre of the chore's cell, never its exact point:
    what the matcher never sees, no answer about distance, travel or areas can give away.
    """

    NAME: ClassVar[str] = "chores"

    ids: tuple[str, ...]
    client_ids: tuple[str, ...]
    category: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    policy: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    place: Annotated[Floats, Column(np.float64, -180, 180, width=2)]
    window_start_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    window_end_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    duration_s: Annotated[Floats, Column(np.float64, 1, MONTH_S)]
    wanted_now: Annotated[Bools, Column(np.bool_)]
    budget_per_h: Annotated[Floats, Column(np.float64, 0, MOST_MONEY, none_allowed=True)]
    minimum_s: Annotated[Ints, Column(np.int64, 0, MONTH_S)]
    posted_at_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    match_by_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    wave: Annotated[Ints, Column(np.int64, 0, 10_000)]
    arrivals_per_h: Annotated[Floats, Column(np.float64, 0, 1e6)]

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_duplicates("chores.ids", self.ids)
        _refuse_lengths("chores.ids", self.ids, self.category)
        _refuse_lengths("chores.client_ids", self.client_ids, self.category)
        too_short = self.window_end_s - self.window_start_s < self.duration_s
        self.refuse_where(too_short, "window_end_s", "the window must hold the duration")
        _refuse_latitudes("chores.place", self.place)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Taskers(Table):
    """The taskers who may be asked. NaN in `presence` means that nothing was reported, in a limit
    or in `acceptance_rate` that there is none. `areas` hold a MultiPolygon for each, or None for
    one who drew none.
    """

    NAME: ClassVar[str] = "taskers"

    ids: tuple[str, ...]
    areas: NDArray[np.object_]
    same_day_areas: NDArray[np.object_]
    base: Annotated[Floats, Column(np.float64, -180, 180, width=2)]
    presence: Annotated[Floats, Column(np.float64, -180, 180, none_allowed=True, width=2)]
    presence_at_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S, none_allowed=True)]
    online: Annotated[Bools, Column(np.bool_)]
    mode: Annotated[Modes, Column(np.int8, min(Mode), max(Mode))]
    min_notice_s: Annotated[Floats, Column(np.float64, 0, MONTH_S, none_allowed=True)]
    max_day_s: Annotated[Floats, Column(np.float64, 0, MONTH_S, none_allowed=True)]
    max_distance_m: Annotated[Floats, Column(np.float64, 0, 4.1e7, none_allowed=True)]
    active_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    booked_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    finished_bookings: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    acceptance_rate: Annotated[Floats, Column(np.float64, 0, 1, none_allowed=True)]

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_duplicates("taskers.ids", self.ids)
        for name in ("ids", "areas", "same_day_areas"):
            _refuse_lengths(f"taskers.{name}", getattr(self, name), self.mode)
        _refuse_latitudes("taskers.base", self.base)
        _refuse_latitudes("taskers.presence", self.presence)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Skills(Table):
    """Who does what for how much: rows sorted by (tasker, category), at most one for each."""

    NAME: ClassVar[str] = "skills"

    tasker: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    category: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    rate_per_h: Annotated[Ints, Column(np.int64, 0, MOST_MONEY)]


@dataclass(frozen=True, eq=False)
class Free(Table):
    """When taskers work: [start, end) each, rows sorted by (tasker, start), disjoint for a
    tasker.
    """

    NAME: ClassVar[str] = "free"

    tasker: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    start_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    end_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse_where(self.end_s <= self.start_s, "end_s", "must be after start_s")
        same = self.tasker[1:] == self.tasker[:-1]
        disorder = (self.tasker[1:] < self.tasker[:-1]) | (
            same & (self.start_s[1:] < self.end_s[:-1])
        )
        self.refuse_where(disorder, "start_s", "rows must be sorted and disjoint for a tasker")


@dataclass(frozen=True, eq=False)
class Busy(Table):
    """What taskers already have: bookings and unanswered offers, [start, end) at a place; rows
    sorted by tasker.
    """

    NAME: ClassVar[str] = "busy"

    tasker: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    start_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    end_s: Annotated[Floats, Column(np.float64, most=FAR_FUTURE_S)]
    place: Annotated[Floats, Column(np.float64, -180, 180, width=2)]
    kind: Annotated[Ints, Column(np.int64, OFFER, BOOKING)]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse_where(self.end_s <= self.start_s, "end_s", "must be after start_s")
        self.refuse_where(self.tasker[1:] < self.tasker[:-1], "tasker", "rows must be sorted")
        _refuse_latitudes("busy.place", self.place)

    @classmethod
    def none(cls) -> "Busy":
        """Nobody has anything."""
        empty, rows = np.zeros(0), np.zeros(0, np.int64)
        return cls(rows, empty, empty, np.zeros((0, 2)), rows)


@dataclass(frozen=True, eq=False)
class Links(Table):
    """Pairs of a chore and a tasker, by row: blocks, refusals, favourites, or the candidates of a
    query.
    """

    NAME: ClassVar[str] = "links"

    chore: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]
    tasker: Annotated[Ints, Column(np.int64, most=MOST_ROWS)]

    @classmethod
    def none(cls) -> "Links":
        """No pairs."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.chore)


@dataclass(frozen=True, eq=False)
class MatchingProblem:
    """One round over one market.

    `blocked` are pairs that must not meet, whoever of the two said so; `refused` those where the
    tasker declined, let a delivered offer expire or cancelled; `asked` those with an unanswered
    offer; `favourites` those the chore's client prefers. `candidates` limits the pairs looked at
    (None: everybody for every chore), sorted by (chore, tasker). Raises ProblemRefused, with the
    field named, if anything does not fit.
    """

    market: Market
    now_s: float
    categories: tuple[str, ...]
    policies: tuple[MatchingPolicy, ...]
    chores: Chores
    taskers: Taskers
    skills: Skills
    free: Free
    busy: Busy
    blocked: Links = field(default_factory=Links.none)
    refused: Links = field(default_factory=Links.none)
    asked: Links = field(default_factory=Links.none)
    favourites: Links = field(default_factory=Links.none)
    candidates: Links | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.market, Market):
            raise ProblemRefused("market", "a window needs a market, whose zone it is read in")
        if not (np.isfinite(self.now_s) and 0 <= self.now_s <= FAR_FUTURE_S):
            raise ProblemRefused("now_s", f"must be a time, not {self.now_s}")
        for path, rows, limit in self._references():
            if len(rows) and rows.max() >= limit:
                row = int(rows.argmax())
                raise ProblemRefused(path, f"unknown: only {limit} exist, not {rows[row]}", row)
        for path, keys in self._sorted_keys():
            if (np.diff(keys) <= 0).any():
                raise ProblemRefused(path, "rows must be sorted, each pair once")

    def knob(self, name: str) -> Floats:
        """A field of the policy for every chore, shape (chores,)."""
        if name not in self._knobs:
            values = np.array([float(getattr(policy, name)) for policy in self.policies])
            self._knobs[name] = values[self.chores.policy]
        return self._knobs[name]

    @cached_property
    def _knobs(self) -> dict[str, Floats]:
        return {}

    @cached_property
    def radii_m(self) -> Floats:
        """How far the wave of each chore reaches, metres, shape (chores,)."""
        base, growth = self.knob("radius_m"), self.knob("radius_growth")
        return radii_m(base, growth, self.knob("radius_cap_m"), self.chores.wave)

    @cached_property
    def rates_per_h(self) -> Ints:
        """Every tasker's rate in every category, shape (taskers, categories); -1 for no skill."""
        rates = np.full((len(self.taskers), len(self.categories)), -1, dtype=np.int64)
        rates[self.skills.tasker, self.skills.category] = self.skills.rate_per_h
        return rates

    @cached_property
    def chore_vectors(self) -> Floats:
        """Where each chore lies on the unit sphere, shape (chores, 3)."""
        return unit_vectors(self.chores.place)

    @cached_property
    def today_ends_s(self) -> float:
        """The next midnight on the market's wall, epoch seconds."""
        today = datetime.fromtimestamp(self.now_s, UTC).astimezone(self.market.zone).date()
        midnight = datetime.combine(today + timedelta(days=1), time(0), self.market.zone)
        return midnight.timestamp()

    @cached_property
    def is_today(self) -> Bools:
        """Whether each chore's window opens today, shape (chores,)."""
        return self.chores.wanted_now | (self.chores.window_start_s < self.today_ends_s)

    @cached_property
    def expiries_s(self) -> Floats:
        """Until when an offer made now may be answered, by chore, epoch seconds."""
        return self.now_s + deadlines_s(
            now_s=self.knob("offer_deadline_now_s"),
            today_s=self.knob("offer_deadline_today_s"),
            future_s=self.knob("offer_deadline_future_s"),
            share=self.knob("offer_deadline_share"),
            wanted_now=self.chores.wanted_now,
            today=self.is_today,
            left_s=np.maximum(self.chores.match_by_s - self.now_s, 0),
        )

    def _references(self) -> list[tuple[str, Ints, int]]:
        chores, taskers = len(self.chores), len(self.taskers)
        rows = [
            ("chores.category", self.chores.category, len(self.categories)),
            ("chores.policy", self.chores.policy, len(self.policies)),
            ("skills.tasker", self.skills.tasker, taskers),
            ("skills.category", self.skills.category, len(self.categories)),
            ("free.tasker", self.free.tasker, taskers),
            ("busy.tasker", self.busy.tasker, taskers),
        ]
        for name, links in self._links():
            rows += [
                (f"{name}.chore", links.chore, chores),
                (f"{name}.tasker", links.tasker, taskers),
            ]
        return rows

    def _sorted_keys(self) -> list[tuple[str, Ints]]:
        skills = self.skills.tasker * len(self.categories) + self.skills.category
        links = [(name, self.key(each.chore, each.tasker)) for name, each in self._links()]
        return [("skills", skills), *links]

    def _links(self) -> list[tuple[str, Links]]:
        named: list[tuple[str, Any]] = [
            (name, getattr(self, name))
            for name in ("blocked", "refused", "asked", "favourites", "candidates")
        ]
        return [(name, links) for name, links in named if links is not None]

    def key(self, chore: Ints, tasker: Ints) -> Ints:
        """One number for each pair; sorted pairs have sorted keys."""
        return chore * len(self.taskers) + tasker


def _refuse_latitudes(path: str, places: Floats) -> None:
    bad = np.abs(places[:, 1]) > 90
    if bad.any():
        row = int(bad.argmax())
        raise ProblemRefused(path, f"latitude must be within +-90, not {places[row, 1]:g}", row)


def _refuse_lengths(path: str, values: Sequence[Any] | NDArray[Any], other: NDArray[Any]) -> None:
    if len(values) != len(other):
        raise ProblemRefused(path, f"has {len(values)} rows, other columns {len(other)}")
