"""Random rounds over a city of London's size, in arrays, seeded."""

from zoneinfo import ZoneInfo

import numpy as np
from scipy.spatial import KDTree
from shapely.geometry import MultiPolygon, Point

from matching.arrays import Floats, Ints
from matching.policy import MatchingPolicy
from matching.problem import (
    Busy,
    Chores,
    Free,
    Links,
    Market,
    MatchingProblem,
    Skills,
    Taskers,
)

NOW_S = 1_812_024_000.0
HOUR = 3_600.0
MIDDLE = np.array([-0.12, 51.5])
METRES_PER_DEGREE = np.array([69_200.0, 111_200.0])
"""At London's latitude: good enough to draw points and find neighbours."""


def random_round(
    chores: int,
    taskers: int,
    candidates: int = 20,
    *,
    seed: int = 1,
    policy: MatchingPolicy | None = None,
    areas: bool = False,
) -> MatchingProblem:
    """Chores and taskers over 40 km x 40 km, and for each chore its nearest `candidates`.

    Half the chores are for now, the others have windows of four hours within the next twelve; a
    tasker in ten has a booking. With `areas` everybody draws a circle of 10 to 20 km, else a shared
    one holds the city.
    """
    rng = np.random.default_rng(seed)
    places, bases = _places(rng, chores), _places(rng, taskers)
    tree = KDTree(bases * METRES_PER_DEGREE)
    nearest = np.asarray(tree.query(places * METRES_PER_DEGREE, k=candidates)[1], dtype=np.int64)
    booked = np.sort(rng.permutation(taskers)[: taskers // 10])
    begins: Floats = NOW_S + rng.integers(2, 20, len(booked)).astype(float) * HOUR
    return MatchingProblem(
        market=Market("city", ZoneInfo("Europe/London")),
        now_s=NOW_S,
        categories=("one",),
        policies=(policy or MatchingPolicy(radius_m=20_000),),
        chores=_chores(rng, places),
        taskers=_taskers(rng, bases, areas=areas),
        skills=Skills(
            np.arange(taskers), np.zeros(taskers, int), rng.integers(1_500, 5_000, taskers)
        ),
        free=Free(
            np.arange(taskers), np.full(taskers, NOW_S - HOUR), np.full(taskers, NOW_S + 48 * HOUR)
        ),
        busy=Busy(booked, begins, begins + 2 * HOUR, bases[booked], np.ones(len(booked), int)),
        candidates=_links(nearest),
    )


def _places(rng: np.random.Generator, n: int) -> Floats:
    offsets = rng.uniform(-20_000, 20_000, (n, 2)) / METRES_PER_DEGREE
    places: Floats = MIDDLE + offsets
    return places


def _links(nearest: Ints) -> Links:
    chore = np.repeat(np.arange(len(nearest)), nearest.shape[1])
    return Links(chore, np.sort(nearest, axis=1).ravel())


def _chores(rng: np.random.Generator, places: Floats) -> Chores:
    n = len(places)
    wanted_now = rng.random(n) < 0.5
    start_s = np.where(wanted_now, NOW_S, NOW_S + rng.integers(1, 9, n) * HOUR)
    duration_s = rng.integers(2, 7, n) * HOUR / 2
    return Chores(
        ids=tuple(f"c{i}" for i in range(n)),
        client_ids=tuple(f"client{i}" for i in range(n)),
        category=np.zeros(n, int),
        policy=np.zeros(n, int),
        place=places,
        window_start_s=start_s,
        window_end_s=start_s + 4 * HOUR,
        duration_s=duration_s,
        wanted_now=wanted_now,
        budget_per_h=np.full(n, np.nan),
        minimum_s=np.full(n, 3_600),
        posted_at_s=NOW_S - rng.uniform(0, HOUR, n),
        match_by_s=start_s + 4 * HOUR - duration_s,
        wave=np.zeros(n, int),
        arrivals_per_h=np.zeros(n),
    )


def _taskers(rng: np.random.Generator, bases: Floats, *, areas: bool) -> Taskers:
    n = len(bases)
    none = np.full(n, np.nan)
    return Taskers(
        ids=tuple(f"t{i}" for i in range(n)),
        areas=_areas(rng, bases) if areas else _one_area(n),
        same_day_areas=np.full(n, None, dtype=object),
        base=bases,
        presence=np.full((n, 2), np.nan),
        presence_at_s=none,
        online=rng.random(n) < 0.3,
        mode=rng.integers(0, 5, n).astype(np.int8),
        min_notice_s=none,
        max_day_s=none,
        max_distance_m=none,
        active_s=rng.uniform(1, 40, n) * HOUR,
        booked_s=rng.uniform(0, 20, n) * HOUR,
        finished_bookings=rng.integers(0, 30, n),
        acceptance_rate=none,
    )


def _areas(rng: np.random.Generator, bases: Floats) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    areas = np.empty(len(bases), dtype=object)
    areas[:] = [
        MultiPolygon([Point(*base).buffer(reach, quad_segs=10)])
        for base, reach in zip(bases, rng.uniform(0.1, 0.2, len(bases)), strict=True)
    ]
    return areas


def _one_area(n: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    areas = np.empty(n, dtype=object)
    areas[:] = [MultiPolygon([Point(-0.12, 51.5).buffer(1.0)])] * n
    return areas
