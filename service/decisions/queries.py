"""The SQL of decisions: a chore's records, who may ask about them, and the end of old ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import Block, Chore, Decision, Market, Offer, Tasker

MOST_DECISIONS = 200
"""Decisions of one chore that are shown: the newest. A chore has a handful."""


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


@dataclass(frozen=True, slots=True)
class Subject:
    """The chore that is asked about. Money in `currency`."""

    id: UUID
    market_id: int
    client_id: UUID
    currency: str


# Decisions older than their retention, a bounded number at a time; what another process is deleting
# is left to it.
SWEEP = text(
    """
    DELETE FROM decisions USING (
        SELECT id FROM decisions WHERE at < :before ORDER BY at LIMIT :most FOR UPDATE SKIP LOCKED
    ) AS old
    WHERE decisions.id = old.id RETURNING 1
    """
)


SWEEP_ROUNDS = text(
    """
    DELETE FROM rounds USING (
        SELECT id FROM rounds WHERE started_at < :before
        ORDER BY started_at LIMIT :most FOR UPDATE SKIP LOCKED
    ) AS old
    WHERE rounds.id = old.id RETURNING 1
    """
)


async def subject_of(session: AsyncSession, chore_id: UUID) -> Subject | None:
    """A chore, as far as it matters who asks."""
    found = await session.execute(
        select(Chore.id, Chore.market_id, Chore.client_id, Market.currency)
        .join(Market, Market.id == Chore.market_id)
        .where(Chore.id == chore_id)
    )
    row = found.one_or_none()
    return Subject(*row) if row else None


async def decisions_of(session: AsyncSession, chore_id: UUID) -> list[DecisionRow]:
    """A chore's decisions, oldest first."""
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


async def was_offered(session: AsyncSession, chore_id: UUID, tasker_id: UUID) -> bool:
    """The tasker has had an offer of the chore, whatever became of it."""
    offered = exists().where(Offer.chore_id == chore_id, Offer.tasker_id == tasker_id)
    return bool(await session.scalar(select(offered)))


async def are_apart(session: AsyncSession, client_id: UUID, tasker_id: UUID) -> bool:
    """The two are one person, or one of them blocks the other."""
    blocked = exists().where(Block.client_id == client_id, Block.tasker_id == tasker_id)
    return client_id == tasker_id or bool(await session.scalar(select(blocked)))


async def revision_of(session: AsyncSession, tasker_id: UUID) -> int | None:
    """The revision a tasker stands at."""
    return await session.scalar(select(Tasker.revision).where(Tasker.id == tasker_id))


async def sweep(session: AsyncSession, *, before: datetime, most: int) -> int:
    """Delete at most `most` decisions older than `before`; how many."""
    return len((await session.execute(SWEEP, {"before": before, "most": most})).all())


async def sweep_rounds(session: AsyncSession, *, before: datetime, most: int) -> int:
    """Delete at most `most` rounds that began before then; how many."""
    return len((await session.execute(SWEEP_ROUNDS, {"before": before, "most": most})).all())
