"""The snapshot: due chores and their candidates, read from the tables and made a MatchingProblem.

What the candidates' query left out, the rules never see: the taskers here are active, near, of the
right category, within the budget and willing, and their area covers the chore. Their polygons
therefore stay in the database, and the problem is told that they go everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from matching.availability import Interval
from matching.building import Chore, build_problem
from matching.policy import PolicyDocument
from matching.problem import Market, MatchingProblem
from matching.wave import radius_m
from service.dispatch.arrivals import arrivals_per_h
from service.dispatch.candidates import Found, Sought, find_candidates
from service.dispatch.market import RoundMarket
from service.dispatch.planner import index_scans
from service.dispatch.queries import DueChore
from service.dispatch.taskers import NOBODY, Read, read_taskers

EVERY_DAY = 0b111_1111
"""The hours of those who are online do not bind them for a chore for now."""


@dataclass(frozen=True)
class Snapshot:
    """A market as a round saw it: `pairs` are the candidates that each chore's query gave, `read`
    what was read of them.
    """

    market: RoundMarket
    now: datetime
    chores: Mapping[str, DueChore]
    pairs: Sequence[Found]
    read: Mapping[UUID, Read]
    problem: MatchingProblem

    @cached_property
    def revisions(self) -> Mapping[str, int]:
        """The taskers' revisions when they were read."""
        return {str(who): each.facts.revision for who, each in self.read.items()}

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
    thin: Sequence[DueChore] = (),
    before: Snapshot | None = None,
) -> Snapshot:
    """The snapshot of these chores with up to `most` candidates each; or the one `before`, in which
    those that are `thin` have that many.
    """
    searched = [sought(chore, market, now) for chore in (chores if before is None else thin)]
    again = {chore.id for chore in thin}
    others = [pair for pair in before.pairs if pair.chore_id not in again] if before else []
    async with index_scans(session):
        found = await find_candidates(
            session, market_id=market.id, srid=market.srid, sought=searched, most=most
        )
        pairs = _unique([*others, *found])
        known = before.read if before else NOBODY
        read = await read_taskers(session, market, chores, pairs, now, known)
    favourites = _favourites(chores, pairs)
    arrivals = await _arrivals(session, market, chores, now)
    problem = build_problem(
        market=Market(str(market.id), market.zone, market.turn_around_s),
        now_s=now.timestamp(),
        policies=PolicyDocument(),
        chores=[chore_of(chore, favourites, arrivals.get(chore.id, 0.0)) for chore in chores],
        taskers=[each.tasker for each in read.values()],
        candidates=[(str(p.chore_id), str(p.tasker_id)) for p in pairs if p.tasker_id in read],
    )
    problem = under_their_policies(problem, market, chores)
    by_id = {str(chore.id): chore for chore in chores}
    return Snapshot(market, now, by_id, pairs, read, problem)


def sought(chore: DueChore, market: RoundMarket, now: datetime) -> Sought:
    """A chore as the candidates' search sees it."""
    policy = market.policy(chore.policy_version, chore.category)
    window = Interval(chore.window_start, chore.window_end)
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
        room=policy.pending_offers_per_tasker,
        weekdays=EVERY_DAY if chore.wanted_now else weekdays_of(window, market.zone),
    )


def weekdays_of(window: Interval, zone: ZoneInfo) -> int:
    """The weekdays on which hours that touch the window may begin, a bit for each, Monday's is 1:
    a night may have begun the day before.
    """
    first = window.start.astimezone(zone).toordinal() - 1
    last = window.end.astimezone(zone).toordinal()
    return sum({1 << (day - 1) % 7 for day in range(first, min(last, first + 6) + 1)})


def _unique(pairs: Sequence[Found]) -> list[Found]:
    favourites_last = sorted(pairs, key=lambda pair: pair.favourite)
    return list({(pair.chore_id, pair.tasker_id): pair for pair in favourites_last}.values())


def _favourites(chores: Sequence[DueChore], pairs: Sequence[Found]) -> dict[UUID, frozenset[str]]:
    """Each client's favourites among the candidates of their chores."""
    client_of = {chore.id: chore.client_id for chore in chores}
    found: dict[UUID, set[str]] = defaultdict(set)
    for pair in pairs:
        if pair.favourite:
            found[client_of[pair.chore_id]].add(str(pair.tasker_id))
    return {client: frozenset(taskers) for client, taskers in found.items()}


async def _arrivals(
    session: AsyncSession, market: RoundMarket, chores: Sequence[DueChore], now: datetime
) -> dict[UUID, float]:
    """How many taskers an hour are expected near the chores that their policy may hold back."""
    holding = [
        sought(chore, market, now)
        for chore in chores
        if market.policy(chore.policy_version, chore.category).hold_s > 0
    ]
    if not holding:
        return {}
    return await arrivals_per_h(
        session, market_id=market.id, srid=market.srid, sought=holding, now=now
    )


def chore_of(
    chore: DueChore, favourites: Mapping[UUID, frozenset[str]], arrivals: float = 0.0
) -> Chore:
    """A chore as the matcher takes it; `arrivals` of taskers near it, expected an hour."""
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
        arrivals_per_h=arrivals,
    )


def _policy_keys(chores: Sequence[DueChore]) -> list[tuple[int, str]]:
    """The versions and categories whose policies hold for these chores."""
    return sorted({(chore.policy_version, chore.category) for chore in chores})


def under_their_policies(
    problem: MatchingProblem, market: RoundMarket, chores: Sequence[DueChore]
) -> MatchingProblem:
    """The problem with every chore under the version of the policy that it was put under."""
    keys = _policy_keys(chores)
    row_of = {key: row for row, key in enumerate(keys)}
    rows = np.array([row_of[c.policy_version, c.category] for c in chores], dtype=np.int64)
    policies = tuple(market.policy(version, category) for version, category in keys)
    return replace(problem, policies=policies, chores=replace(problem.chores, policy=rows))
