"""The snapshot: due chores and their candidates, read from the tables and made a MatchingProblem.

What the candidates' query left out, the rules never see: the taskers here are active, near, of the
right category, within the budget and willing, and their area covers the chore. Their polygons
therefore stay in the database, and the problem is told that they go everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import numpy as np
from shapely import MultiPolygon, box
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from geo.points import LonLat
from geo.travel import Mode
from matching.availability import Hours, Interval, WeeklyHours, available
from matching.building import Chore, Engagement, Tasker, build_problem
from matching.policy import PolicyDocument
from matching.problem import Market, MatchingProblem
from matching.wave import radius_m
from service.dispatch import queries
from service.dispatch.candidates import Found, Sought, find_candidates
from service.dispatch.market import RoundMarket
from service.dispatch.queries import BusyFact, DueChore, HoursFacts, TaskerFacts

EVERYWHERE = MultiPolygon([box(-180, -90, 180, 90)])
NEARBY = timedelta(hours=12)
"""Engagements further away in time than this cannot collide with a chore, whatever the travel."""
FAIRNESS_SPAN = timedelta(days=7)
ACCEPTANCE_SPAN = timedelta(days=90)


@dataclass(frozen=True)
class Snapshot:
    """A market as a round saw it. `revisions` are the taskers' when they were read; `found` how
    many candidates each chore's query gave; `pairs` who they are.
    """

    market: RoundMarket
    now: datetime
    chores: Mapping[str, DueChore]
    revisions: Mapping[str, int]
    pairs: Sequence[Found]
    problem: MatchingProblem

    def found(self) -> dict[UUID, int]:
        """How many candidates each chore has."""
        counts: dict[UUID, int] = defaultdict(int)
        for pair in self.pairs:
            counts[pair.chore_id] += 1
        return counts


async def take_snapshot(
    session: AsyncSession,
    *,
    market: RoundMarket,
    chores: Sequence[DueChore],
    now: datetime,
    most: int,
    search: Sequence[DueChore] | None = None,
    known: Sequence[Found] = (),
) -> Snapshot:
    """The snapshot of these chores with up to `most` candidates each, found by a search for all of
    them, or for those of `search` while the others' are `known`.
    """
    wanted = chores if search is None else search
    searched = [sought(chore, market, now) for chore in wanted]
    found = await find_candidates(
        session, market_id=market.id, srid=market.srid, sought=searched, most=most
    )
    pairs = _unique([*known, *found])
    taskers = await _read_taskers(session, market, chores, pairs, now)
    revisions = {str(facts.id): facts.revision for facts, _ in taskers}
    favourites = await queries.favourites_of(session, [chore.client_id for chore in chores])
    known_ids = set(revisions)
    problem = build_problem(
        market=Market(str(market.id), market.zone, market.turn_around_s),
        now_s=now.timestamp(),
        policies=PolicyDocument(),
        chores=[_chore(chore, favourites) for chore in chores],
        taskers=[tasker for _, tasker in taskers],
        candidates=[
            (str(p.chore_id), str(p.tasker_id)) for p in pairs if str(p.tasker_id) in known_ids
        ],
    )
    problem = _under_their_policies(problem, market, chores)
    by_id = {str(chore.id): chore for chore in chores}
    return Snapshot(market, now, by_id, revisions, pairs, problem)


def sought(chore: DueChore, market: RoundMarket, now: datetime) -> Sought:
    """A chore as the candidates' search sees it."""
    policy = market.policy(chore.policy_version, chore.category)
    return Sought(
        chore_id=chore.id,
        client_id=chore.client_id,
        category=chore.category,
        centre=centre_of(chore.cell),
        radius_m=radius_m(policy, chore.wave),
        budget_rate=chore.budget_rate,
        today=chore.wanted_now or chore.window_start < market.today_ends(now),
        wanted_now=chore.wanted_now,
        seen_since=now - timedelta(seconds=policy.presence_fresh_s),
    )


def _unique(pairs: Sequence[Found]) -> list[Found]:
    return list({(pair.chore_id, pair.tasker_id): pair for pair in pairs}.values())


def _chore(chore: DueChore, favourites: Mapping[UUID, frozenset[str]]) -> Chore:
    return Chore(
        id=str(chore.id),
        client_id=str(chore.client_id),
        category=chore.category,
        cell=chore.cell,
        window_start_s=chore.window_start.timestamp(),
        window_end_s=chore.window_end.timestamp(),
        duration_s=chore.duration_minutes * 60,
        posted_at_s=chore.created_at.timestamp(),
        match_by_s=chore.match_by.timestamp(),
        wanted_now=chore.wanted_now,
        budget_per_h=chore.budget_rate,
        minimum_s=chore.minimum_minutes * 60,
        wave=chore.wave,
        favourites=favourites.get(chore.client_id, frozenset()),
    )


