"""Reading what an estimate is made of: the policy in force, and who could be in reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of
from matching.building import Chore, Tasker
from matching.chance import AcceptanceModel
from matching.lifecycle import ChoreState
from matching.policy import MatchingPolicy, PolicyDocument
from matching.problem import Market
from service.chores.meaning import Meant, Wish, check_wish
from service.db.tables import new_id
from service.dispatch import queries
from service.dispatch.candidates import Found, Sought, find_candidates
from service.dispatch.facts import TaskerFacts
from service.dispatch.market import RoundMarket, market_of_round
from service.dispatch.queries import DueChore
from service.dispatch.snapshot import chore_of, sought
from service.dispatch.taskers import read_taskers
from service.errors import UnknownMarket

MOST = 200
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RAISED = 1.25
"""Taskers up to so much over the budget are read too, since a higher one is among the changes that
an estimate tries.
"""


@dataclass(frozen=True)
class Basis:
    """What `matching.estimate` takes, and the currency that its rates are in."""

    market: Market
    now_s: float
    policies: PolicyDocument
    chore: Chore
    taskers: Sequence[Tasker]
    acceptance: AcceptanceModel
    currency: str


async def basis_of(session: AsyncSession, *, client_id: UUID, wish: Wish, now: datetime) -> Basis:
    """What there is to make an estimate of. Raises what posting the wish would."""
    meant = await check_wish(session, wish=wish, now=now)
    market = await market_of_round(session, meant.market.id, {meant.version})
    if market is None:
        raise UnknownMarket
    asked = _as_due(client_id, wish, meant, now)
    policy = meant.document.for_category(wish.category)
    found = await _found(session, market, asked, policy, now)
    favourites = frozenset(str(each.tasker_id) for each in found if each.favourite)
    return Basis(
        market=Market(str(market.id), market.zone, market.turn_around_s),
        now_s=now.timestamp(),
        policies=meant.document,
        chore=chore_of(asked, {client_id: favourites}),
        taskers=await _taskers(session, market, asked, found, policy, now),
        acceptance=market.acceptance,
        currency=market.currency,
    )


async def _found(
    session: AsyncSession,
    market: RoundMarket,
    asked: DueChore,
    policy: MatchingPolicy,
    now: datetime,
) -> list[Found]:
    """Whom the last and widest wave would find, for the chore and for a day later, by id."""
    widest = replace(asked, wave=policy.max_waves - 1)
    searched = [_generous(sought(each, market, now)) for each in (widest, _later(widest))]
    found = await find_candidates(
        session, market_id=market.id, srid=market.srid, sought=searched, most=MOST
    )
    return list({each.tasker_id: each for each in found}.values())


async def _taskers(
    session: AsyncSession,
    market: RoundMarket,
    asked: DueChore,
    found: Sequence[Found],
    policy: MatchingPolicy,
    now: datetime,
) -> list[Tasker]:
    """Everybody found with their own areas, and their hours for all that an estimate tries."""
    asked = replace(asked, window_end=asked.window_end + HOUR)
    both = (asked, _later(asked))
    pairs = [replace(each, chore_id=chore.id) for chore in both for each in found]
    read = await read_taskers(session, market, both, pairs, now)
    areas = await queries.areas_of(session, list(read))
    return [
        replace(
            each.tasker,
            area=areas.get((who, "regular")),
            same_day_area=areas.get((who, "same_day")),
            online=_is_fresh(each.facts, policy, now),
        )
        for who, each in read.items()
    ]


def _is_fresh(facts: TaskerFacts, policy: MatchingPolicy, now: datetime) -> bool:
    """Whether a chore for now would find them online."""
    fresh = timedelta(seconds=policy.presence_fresh_s)
    return facts.seen_at is not None and facts.seen_at >= now - fresh


def _later(chore: DueChore) -> DueChore:
    return replace(
        chore,
        id=new_id(),
        wanted_now=False,
        window_start=chore.window_start + DAY,
        window_end=chore.window_end + DAY,
    )


def _generous(chore: Sought) -> Sought:
    """The same search for a budget that may be raised."""
    if chore.budget_rate is None:
        return chore
    return replace(chore, budget_rate=round(chore.budget_rate * RAISED + 1))


def _as_due(client_id: UUID, wish: Wish, meant: Meant, now: datetime) -> DueChore:
    """The chore as a round would see it if it were posted now."""
    return DueChore(
        id=new_id(),
        client_id=client_id,
        category=wish.category,
        cell=cell_of(wish.place),
        window_start=meant.window.start,
        window_end=meant.window.end,
        duration_minutes=wish.minutes,
        created_at=now,
        match_by=meant.match_by,
        wanted_now=meant.window.now,
        budget_rate=wish.budget.amount if wish.budget else None,
        wave=0,
        status=ChoreState.OPEN,
        due_at=now,
        next_wave_at=None,
        policy_version=meant.version,
        minimum_minutes=meant.minimum_minutes,
        last_outcome=None,
    )
