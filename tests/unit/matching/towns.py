"""Small towns for replays: chores through a day around one place, taskers at their bases."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import cos, radians
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from shapely import MultiPolygon, box

from geo.cells import cells_of, centres_of
from geo.points import LonLat
from geo.travel import Mode
from matching.chance import FEATURES, AcceptanceModel
from matching.policy import PolicyDocument
from matching.problem import Busy, Chores, Free, Links, Market, Skills, Taskers
from matching.replay.behaviour import Behaviour
from matching.replay.record import Record, Stays

MIDDLE = LonLat(-0.0553, 51.545)
STARTS_S = datetime(2027, 6, 7, tzinfo=UTC).timestamp()
DAY_S, HOUR_S = 86_400.0, 3_600.0
METRES_PER_DEGREE = 111_195.0


def certain(odds: float) -> Behaviour:
    """People who all accept (high odds) or refuse (low ones)."""
    weights = np.zeros(len(FEATURES))
    weights[0] = odds
    return Behaviour(AcceptanceModel(weights))


def places(offsets_m: Sequence[tuple[float, float]]) -> Any:
    """(east, north) of the middle in metres -> degrees."""
    east, north = np.array(offsets_m, dtype=float).reshape(-1, 2).T / METRES_PER_DEGREE
    lon = MIDDLE.lon + east / cos(radians(MIDDLE.lat))
    return np.column_stack([lon, MIDDLE.lat + north])


def town(
    *,
    chores: Sequence[tuple[float, float, float]],
    taskers: Sequence[tuple[float, float]],
    days: int = 1,
    now: Sequence[int] = (),
    area_m: float = 30_000.0,
    blocked: Links | None = None,
) -> Record:
    """Chores are (hour of posting, east, north), an hour long, wanted in the eight hours from two
    hours on, or at once (`now`); taskers, (east, north), work 8:00 to 20:00 and are online then.
    """
    hours = np.array([each[0] for each in chores], dtype=float)
    posted = STARTS_S + hours * HOUR_S
    wanted_now = np.isin(np.arange(len(chores)), now)
    start = np.where(wanted_now, posted, posted + 2 * HOUR_S)
    end = np.where(wanted_now, posted + 4 * HOUR_S, start + 8 * HOUR_S)
    base = places(taskers)
    shape = _square(area_m)
    shifts = [
        (row, STARTS_S + day * DAY_S + 7 * HOUR_S, STARTS_S + day * DAY_S + 19 * HOUR_S)
        for row in range(len(taskers))
        for day in range(days + 2)
    ]
    tasker, begins, ends = (np.array(each) for each in zip(*shifts, strict=True))
    areas = np.full(len(taskers), None, dtype=object)
    areas[:] = shape
    many = len(chores)
    return Record(
        market=Market("town", ZoneInfo("Europe/London"), 900.0),
        categories=("mounting",),
        starts_s=STARTS_S,
        ends_s=STARTS_S + days * DAY_S,
        chores=Chores(
            ids=tuple(f"c{n}" for n in range(many)),
            client_ids=tuple(f"p{n}" for n in range(many)),
            category=np.zeros(many, np.int64),
            policy=np.zeros(many, np.int64),
            place=centres_of(cells_of(places([each[1:] for each in chores]))),
            window_start_s=start,
            window_end_s=end,
            duration_s=np.full(many, HOUR_S),
            wanted_now=wanted_now,
            budget_per_h=np.full(many, np.nan),
            minimum_s=np.full(many, 3600),
            posted_at_s=posted,
            match_by_s=end - HOUR_S,
            wave=np.zeros(many, np.int64),
            arrivals_per_h=np.zeros(many),
        ),
        leaves_at_s=np.full(many, np.inf),
        taskers=_taskers(base, areas),
        skills=Skills(
            np.arange(len(taskers)), np.zeros(len(taskers), np.int64),
            2_000 + 100 * np.arange(len(taskers)),
        ),
        free=Free(tasker, begins, ends),
        busy=Busy.none(),
        stays=Stays(tasker, begins, ends, base[tasker], np.full(len(tasker), 60.0)),
        blocked=blocked or Links.none(),
    )  # fmt: skip


def crowd(seed: int, chores: int = 25, taskers: int = 12, spread_m: float = 3_000.0) -> Record:
    """A busy day drawn from a seed."""
    rng = np.random.default_rng(seed)
    hours = np.sort(rng.uniform(6, 18, chores))
    spots, homes = (rng.normal(0, spread_m, (n, 2)) for n in (chores, taskers))
    return town(
        chores=[(hour, *spot) for hour, spot in zip(hours.tolist(), spots.tolist(), strict=True)],
        taskers=[(east, north) for east, north in homes.tolist()],
        now=rng.choice(chores, chores // 4, replace=False).tolist(),
        area_m=6_000.0,
    )


def policy(**fields: Any) -> PolicyDocument:
    """A market's policy with these fields."""
    return PolicyDocument.model_validate({"default": fields})


def _square(half_m: float) -> MultiPolygon:
    up = half_m / METRES_PER_DEGREE
    side = up / cos(radians(MIDDLE.lat))
    lon, lat = MIDDLE
    return MultiPolygon([box(lon - side, lat - up, lon + side, lat + up)])


def _taskers(base: Any, areas: Any) -> Taskers:
    many = len(base)
    zero, none = np.zeros(many), np.full(many, np.nan)
    return Taskers(
        ids=tuple(f"t{n}" for n in range(many)),
        areas=areas,
        same_day_areas=np.full(many, None, dtype=object),
        base=base,
        presence=np.full((many, 2), np.nan),
        presence_at_s=none,
        online=np.zeros(many, dtype=bool),
        mode=np.full(many, Mode.BIKE, dtype=np.int8),
        min_notice_s=zero,
        max_day_s=np.full(many, 6 * HOUR_S),
        max_distance_m=np.full(many, 20_000.0),
        active_s=np.full(many, 84 * HOUR_S),
        booked_s=zero,
        finished_bookings=np.zeros(many, np.int64),
        acceptance_rate=none,
    )