async def _read_taskers(
    session: AsyncSession,
    market: RoundMarket,
    chores: Sequence[DueChore],
    pairs: Sequence[Found],
    now: datetime,
) -> list[tuple[TaskerFacts, Tasker]]:
    """Everything the rules and costs ask about the candidates, in a handful of queries."""
    wanted = sorted({pair.tasker_id for pair in pairs})
    if not wanted:
        return []
    facts = await queries.tasker_facts(session, wanted)
    spans = _spans(chores, pairs)
    hours = await _hours(session, market, wanted, spans, now)
    latest = max(chore.window_end for chore in chores) + NEARBY
    busy = _by_tasker(await queries.busy_of(session, wanted, market.day_starts(now), latest))
    standing = await queries.standing_of(session, wanted, now - FAIRNESS_SPAN)
    accepts = (
        await queries.acceptance_of(session, wanted, now - ACCEPTANCE_SPAN)
        if _uses_acceptance(market, chores)
        else {}
    )
    rates = _rates(pairs)
    taskers = []
    for each in facts:
        finished, booked_s = standing.get(each.id, (0, 0.0))
        tasker = _tasker(each, rates[each.id], busy.get(each.id, ()))
        tasker = replace(
            tasker,
            free_s=_free(each.id, hours, spans, market),
            active_s=_weekly_s(hours, each.id),
            booked_s=booked_s,
            finished_bookings=finished,
            acceptance_rate=accepts.get(each.id),
        )
        taskers.append((each, tasker))
    return taskers


def _uses_acceptance(market: RoundMarket, chores: Sequence[DueChore]) -> bool:
    return any(
        market.policy(version, category).use_acceptance_rate
        for version, category in _policy_keys(chores)
    )


def _policy_keys(chores: Sequence[DueChore]) -> list[tuple[int, str]]:
    """The versions and categories whose policies hold for these chores."""
    return sorted({(chore.policy_version, chore.category) for chore in chores})


def _under_their_policies(
    problem: MatchingProblem, market: RoundMarket, chores: Sequence[DueChore]
) -> MatchingProblem:
    """The problem with every chore under the version of the policy that it was put under."""
    keys = _policy_keys(chores)
    row_of = {key: row for row, key in enumerate(keys)}
    rows = np.array([row_of[c.policy_version, c.category] for c in chores], dtype=np.int64)
    policies = tuple(market.policy(version, category) for version, category in keys)
    return replace(problem, policies=policies, chores=replace(problem.chores, policy=rows))


def _tasker(facts: TaskerFacts, rates: Mapping[str, int], busy: Sequence[BusyFact]) -> Tasker:
    return Tasker(
        id=str(facts.id),
        base=LonLat(facts.lon, facts.lat),
        rates=rates,
        area=EVERYWHERE,
        busy=[
            Engagement(
                each.starts_at.timestamp(),
                each.ends_at.timestamp(),
                centre_of(each.cell),
                each.is_offer,
            )
            for each in busy
        ],
        mode=Mode.named(facts.mode),
        online=facts.cell is not None,
        presence=centre_of(facts.cell) if facts.cell else None,
        presence_at_s=facts.seen_at.timestamp() if facts.seen_at else None,
        min_notice_s=facts.minimum_notice_minutes * 60,
        max_day_s=facts.most_minutes_a_day * 60,
        max_distance_m=facts.furthest_m,
    )


def _rates(pairs: Sequence[Found]) -> dict[UUID, dict[str, int]]:
    rates: dict[UUID, dict[str, int]] = defaultdict(dict)
    for pair in pairs:
        rates[pair.tasker_id][pair.category] = pair.rate
    return rates


def _spans(chores: Sequence[DueChore], pairs: Sequence[Found]) -> dict[UUID, Interval]:
    """For each tasker the time their hours are asked about: the windows of the later chores they
    might take. Chores for now go to people who are online, whatever their hours.
    """
    windows = {c.id: Interval(c.window_start, c.window_end) for c in chores if not c.wanted_now}
    spans: dict[UUID, Interval] = {}
    for pair in pairs:
        window = windows.get(pair.chore_id)
        if window is None:
            continue
        known = spans.get(pair.tasker_id, window)
        spans[pair.tasker_id] = Interval(min(known.start, window.start), max(known.end, window.end))
    return spans


async def _hours(
    session: AsyncSession,
    market: RoundMarket,
    wanted: Sequence[UUID],
    spans: Mapping[UUID, Interval],
    now: datetime,
) -> HoursFacts:
    day = timedelta(days=1)
    first = market.local_date(min([now, *(span.start for span in spans.values())])) - day
    last = market.local_date(max([now, *(span.end for span in spans.values())])) + day
    return await queries.hours_of(session, wanted, first, last)


def _free(
    tasker_id: UUID, hours: HoursFacts, spans: Mapping[UUID, Interval], market: RoundMarket
) -> list[tuple[float, float]]:
    span = spans.get(tasker_id)
    if span is None:
        return []
    exceptions: dict[date, list[Hours]] = defaultdict(list)
    for on_date, starts, ends in hours.exceptions.get(tasker_id, ()):
        exceptions[on_date] += [Hours(starts, ends)] if starts is not None and ends else []
    weekly = [
        WeeklyHours(weekday, Hours(starts, ends))
        for weekday, starts, ends in hours.weekly.get(tasker_id, ())
    ]
    free = available(weekly, exceptions, market.zone, span)
    return [(each.start.timestamp(), each.end.timestamp()) for each in free]


def _weekly_s(hours: HoursFacts, tasker_id: UUID) -> float:
    """Seconds of a week in which the tasker offers to work: what fairness measures bookings by."""
    return sum(_length_s(starts, ends) for _, starts, ends in hours.weekly.get(tasker_id, ()))


def _length_s(starts: time, ends: time) -> float:
    length = (ends.hour - starts.hour) * 3600 + (ends.minute - starts.minute) * 60
    length += ends.second - starts.second
    return float(length if length > 0 else length + 24 * 3600)


def _by_tasker(busy: Sequence[BusyFact]) -> dict[UUID, list[BusyFact]]:
    found: dict[UUID, list[BusyFact]] = defaultdict(list)
    for each in busy:
        found[each.tasker_id].append(each)
    return found
