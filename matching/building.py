"""Rows in, columns out: a `MatchingProblem` from the chores and taskers one would write down by
hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from shapely.geometry import MultiPolygon

from geo.cells import centre_of
from geo.points import LonLat
from geo.travel import Mode
from matching.checks import ProblemRefused, refuse_duplicates
from matching.policy import MatchingPolicy, PolicyDocument
from matching.pricing import MINIMUM_S
from matching.problem import (
    BOOKING,
    OFFER,
    Busy,
    Chores,
    Free,
    Links,
    Market,
    MatchingProblem,
    Skills,
    Taskers,
)

NOWHERE = (float("nan"), float("nan"))
NONE = float("nan")


class Engagement(NamedTuple):
    """A booking, or an unanswered offer, of a tasker: [start, end) at a place."""

    start_s: float
    end_s: float
    place: LonLat
    is_offer: bool = False


@dataclass(frozen=True)
class Chore:
    """A chore that is due. `cell` is its privacy cell; `wave` counts the waves it has had. The sets
    hold tasker ids; ids of taskers outside the problem are passed over, since nobody asks them
    anyway.
    """

    id: str
    client_id: str
    category: str
    cell: str
    window_start_s: float
    window_end_s: float
    duration_s: float
    posted_at_s: float
    match_by_s: float
    wanted_now: bool = False
    budget_per_h: int | None = None
    minimum_s: int = MINIMUM_S
    wave: int = 0
    arrivals_per_h: float = 0.0
    blocked: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    favourites: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tasker:
    """A tasker. `rates` is the hourly rate by category; `free_s` are [start, end) in epoch seconds,
    in any order; `same_day_area` (None: the ordinary one) holds for chores of today. Limits that
    are None do not exist.
    """

    id: str
    base: LonLat
    rates: Mapping[str, int]
    area: MultiPolygon | None
    same_day_area: MultiPolygon | None = None
    free_s: Sequence[tuple[float, float]] = ()
    busy: Sequence[Engagement] = ()
    mode: Mode = Mode.BIKE
    online: bool = False
    presence: LonLat | None = None
    presence_at_s: float | None = None
    min_notice_s: float | None = None
    max_day_s: float | None = None
    max_distance_m: float | None = None
    active_s: float = 0.0
    booked_s: float = 0.0
    finished_bookings: int = 0
    acceptance_rate: float | None = None


def build_problem(
    *,
    market: Market,
    now_s: float,
    policies: PolicyDocument,
    chores: Sequence[Chore],
    taskers: Sequence[Tasker],
    candidates: Iterable[tuple[str, str]] | None = None,
) -> MatchingProblem:
    """The problem of these rows; `candidates` are (chore id, tasker id), None for everybody.

    Raises ProblemRefused with the field named.
    """
    refuse_duplicates("chores.ids", tuple(c.id for c in chores))
    refuse_duplicates("taskers.ids", tuple(t.id for t in taskers))
    categories = tuple(
        sorted({c.category for c in chores} | {name for t in taskers for name in t.rates})
    )
    rows = _Rows(
        {c.id: n for n, c in enumerate(chores)},
        {t.id: n for n, t in enumerate(taskers)},
        {name: n for n, name in enumerate(categories)},
    )
    return MatchingProblem(
        market=market,
        now_s=now_s,
        categories=categories,
        policies=tuple(policies.for_category(name) for name in categories) or (MatchingPolicy(),),
        chores=_chores(chores, rows),
        taskers=_taskers(taskers),
        skills=_skills(taskers, rows),
        free=_free(taskers),
        busy=_busy(taskers),
        blocked=_links((c.blocked for c in chores), rows),
        refused=_links((c.refused for c in chores), rows),
        asked=_links((c.asked for c in chores), rows),
        favourites=_links((c.favourites for c in chores), rows),
        candidates=None if candidates is None else _candidates(candidates, rows),
    )


class _Rows(NamedTuple):
    """The row of each id."""

    chore: Mapping[str, int]
    tasker: Mapping[str, int]
    category: Mapping[str, int]


def _column(values: Iterable[Any], dtype: Any) -> Any:
    return np.array(list(values), dtype=dtype)


def _or_none(values: Iterable[float | None]) -> Any:
    return _column((NONE if v is None else v for v in values), float)


def _places(places: Iterable[tuple[float, float]]) -> Any:
    return _column(places, float).reshape(-1, 2)


def _chores(chores: Sequence[Chore], rows: _Rows) -> Chores:
    category = _column((rows.category[c.category] for c in chores), np.int64)
    return Chores(
        ids=tuple(c.id for c in chores),
        client_ids=tuple(c.client_id for c in chores),
        category=category,
        policy=category,
        place=_places(_centre(c, n) for n, c in enumerate(chores)),
        window_start_s=_column((c.window_start_s for c in chores), float),
        window_end_s=_column((c.window_end_s for c in chores), float),
        duration_s=_column((c.duration_s for c in chores), float),
        wanted_now=_column((c.wanted_now for c in chores), bool),
        budget_per_h=_or_none(c.budget_per_h for c in chores),
        minimum_s=_column((c.minimum_s for c in chores), np.int64),
        posted_at_s=_column((c.posted_at_s for c in chores), float),
        match_by_s=_column((c.match_by_s for c in chores), float),
        wave=_column((c.wave for c in chores), np.int64),
        arrivals_per_h=_column((c.arrivals_per_h for c in chores), float),
    )


def _centre(chore: Chore, row: int) -> LonLat:
    try:
        return centre_of(chore.cell)
    except ValueError as wrong:
        raise ProblemRefused("chores.cell", str(wrong), row) from None


def _taskers(taskers: Sequence[Tasker]) -> Taskers:
    return Taskers(
        ids=tuple(t.id for t in taskers),
        areas=_objects([t.area for t in taskers]),
        same_day_areas=_objects([t.same_day_area for t in taskers]),
        base=_places(t.base for t in taskers),
        presence=_places(t.presence or NOWHERE for t in taskers),
        presence_at_s=_or_none(t.presence_at_s for t in taskers),
        online=_column((t.online for t in taskers), bool),
        mode=_column((t.mode for t in taskers), np.int8),
        min_notice_s=_or_none(t.min_notice_s for t in taskers),
        max_day_s=_or_none(t.max_day_s for t in taskers),
        max_distance_m=_or_none(t.max_distance_m for t in taskers),
        active_s=_column((t.active_s for t in taskers), float),
        booked_s=_column((t.booked_s for t in taskers), float),
        finished_bookings=_column((t.finished_bookings for t in taskers), np.int64),
        acceptance_rate=_or_none(t.acceptance_rate for t in taskers),
    )


def _objects(values: Sequence[object]) -> Any:
    # np.array would look into geometries that are sequences; filling does not.
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _skills(taskers: Sequence[Tasker], rows: _Rows) -> Skills:
    skills = sorted(
        (n, rows.category[name], rate)
        for n, t in enumerate(taskers)
        for name, rate in t.rates.items()
    )
    tasker, category, rate = _transposed(skills, 3)
    return Skills(_column(tasker, np.int64), _column(category, np.int64), _column(rate, np.int64))


def _free(taskers: Sequence[Tasker]) -> Free:
    spans = [(n, *span) for n, t in enumerate(taskers) for span in _merged(t.free_s)]
    tasker, start, end = _transposed(spans, 3)
    return Free(_column(tasker, np.int64), _column(start, float), _column(end, float))


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same time as sorted, disjoint spans."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _busy(taskers: Sequence[Tasker]) -> Busy:
    spans = [(n, span) for n, t in enumerate(taskers) for span in t.busy]
    return Busy(
        tasker=_column((n for n, _ in spans), np.int64),
        start_s=_column((span.start_s for _, span in spans), float),
        end_s=_column((span.end_s for _, span in spans), float),
        place=_places(span.place for _, span in spans),
        kind=_column((OFFER if span.is_offer else BOOKING for _, span in spans), np.int64),
    )


def _links(sets: Iterable[frozenset[str]], rows: _Rows) -> Links:
    known = sorted(
        (chore, rows.tasker[tasker])
        for chore, taskers in enumerate(sets)
        for tasker in taskers
        if tasker in rows.tasker
    )
    chore, tasker = _transposed(known, 2)
    return Links(_column(chore, np.int64), _column(tasker, np.int64))


def _candidates(pairs: Iterable[tuple[str, str]], rows: _Rows) -> Links:
    found = []
    for chore, tasker in pairs:
        if chore not in rows.chore:
            raise ProblemRefused("candidates.chore", "unknown id", chore)
        if tasker not in rows.tasker:
            raise ProblemRefused("candidates.tasker", "unknown id", tasker)
        found.append((rows.chore[chore], rows.tasker[tasker]))
    chores, taskers = _transposed(sorted(found), 2)
    return Links(_column(chores, np.int64), _column(taskers, np.int64))


def _transposed(rows: Sequence[tuple[Any, ...]], width: int) -> list[Any]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
