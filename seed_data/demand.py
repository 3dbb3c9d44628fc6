"""Generated demand: chores as a city's clients post them through a day.

Arrivals are a Poisson process whose rate follows each category's profile of hours and weekdays in
wall-clock time, so the day on which clocks change has 23 or 25 hours of it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from geo.points import Floats, LonLat
from seed_data.city import Category, Chore, City
from seed_data.ground import Ground, Ints, ground_of
from seed_data.names import draw_addresses
from seed_data.windows import draw_window

HOUR = timedelta(hours=1)
BUDGET_STEP = 100
NOTES = (
    "", "", "", "Second floor, no lift.", "Please ring, the bell works.", "Tools are here.",
    "Please bring your own tools.", "There is a friendly dog.", "Parking in front of the house.",
    "Ground floor, step-free.", "Call on arrival, please.", "Materials are bought already.",
    "The entrance is at the back.", "Please take your shoes off.", "Keys are with the neighbour.",
)  # fmt: skip


def demand(city: City, day: date, chores_a_day: float, rng: np.random.Generator) -> Iterator[Chore]:
    """The chores posted on one local calendar day, in order of posting, made hour by hour.

    `chores_a_day` is the mean over a week; busier weekdays get more of it. The same generator
    state gives the same chores.
    """
    ground, zone = ground_of(city), city.market.zone
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    while begins < ends:
        length = min(HOUR, ends - begins)
        rates = arrivals_per_hour(city, begins, chores_a_day) * (length / HOUR)
        counts = rng.poisson(rates)
        kinds = np.repeat(np.arange(len(counts)), counts)
        seconds = rng.uniform(0.0, length.total_seconds(), len(kinds))
        order = np.argsort(seconds, kind="stable")
        moments = [begins + timedelta(milliseconds=int(s * 1000)) for s in seconds[order]]
        yield from draw_chores(ground, moments, kinds[order], rng)
        begins += length


def arrivals_per_hour(city: City, at: datetime, chores_a_day: float) -> Floats:
    """How many chores of each category an hour brings at this time, shape (categories,)."""
    local = at.astimezone(city.market.zone)
    by_hour = [c.by_hour[local.hour] / sum(c.by_hour) for c in city.categories]
    by_weekday = [c.by_weekday[local.weekday()] / sum(c.by_weekday) * 7 for c in city.categories]
    shares = city.shares("demand_share")
    rates: Floats = chores_a_day * shares * np.array(by_hour) * np.array(by_weekday)
    return rates


def chore_at(ground: Ground, at: datetime, rng: np.random.Generator) -> Chore:
    """One chore posted at this moment, of a category that the hour makes likely."""
    rates = arrivals_per_hour(ground.city, at, 1.0)
    weights = rates if rates.any() else np.ones(len(rates))
    kinds = rng.choice(len(rates), size=1, p=weights / weights.sum())
    return draw_chores(ground, [at], kinds, rng)[0]


def draw_chores(
    ground: Ground, moments: Sequence[datetime], kinds: Ints, rng: np.random.Generator
) -> list[Chore]:
    """A chore for each moment (aware), `kinds` being indices of categories, shape (n,)."""
    city, count = ground.city, len(moments)
    districts = ground.draw_districts(count, rng)
    points = ground.draw_homes(districts, rng)
    addresses = draw_addresses(ground.quarters(points, districts), rng)
    minutes = _durations(city, kinds, rng)
    budgets = _budgets(city, kinds, rng)
    notes = rng.integers(0, len(NOTES), count)
    return [
        Chore(
            posted_at=at.astimezone(UTC),
            category=city.categories[kind].slug,
            point=LonLat(*points[n].tolist()),
            address=addresses[n],
            window=draw_window(city, at, int(minutes[n]), rng),
            duration_minutes=int(minutes[n]),
            budget_rate=int(budgets[n]) or None,
            notes=NOTES[notes[n]],
        )
        for n, (at, kind) in enumerate(zip(moments, kinds, strict=True))
    ]


def _durations(city: City, kinds: Ints, rng: np.random.Generator) -> Ints:
    """Minutes in whole quarters of an hour, around the typical, within the category's range."""
    typical, shortest, longest = (
        _of_each(city.categories, kinds, column)
        for column in ("typical_minutes", "shortest_minutes", "longest_minutes")
    )
    drawn = typical * np.exp(rng.normal(0.0, 0.38, len(kinds)))
    quarters = np.round(np.clip(drawn, shortest, longest) / 15) * 15
    return np.maximum(quarters, 15).astype(np.int64)


def _budgets(city: City, kinds: Ints, rng: np.random.Generator) -> Ints:
    """The most a client pays an hour, in whole hundreds; 0 for those who set no limit."""
    median = _of_each(city.categories, kinds, "rate_median")
    drawn = median * np.exp(rng.normal(0.14, 0.22, len(kinds)))
    stated = rng.random(len(kinds)) < city.with_budget
    steps = np.maximum(np.round(drawn / BUDGET_STEP), 1)
    return (steps * BUDGET_STEP * stated).astype(np.int64)


def _of_each(categories: tuple[Category, ...], kinds: Ints, column: str) -> Floats:
    values: Floats = np.array([getattr(c, column) for c in categories], dtype=np.float64)[kinds]
    return values
