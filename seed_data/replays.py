"""A generated record: days of a city's demand and its taskers, for a replay where nothing was
recorded.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon

from geo.cells import cells_of, centres_of
from geo.travel import Mode
from matching.availability import Interval, available
from matching.problem import Busy, Chores, Free, Market, Skills, Taskers
from matching.replay.record import Record, Stays
from seed_data.city import Chore, City, Tasker
from seed_data.demand import demand
from seed_data.taskers import generate_taskers

AHEAD = timedelta(days=16)
"""Hours are worked out so far beyond the last day: chores are posted up to two weeks ahead."""
NOW_WINDOW = timedelta(hours=3)
"""A chore for now may begin this long after posting, as the service has it."""
HEARD_EVERY_S = 60.0
FINISHED = 5


def generated_record(
    city: City, first: date, days: int, taskers: int, chores_a_day: float, seed: int
) -> Record:
    """`days` of a city from the local date `first`: the same seed gives the same record.

    Taskers are online where they live during their hours, as nothing else is known of them.
    """
    people = generate_taskers(city, taskers, np.random.default_rng(seed))
    rng = np.random.default_rng((seed, 1))
    wanted = [
        each
        for day in range(days)
        for each in demand(city, first + timedelta(days=day), chores_a_day, rng)
    ]
    return record_of(city, people, wanted, _span(city, first, days))


def record_of(
    city: City, people: Sequence[Tasker], wanted: Sequence[Chore], during: Interval
) -> Record:
    """The record of these people and chores (in order of posting)."""
    categories = tuple(category.slug for category in city.categories)
    free = _free(city, people, Interval(during.start, during.end + AHEAD))
    return Record(
        market=Market(city.market.slug, city.market.zone, city.market.turn_around_s),
        categories=categories,
        starts_s=during.start.timestamp(),
        ends_s=during.end.timestamp(),
        chores=_chores(city, wanted, categories),
        leaves_at_s=np.full(len(wanted), np.inf),
        taskers=_taskers(people),
        skills=_skills(people, categories),
        free=free,
        busy=Busy.none(),
        stays=_at_home(people, free, during.end.timestamp()),
    )


def _span(city: City, first: date, days: int) -> Interval:
    start = datetime.combine(first, time(), city.market.zone)
    end = datetime.combine(first + timedelta(days=days), time(), city.market.zone)
    return Interval(start.astimezone(UTC), end.astimezone(UTC))


def _free(city: City, people: Sequence[Tasker], during: Interval) -> Free:
    """Everybody's hours; people share a few hundred weeks, each worked out once."""
    known: dict[object, list[Interval]] = {}
    rows = []
    for row, person in enumerate(people):
        if person.hours not in known:
            known[person.hours] = available(person.hours, {}, city.market.zone, during)
        rows += [
            (row, span.start.timestamp(), span.end.timestamp()) for span in known[person.hours]
        ]
    columns = np.array(rows, dtype=float).reshape(-1, 3)
    return Free(columns[:, 0].astype(np.int64), columns[:, 1], columns[:, 2])


def _at_home(people: Sequence[Tasker], free: Free, ends_s: float) -> Stays:
    homes = centres_of(cells_of(np.array([each.home for each in people]).reshape(-1, 2)))
    now = free.start_s < ends_s
    tasker = free.tasker[now]
    every_s = np.full(len(tasker), HEARD_EVERY_S)
    return Stays(tasker, free.start_s[now], free.end_s[now], homes[tasker], every_s)


def _chores(city: City, wanted: Sequence[Chore], categories: Sequence[str]) -> Chores:
    row_of = {name: row for row, name in enumerate(categories)}
    minimum_s = {each.slug: 60 * each.minimum_minutes for each in city.categories}
    duration_s = np.array([60.0 * each.duration_minutes for each in wanted])
    windows = np.array([_window_s(each) for each in wanted], dtype=float).reshape(-1, 2)
    budgets = [np.nan if each.budget_rate is None else each.budget_rate for each in wanted]
    return Chores(
        ids=tuple(f"chore-{number}" for number in range(len(wanted))),
        client_ids=tuple(f"client-{number}" for number in range(len(wanted))),
        category=np.array([row_of[each.category] for each in wanted], dtype=np.int64),
        policy=np.zeros(len(wanted), dtype=np.int64),
        place=centres_of(cells_of(np.array([each.point for each in wanted]).reshape(-1, 2))),
        window_start_s=windows[:, 0],
        window_end_s=windows[:, 1],
        duration_s=duration_s,
        wanted_now=np.array([each.window is None for each in wanted], dtype=bool),
        budget_per_h=np.array(budgets, dtype=float),
        minimum_s=np.array([minimum_s[each.category] for each in wanted], dtype=np.int64),
        posted_at_s=np.array([each.posted_at.timestamp() for each in wanted]),
        match_by_s=windows[:, 1] - duration_s,
        wave=np.zeros(len(wanted), dtype=np.int64),
        arrivals_per_h=np.zeros(len(wanted)),
    )


def _window_s(chore: Chore) -> tuple[float, float]:
    duration = timedelta(minutes=chore.duration_minutes)
    start, end = chore.window or (chore.posted_at, chore.posted_at + duration + NOW_WINDOW)
    return start.timestamp(), end.timestamp()


def _taskers(people: Sequence[Tasker]) -> Taskers:
    none = np.full(len(people), np.nan)
    zero = np.zeros(len(people))
    return Taskers(
        ids=tuple(each.id for each in people),
        areas=_shapes([each.area for each in people]),
        same_day_areas=_shapes([each.same_day_area for each in people]),
        base=np.array([each.home for each in people]).reshape(-1, 2),
        presence=np.full((len(people), 2), np.nan),
        presence_at_s=none,
        online=np.zeros(len(people), dtype=bool),
        mode=np.array([Mode.named(each.mode) for each in people], dtype=np.int8),
        min_notice_s=np.array([60.0 * each.minimum_notice_minutes for each in people]),
        max_day_s=np.array([60.0 * each.most_minutes_a_day for each in people]),
        max_distance_m=np.array([float(each.furthest_m) for each in people]),
        active_s=np.array([_week_s(each) for each in people]),
        booked_s=zero,
        finished_bookings=np.full(len(people), FINISHED, dtype=np.int64),
        acceptance_rate=none,
    )


def _week_s(person: Tasker) -> float:
    """Seconds of the weekly hours; an end at or before the start lies on the next day."""
    spans = [(each.hours.start, each.hours.end) for each in person.hours]
    minutes = [(b.hour * 60 + b.minute - a.hour * 60 - a.minute) % 1440 or 1440 for a, b in spans]
    return 60.0 * sum(minutes)


def _shapes(areas: Sequence[MultiPolygon | None]) -> NDArray[np.object_]:
    # np.array would look into geometries that are sequences; filling does not.
    column = np.empty(len(areas), dtype=object)
    column[:] = areas
    return column


def _skills(people: Sequence[Tasker], categories: Sequence[str]) -> Skills:
    row_of = {name: row for row, name in enumerate(categories)}
    rows = sorted(
        (row, row_of[skill.category], skill.rate)
        for row, person in enumerate(people)
        for skill in person.skills
    )
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Skills(columns[:, 0], columns[:, 1], columns[:, 2])
