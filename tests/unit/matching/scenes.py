"""Small scenes: chores and taskers around the middle of London, at noon of a Tuesday."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from shapely.geometry import MultiPolygon, box

from geo.cells import cell_of, centre_of
from geo.distance import destination
from geo.points import LonLat
from geo.travel import GreatCircleTravel, Mode, Pace
from matching.building import Chore, Engagement, Tasker, build_problem
from matching.engine import match
from matching.policy import MatchingPolicy, PolicyDocument
from matching.problem import Market, MatchingProblem
from matching.result import MatchingResult

NOON = 1_812_024_000.0  # 2027-06-03T12:00:00Z, 13:00 in London
HOUR = 3_600.0
DAY = 24 * HOUR
LONDON = Market("london", ZoneInfo("Europe/London"))
CELL = cell_of(LonLat(-0.1276, 51.5072))
CENTRE = centre_of(CELL)
EVERYWHERE = MultiPolygon([box(-2, 50, 2, 53)])
TRAVEL = GreatCircleTravel({mode: Pace(1.0, 5.0, 0.0) for mode in Mode})
"""Five metres a second, straight: 1 km takes 200 s."""


def at(east_m: float, north_m: float = 0.0) -> LonLat:
    """The place so far from the middle of the scene's cell."""
    return destination(destination(CENTRE, 90, east_m), 0, north_m)


def square(middle: LonLat, reach_deg: float) -> MultiPolygon:
    """An area that reaches so far to all four sides."""
    lon, lat = middle
    return MultiPolygon([box(lon - reach_deg, lat - reach_deg, lon + reach_deg, lat + reach_deg)])


def chore(name: str = "chore", **changes: Any) -> Chore:
    """A chore for tomorrow morning, an hour long within six, posted just now."""
    usual = Chore(
        id=name,
        client_id="client",
        category="mounting",
        cell=CELL,
        window_start_s=NOON + 20 * HOUR,
        window_end_s=NOON + 26 * HOUR,
        duration_s=HOUR,
        posted_at_s=NOON,
        match_by_s=NOON + 25 * HOUR,
    )
    return replace(usual, **changes)


def chore_now(name: str = "chore", **changes: Any) -> Chore:
    """A chore for now: an hour long within four, matched within half an hour."""
    now = {
        "wanted_now": True,
        "window_start_s": NOON,
        "window_end_s": NOON + 4 * HOUR,
        "match_by_s": NOON + HOUR / 2,
    }
    return chore(name, **{**now, **changes})


def tasker(name: str = "tasker", **changes: Any) -> Tasker:
    """Somebody 1 km away with the skill, free all week, working everywhere."""
    usual = Tasker(
        id=name,
        base=at(1_000),
        rates={"mounting": 3_000},
        area=EVERYWHERE,
        free_s=[(NOON - DAY, NOON + 7 * DAY)],
    )
    return replace(usual, **changes)


def problem(
    chores: Chore | list[Chore],
    taskers: Tasker | list[Tasker],
    policy: MatchingPolicy | None = None,
    market: Market = LONDON,
    **more: Any,
) -> MatchingProblem:
    return build_problem(
        market=market,
        now_s=NOON,
        policies=PolicyDocument(default=policy or MatchingPolicy()),
        chores=[chores] if isinstance(chores, Chore) else chores,
        taskers=[taskers] if isinstance(taskers, Tasker) else taskers,
        **more,
    )


def matched(
    chores: Chore | list[Chore],
    taskers: Tasker | list[Tasker],
    policy: MatchingPolicy | None = None,
    **more: Any,
) -> MatchingResult:
    return match(problem(chores, taskers, policy, **more), TRAVEL)


def offered(result: MatchingResult) -> set[tuple[str, str]]:
    """(chore, tasker) of every offer."""
    return {(offer.chore_id, offer.tasker_id) for offer in result.offers}


def refusals(result: MatchingResult, tasker_id: str = "tasker") -> dict[str, Any]:
    """Why the tasker was refused the chore called "chore": facts by rule."""
    refused = {each.tasker_id: each for each in result.outcome("chore").refused}
    return dict(refused[tasker_id].rules) if tasker_id in refused else {}


