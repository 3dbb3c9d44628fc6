"""What the dispatcher left behind, for those who ask: rounds of a market, decisions of a chore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import Chore, Decision, Market, Round
from service.errors import NotFound, UnknownMarket
from service.http.pages import Cut

MOST_DECISIONS = 200
"""Decisions of one chore that are shown: the newest. A chore has a handful."""


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round as its row has it."""

    id: UUID
    market: str
    started_at: datetime
    chores: int
    candidates: int
    offers: int
    dropped: int
    solver: str
    snapshot_ms: float
    solve_ms: float
    write_ms: float


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as its row has it."""

    id: int
    round_id: UUID
    at: datetime
    wave: int
    policy_version: int
    outcome: str
    record: dict[str, Any]


async def rounds_page(session: AsyncSession, *, market: str, cut: Cut) -> list[RoundRow]:
    """A market's rounds, newest first, one more than the page holds. Raises UnknownMarket."""
    market_id = await session.scalar(select(Market.id).where(Market.slug == market))
    if market_id is None:
        raise UnknownMarket
    wanted = (
        select(
            Round.id, Round.started_at, Round.chores, Round.candidates, Round.offers, Round.dropped,
            Round.solver, Round.snapshot_ms, Round.solve_ms, Round.write_ms,
        )
        .where(Round.market_id == market_id)
        .order_by(Round.id.desc())
        .limit(cut.limit + 1)
    )  # fmt: skip
    if cut.before is not None:
        wanted = wanted.where(Round.id < cut.before)
    rows = (await session.execute(wanted)).mappings()
    return [RoundRow(market=market, **row) for row in rows]


async def decisions_of_chore(session: AsyncSession, *, chore_id: UUID) -> list[DecisionRow]:
    """A chore's decisions, oldest first. Raises NotFound."""
    if await session.scalar(select(Chore.id).where(Chore.id == chore_id)) is None:
        raise NotFound
    rows = await session.execute(
        select(
            Decision.id, Decision.round_id, Decision.at, Decision.wave, Decision.policy_version,
            Decision.outcome, Decision.record,
        )
        .where(Decision.chore_id == chore_id)
        .order_by(Decision.id.desc())
        .limit(MOST_DECISIONS)
    )  # fmt: skip
    return [DecisionRow(**row) for row in rows.mappings()][::-1]
