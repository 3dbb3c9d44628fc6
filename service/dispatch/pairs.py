"""One chore and one tasker, as a round would see them, for whoever asks why.

Unlike in a round the tasker is looked at whatever the search thinks of them, so the problem holds
their own areas, and all that stands between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from matching.building import Chore, Tasker, build_problem
from matching.chance import AcceptanceModel
from matching.policy import PolicyDocument
from matching.problem import Market, MatchingProblem
from service.dispatch import queries
from service.dispatch.candidates import Found, find_candidates
from service.dispatch.facts import TaskerFacts
from service.dispatch.market import RoundMarket
from service.dispatch.queries import DueChore
from service.dispatch.snapshot import chore_of, sought, under_their_policies
from service.dispatch.taskers import read_taskers

RIVALS = 20

# The tasker's rate in a category, and what has been between them and the chore.
TIES = text(
    """
    SELECT (SELECT rate FROM skills
            WHERE tasker_id = :tasker AND category = :category AND active),
           EXISTS (SELECT FROM offers WHERE chore_id = :chore AND tasker_id = :tasker
                   AND status = 'pending'),
           EXISTS (SELECT FROM offers WHERE chore_id = :chore AND tasker_id = :tasker
                   AND (status IN ('accepted', 'declined')
                        OR (status = 'expired' AND delivered_at IS NOT NULL)))
    """
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A problem of one chore in which the tasker stands too, and what alone would leave them out
    of the search; no problem for somebody who is not active. `model`: of acceptance.
    """

    problem: MatchingProblem | None
    left_out_by: tuple[str, ...]
    model: AcceptanceModel


async def read_pair(
    session: AsyncSession,
    *,
    market: RoundMarket,
    chore: DueChore,
    tasker_id: UUID,
    now: datetime,
    alone: bool,
) -> Pair:
    """The tasker and the chore as of `now`, among those whom a round would find; or, `alone`, at a
    moment that has passed, without them and without what has been between the two since.
    """
    rate, asked, refused = (
        await session.execute(
            TIES, {"tasker": tasker_id, "chore": chore.id, "category": chore.category}
        )
    ).one()
    own = Found(chore.id, tasker_id, chore.category, rate or 0)
    pairs = [own, *(() if alone else await _rivals(session, market, chore, tasker_id, now))]
    read = await read_taskers(session, market, [chore], pairs, now)
    if tasker_id not in read:
        return Pair(None, ("not_active",), market.acceptance)
    areas = await queries.areas_of(session, [tasker_id])
    own_row = read[tasker_id].tasker
    taskers = {who: each.tasker for who, each in read.items()} | {
        tasker_id: replace(
            own_row,
            area=areas.get((tasker_id, "regular")),
            same_day_area=areas.get((tasker_id, "same_day")),
            rates=own_row.rates if rate else {},
        )
    }
    me = frozenset({str(tasker_id)})
    favourites = await queries.favourites_of(session, [chore.client_id])
    row = replace(
        chore_of(chore, favourites),
        asked=me if asked and not alone else frozenset(),
        refused=me if refused and not alone else frozenset(),
    )
    problem = _problem(market, chore, row, list(taskers.values()), now)
    return Pair(problem, _not_online(read[tasker_id].facts, chore, market, now), market.acceptance)


async def _rivals(
    session: AsyncSession, market: RoundMarket, chore: DueChore, tasker_id: UUID, now: datetime
) -> list[Found]:
    """Whom the search finds, but for the tasker."""
    found = await find_candidates(
        session,
        market_id=market.id,
        srid=market.srid,
        sought=[sought(chore, market, now)],
        most=RIVALS,
    )
    return list({each.tasker_id: each for each in found if each.tasker_id != tasker_id}.values())


def _problem(
    market: RoundMarket, chore: DueChore, row: Chore, taskers: Sequence[Tasker], now: datetime
) -> MatchingProblem:
    problem = build_problem(
        market=Market(str(market.id), market.zone, market.turn_around_s),
        now_s=now.timestamp(),
        policies=PolicyDocument(),
        chores=[row],
        taskers=taskers,
    )
    return under_their_policies(problem, market, [chore])


def _not_online(
    facts: TaskerFacts, chore: DueChore, market: RoundMarket, now: datetime
) -> tuple[str, ...]:
    """A chore for now is offered to those who were heard of lately."""
    fresh = timedelta(seconds=market.policy(chore.policy_version, chore.category).presence_fresh_s)
    online = facts.seen_at is not None and facts.seen_at >= now - fresh
    return () if online or not chore.wanted_now else ("not_online",)
