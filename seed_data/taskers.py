"""Generated taskers: where they live, where and when they work, what they do and for how much."""

import numpy as np

from geo.points import Floats, LonLat
from seed_data.areas import draw_areas, draw_nearby
from seed_data.city import MODES, City, Tasker
from seed_data.ground import Ground, Ints, Shapes, ground_of
from seed_data.hours import draw_hours
from seed_data.names import draw_names
from seed_data.skills import draw_skills

MODE_SHARES = {"walk": 0.12, "bike": 0.22, "transit": 0.22, "car": 0.30, "van": 0.14}
REACH_M = {"walk": 1_900, "bike": 3_600, "transit": 5_000, "car": 6_500, "van": 8_500}
"""About how far from home people of each mode draw their area."""

FURTHEST_M = {"walk": 5_000, "bike": 10_000, "transit": 15_000, "car": 20_000, "van": 30_000}
WITH_SAME_DAY_AREA = 0.30
NOTICE_MINUTES = {0: 0.45, 30: 0.25, 60: 0.20, 120: 0.10}
DAY_MINUTES = (240, 360, 480, 600)


def generate_taskers(city: City, count: int, rng: np.random.Generator) -> list[Tasker]:
    """`count` taskers of the city; the same generator state gives the same taskers, bit for bit."""
    ground = ground_of(city)
    districts = ground.draw_districts(count, rng)
    homes = ground.draw_homes(districts, rng)
    modes: Ints = rng.choice(len(MODES), size=count, p=[MODE_SHARES[mode] for mode in MODES])
    typical = np.array([REACH_M[mode] for mode in MODES], dtype=np.float64)[modes]
    radius_m = typical * np.exp(rng.normal(0.0, 0.28, count))
    regular = draw_areas(ground, homes, districts, radius_m, rng)
    same_day = _same_day(ground, homes, radius_m, rng)
    columns = zip(
        _ids(count),
        draw_names(count, rng),
        homes.tolist(),
        (MODES[index] for index in modes),
        draw_hours(count, rng),
        draw_skills(city, modes, rng),
        regular,
        same_day,
        rng.choice(list(NOTICE_MINUTES), size=count, p=list(NOTICE_MINUTES.values())).tolist(),
        rng.choice(DAY_MINUTES, size=count).tolist(),
        strict=True,
    )
    return [
        Tasker(
            id=who,
            name=name,
            home=LonLat(*home),
            mode=mode,
            hours=hours,
            skills=skills,
            area=area,
            same_day_area=nearby,
            minimum_notice_minutes=notice,
            most_minutes_a_day=most,
            furthest_m=FURTHEST_M[mode],
        )
        for who, name, home, mode, hours, skills, area, nearby, notice, most in columns
    ]


def _same_day(ground: Ground, homes: Floats, radius_m: Floats, rng: np.random.Generator) -> Shapes:
    """A smaller area for chores of the same day, or None: shape (n,)."""
    areas = np.full(len(homes), None, dtype=object)
    some = np.flatnonzero(rng.random(len(homes)) < WITH_SAME_DAY_AREA)
    shrink = rng.uniform(0.45, 0.75, len(some))
    areas[some] = draw_nearby(ground, homes[some], radius_m[some] * shrink, rng)
    return areas


def _ids(count: int) -> list[str]:
    width = max(5, len(str(count)))
    return [f"tasker-{number:0{width}}" for number in range(1, count + 1)]