def random_scene(rng: np.random.Generator, chores: int, taskers: int) -> MatchingProblem:
    """A scene where everything varies: windows, places, budgets, engagements, limits, waves."""
    policy = MatchingPolicy(
        radius_m=float(rng.integers(500, 8_000)),
        max_offers_per_wave=int(rng.integers(1, 4)),
        wanted_fill_chance=float(rng.uniform(0.3, 0.99)),
        pending_offers_per_tasker=int(rng.integers(1, 4)),
        open_chore_cost=int(rng.integers(500, 12_000)),
        fairness_cost=int(rng.integers(0, 2_000)),
    )
    ids = [f"t{n}" for n in range(taskers)]
    return problem(
        [_random_chore(rng, f"c{n}", ids) for n in range(chores)],
        [_random_tasker(rng, each) for each in ids],
        policy,
        market=Market("london", LONDON.zone, float(rng.integers(0, 1_200))),
    )


def _some(rng: np.random.Generator, ids: list[str], chance: float) -> frozenset[str]:
    return frozenset(each for each in ids if rng.random() < chance)


def _random_chore(rng: np.random.Generator, name: str, taskers: list[str]) -> Chore:
    start_s = NOON + float(rng.integers(0, 24)) * HOUR
    duration_s = float(rng.integers(1, 7)) * HOUR / 2
    end_s = start_s + duration_s + float(rng.integers(0, 9)) * HOUR / 2
    return chore(
        name,
        category=str(rng.choice(["mounting", "cleaning"], p=[0.8, 0.2])),
        cell=cell_of(at(float(rng.normal(0, 2_500)), float(rng.normal(0, 2_500)))),
        wanted_now=bool(rng.random() < 0.3),
        window_start_s=start_s,
        window_end_s=end_s,
        duration_s=duration_s,
        posted_at_s=NOON - float(rng.integers(0, 4)) * HOUR,
        match_by_s=end_s - duration_s,
        budget_per_h=None if rng.random() < 0.6 else int(rng.integers(2_000, 5_000)),
        wave=int(rng.integers(0, 3)),
        blocked=_some(rng, taskers, 0.05),
        refused=_some(rng, taskers, 0.05),
        favourites=_some(rng, taskers, 0.05),
    )


def _random_tasker(rng: np.random.Generator, name: str) -> Tasker:
    east, north = float(rng.normal(0, 2_500)), float(rng.normal(0, 2_500))
    base = at(east, north)
    reach = float(rng.uniform(0.01, 0.1))
    busy = []
    if rng.random() < 0.4:
        begins = NOON + float(rng.integers(0, 40)) * HOUR / 2
        there, offer = at(-north, east), bool(rng.random() < 0.3)
        busy = [Engagement(begins, begins + 2 * HOUR, there, offer)]
    return tasker(
        name,
        base=base,
        rates={"mounting": int(rng.integers(1_500, 5_000)), "cleaning": 2_000},
        mode=Mode(int(rng.integers(0, 5))),
        area=square(base, reach),
        online=bool(rng.random() < 0.5),
        presence=at(-east, -north) if rng.random() < 0.5 else None,
        presence_at_s=NOON - float(rng.integers(0, 600)),
        free_s=[(NOON, NOON + 9 * HOUR), (NOON + 18 * HOUR, NOON + 33 * HOUR)],
        busy=busy,
        max_day_s=None if rng.random() < 0.5 else float(rng.integers(1, 6)) * HOUR,
        min_notice_s=None if rng.random() < 0.5 else float(rng.integers(0, 6)) * HOUR,
        max_distance_m=None if rng.random() < 0.7 else float(rng.integers(1_000, 6_000)),
        active_s=float(rng.integers(0, 40)) * HOUR,
        booked_s=float(rng.integers(0, 20)) * HOUR,
        finished_bookings=int(rng.integers(0, 10)),
    )
