"""What a city is made of: its market, places, categories, people and chores, as frozen data.

The reader of a folder and the generators both make these; the loader, the simulated people and
the tests take them. Money is in minor units an hour, durations in minutes, places are (lon, lat).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from shapely import Geometry, MultiPolygon

from geo.points import LonLat
from matching.availability import WeeklyHours
from matching.policy import PolicyDocument

PlaceKind = Literal["district", "locality", "park", "river", "no_homes"]
PLACE_KINDS: tuple[PlaceKind, ...] = ("district", "locality", "park", "river", "no_homes")

HIGHEST_RATE_TIMES = 20
"""A rate is refused above so many times what the category's dear taskers take: a slip of the
decimal point. The service refuses it likewise."""

LOWEST_BUDGET_SHARE = 4
"""A budget is refused below this part of what the category's cheap taskers take, likewise."""

Mode = Literal["walk", "bike", "transit", "car", "van"]
MODES: tuple[Mode, ...] = ("walk", "bike", "transit", "car", "van")


@dataclass(frozen=True)
class Market:
    """A city as `market.json` has it. `srid` is the EPSG code of its metric projection."""

    slug: str
    name: str
    zone: ZoneInfo
    currency: str
    srid: int
    centre: LonLat
    turn_around_s: int
    simplify_tolerance_m: float
    policy: PolicyDocument


@dataclass(frozen=True)
class Place:
    """A named place on the base map.

    Districts have a population and a centre, localities a district; `park` and `no_homes` are
    ground nobody lives on.
    """

    id: str
    kind: PlaceKind
    name: str
    shape: Geometry
    population: int = 0
    centre: LonLat | None = None
    district: str | None = None


@dataclass(frozen=True)
class Category:
    """A kind of chore: how long, for how much an hour, how often, at which hours and weekdays.

    `minimum_minutes` are billed at least; generated chores last from `shortest_minutes` to
    `longest_minutes`. `by_hour` has 24 weights, `by_weekday` 7 (Monday first), in wall-clock time.
    """

    slug: str
    name: str
    typical_minutes: int
    shortest_minutes: int
    longest_minutes: int
    minimum_minutes: int
    rate_low: int
    rate_median: int
    rate_high: int
    demand_share: float
    hours: str
    weekdays: str
    by_hour: tuple[float, ...]
    by_weekday: tuple[float, ...]


@dataclass(frozen=True)
class WindowShares:
    """How many chores want somebody now, later today, or on another day; the shares add up to 1."""

    now: float
    today: float
    future: float


@dataclass(frozen=True)
class Skill:
    """A tasker's category and the hourly rate they ask for it."""

    category: str
    rate: int


@dataclass(frozen=True)
class Tasker:
    """A tasker before they have an account; `same_day_area` is None where one area serves both."""

    id: str
    name: str
    home: LonLat
    mode: Mode
    hours: tuple[WeeklyHours, ...]
    skills: tuple[Skill, ...]
    area: MultiPolygon
    same_day_area: MultiPolygon | None
    minimum_notice_minutes: int
    most_minutes_a_day: int
    furthest_m: int


@dataclass(frozen=True)
class Chore:
    """A chore as its client posts it at `posted_at`.

    `window` is None for now, else [start, end); times are aware. `budget_rate` is the most the
    client pays an hour, None for no limit.
    """

    posted_at: datetime
    category: str
    point: LonLat
    address: str
    window: tuple[datetime, datetime] | None
    duration_minutes: int
    budget_rate: int | None
    notes: str


@dataclass(frozen=True)
class City:
    """A market with its boundary, places and categories: all that a generator needs."""

    market: Market
    boundary: MultiPolygon
    places: tuple[Place, ...]
    categories: tuple[Category, ...]
    windows: WindowShares
    with_budget: float

    @cached_property
    def districts(self) -> tuple[Place, ...]:
        """The districts, in the order of the file."""
        return tuple(place for place in self.places if place.kind == "district")

    def localities_of(self, district: str) -> tuple[Place, ...]:
        """The localities of a district, by its id."""
        return tuple(p for p in self.places if p.kind == "locality" and p.district == district)

    def shares(self, attribute: str) -> NDArray[np.float64]:
        """A number of every category (such as `demand_share`), scaled to add up to 1."""
        values = np.array([getattr(c, attribute) for c in self.categories], dtype=np.float64)
        shares: NDArray[np.float64] = values / values.sum()
        return shares


@dataclass(frozen=True)
class CityFolder:
    """Everything that a market folder holds, read and checked whole."""

    city: City
    taskers: tuple[Tasker, ...]
    chores: tuple[Chore, ...]
    simplified: tuple[tuple[str, int, int, float], ...]
    """What was simplified: where, vertices before and after, and the tolerance in metres."""
