"""The town: a hundred taskers on eighteen kilometres square and its chores, drawn from a seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from shapely import MultiPolygon, box

from geo.frame import LocalFrame
from geo.points import LonLat
from matching.availability import Hours, WeeklyHours
from matching.policy import PolicyDocument
from seed_data.city import MODES, Category, City, Market, Skill, Tasker, WindowShares

MIDDLE = LonLat(-0.0553, 51.545)
HALF_M = 9_000.0
ZONE = ZoneInfo("Europe/London")
MORNING = datetime(2027, 6, 7, 7, tzinfo=UTC)
"""Eight o'clock of a Monday in summer."""
POSTING, LIVING = timedelta(hours=10), timedelta(hours=14)
"""Chores are posted for so long, and the day is looked at so long."""
TASKERS, CHORES = 100, 300
CATEGORIES = ("mounting", "cleaning")


@dataclass(frozen=True)
class Wanted:
    """A chore that somebody posts: `between` None for now."""

    at: datetime
    category: str
    place: LonLat
    minutes: int
    between: tuple[datetime, datetime] | None
    client: int


@dataclass(frozen=True)
class Town:
    """A market with its people and what they will want on a day, whatever the policy."""

    city: City
    taskers: tuple[Tasker, ...]
    wanted: tuple[Wanted, ...]


def town_of(seed: int, day: int, slug: str, policy: PolicyDocument) -> Town:
    """The town of a seed on one of its days, as a market called `slug` under a policy. Its people
    are the same on every day, its chores are not.
    """
    rng = np.random.default_rng((seed, 17))
    frame = LocalFrame(MIDDLE)
    edge = _square(frame, HALF_M + 4_000)
    market = Market(slug, "Town", ZONE, "GBP", 27_700, MIDDLE, 900, 5.0, policy)
    flat = (1.0,) * 24, (1.0,) * 7
    categories = tuple(
        Category(name, name, 90, 60, 180, 60, 1_500, 2_500, 4_500, 0.5, "flat", "flat", *flat)
        for name in CATEGORIES
    )
    city = City(market, edge, (), categories, WindowShares(0.2, 0.4, 0.4), 0.0)
    homes = frame.to_lonlat(rng.uniform(-HALF_M, HALF_M, (TASKERS, 2))).tolist()
    taskers = tuple(_tasker(n, LonLat(*home), edge, rng) for n, home in enumerate(homes))
    return Town(city, taskers, _wanted(frame, np.random.default_rng((seed, 19, day))))


def _square(frame: LocalFrame, half_m: float) -> MultiPolygon:
    corners = frame.to_lonlat(np.array([[-half_m, -half_m], [half_m, half_m]]))
    west, south, east, north = map(float, corners.ravel())
    return MultiPolygon([box(west, south, east, north)])


def _tasker(number: int, home: LonLat, area: MultiPolygon, rng: np.random.Generator) -> Tasker:
    """Somebody who works everywhere, some hours of every day, for an hourly rate of their own."""
    starts = int(rng.integers(8, 12))
    hours = Hours(time(starts), time(starts + int(rng.integers(7, 11))))
    both = rng.random() < 0.5
    first = int(rng.integers(2))
    rates = (100 * rng.integers(18, 34, 2)).tolist()
    skills = tuple(Skill(CATEGORIES[n], rates[n]) for n in range(2) if both or n == first)
    return Tasker(
        id=f"tasker-{number:05}",
        name=f"Tasker {number}",
        home=home,
        mode=MODES[int(rng.choice([0, 1, 2, 3], p=[0.2, 0.35, 0.2, 0.25]))],
        hours=tuple(WeeklyHours(day, hours) for day in range(7)),
        skills=skills,
        area=area,
        same_day_area=None,
        minimum_notice_minutes=0,
        most_minutes_a_day=480,
        furthest_m=30_000,
    )


def _wanted(frame: LocalFrame, rng: np.random.Generator) -> tuple[Wanted, ...]:
    moments = np.sort(rng.uniform(0, POSTING.total_seconds(), CHORES))
    places = frame.to_lonlat(rng.uniform(-HALF_M, HALF_M, (CHORES, 2))).tolist()
    return tuple(
        _one(MORNING + timedelta(seconds=int(at)), LonLat(*place), n, rng)
        for n, (at, place) in enumerate(zip(moments.tolist(), places, strict=True))
    )


def _one(at: datetime, place: LonLat, client: int, rng: np.random.Generator) -> Wanted:
    minutes = int(30 * rng.integers(2, 6))
    kind = rng.choice(3, p=[0.2, 0.4, 0.4])
    between = None
    if kind == 1:
        start = at + timedelta(minutes=int(rng.integers(60, 120)))
        between = (start, start + timedelta(minutes=minutes + 120))
    if kind == 2:
        start = datetime.combine(at.date() + timedelta(days=1), time(9 + int(rng.integers(7))), UTC)
        between = (start, start + timedelta(minutes=minutes + 180))
    return Wanted(at, str(rng.choice(CATEGORIES)), place, minutes, between, client % 20)
