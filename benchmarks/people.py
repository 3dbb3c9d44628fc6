"""A generated city's taskers and a day's chores, as the matcher takes them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import numpy as np

from geo.areas import covers
from geo.cells import cell_of, centre_of
from geo.distance import great_circle_m
from geo.travel import Mode
from matching.arrays import Floats
from matching.availability import Interval, available
from matching.building import Chore, Tasker
from matching.policy import PolicyDocument
from matching.wave import match_by
from seed_data.city import Chore as Drawn
from seed_data.city import City
from seed_data.demand import demand
from seed_data.taskers import generate_taskers

AHEAD = timedelta(days=9)
NOW_WINDOW = timedelta(hours=3)
MOST_NEAR = 200
"""Of each chore's possible taskers the nearest so many are looked at, as in the service's
estimates."""


def taskers_of(city: City, day: date, n: int, seed: int) -> dict[str, Tasker]:
    """So many taskers by id, with their free time from the day's first moment on."""
    zone = city.market.zone
    start = datetime.combine(day, time(0), zone)
    during = Interval(start, start + AHEAD)
    drawn = generate_taskers(city, n, np.random.default_rng(seed))
    found = {}
    for each in drawn:
        free = available(each.hours, {}, zone, during)
        found[each.id] = Tasker(
            id=each.id,
            base=each.home,
            rates={skill.category: skill.rate for skill in each.skills},
            area=each.area,
            same_day_area=each.same_day_area,
            free_s=[(span.start.timestamp(), span.end.timestamp()) for span in free],
            mode=Mode.named(each.mode),
            min_notice_s=60.0 * each.minimum_notice_minutes,
            max_day_s=60.0 * each.most_minutes_a_day,
            max_distance_m=float(each.furthest_m),
            finished_bookings=5,
        )
    return found


def chores_of(
    city: City, day: date, n: int, hours: range, seed: int, policy: PolicyDocument
) -> dict[str, Chore]:
    """The chores, by id, of a day on which `n` are expected, as far as posted in these hours of the
    market's wall clock.
    """
    drawn = demand(city, day, n, np.random.default_rng(seed + 1))
    return {
        f"c{number}": _chore(f"c{number}", each, policy)
        for number, each in enumerate(drawn)
        if each.posted_at.astimezone(city.market.zone).hour in hours
    }


def _chore(name: str, drawn: Drawn, policy: PolicyDocument) -> Chore:
    duration = timedelta(minutes=drawn.duration_minutes)
    start, end = drawn.window or (drawn.posted_at, drawn.posted_at + duration + NOW_WINDOW)
    until = match_by(
        policy.for_category(drawn.category),
        wanted_now=drawn.window is None,
        posted_at=drawn.posted_at,
        window_end=end,
        duration=duration,
    )
    return Chore(
        id=name,
        client_id=f"client of {name}",
        category=drawn.category,
        cell=cell_of(drawn.point),
        window_start_s=start.timestamp(),
        window_end_s=end.timestamp(),
        duration_s=duration.total_seconds(),
        posted_at_s=drawn.posted_at.timestamp(),
        match_by_s=until.timestamp(),
        wanted_now=drawn.window is None,
        budget_per_h=drawn.budget_rate,
    )


def near(
    chores: Mapping[str, Chore], taskers: Mapping[str, Tasker], policy: PolicyDocument
) -> dict[str, list[str]]:
    """For each chore the taskers who could ever be asked, by id: skilled, working there, within the
    widest radius, and the MOST_NEAR nearest of those.
    """
    ids = list(taskers)
    bases = np.array([taskers[each].base for each in ids])
    found = {}
    for chore in chores.values():
        place = np.array([centre_of(chore.cell)])
        metres = great_circle_m(place, bases)
        rows = np.argsort(metres, kind="stable")
        rows = rows[metres[rows] <= policy.for_category(chore.category).radius_cap_m]
        skilled = (ids[row] for row in rows.tolist() if chore.category in taskers[ids[row]].rates)
        working = [each for each in skilled if _works_at(taskers[each], place)]
        found[chore.id] = sorted(working[:MOST_NEAR])
    return found


def _works_at(tasker: Tasker, place: Floats) -> bool:
    areas = [area for area in (tasker.area, tasker.same_day_area) if area is not None]
    return any(bool(covers(area, place)[0]) for area in areas)
