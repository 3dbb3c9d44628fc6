"""What the dispatcher left behind, for those who ask: the rounds of a market."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import Market, Round
from service.errors import UnknownMarket
from service.http.pages import Cut


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
