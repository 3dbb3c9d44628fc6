"""What operators do by hand, in SQL: people found, chores and bookings of theirs, the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import ChoreState, OfferState
from service.db.tables import Account, AuditEntry, Booking, Chore, Market, Offer, Tasker
from service.http.pages import Cut

MATCHABLE = (ChoreState.OPEN, ChoreState.OFFERED, ChoreState.UNFILLED)
WAITING = (ChoreState.OPEN, ChoreState.UNFILLED)
LIVE = ("scheduled", "en_route", "in_progress")
NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """An account as operators see it; `market` is a tasker's."""

    account: Account
    market: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit, and the name of its operator."""

    entry: AuditEntry
    operator: str


async def accounts_page(
    session: AsyncSession, *, text: str, market_id: int | None, cut: Cut
) -> list[Found]:
    """People whose name or e-mail holds `text`, newest first, one more than the page holds; of a
    market: its taskers, and clients who posted there.
    """
    pattern = "%" + text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    wanted = (
        select(Account, Market.slug)
        .outerjoin(Tasker, Tasker.id == Account.id)
        .outerjoin(Market, Market.id == Tasker.market_id)
        .where(or_(Account.name.ilike(pattern), Account.email.ilike(pattern)))
    )
    if market_id is not None:
        posted = exists().where(Chore.client_id == Account.id, Chore.market_id == market_id)
        wanted = wanted.where(or_(Tasker.market_id == market_id, posted))
    if cut.before is not None:
        wanted = wanted.where(Account.id < cut.before)
    rows = await session.execute(wanted.order_by(Account.id.desc()).limit(cut.limit + 1))
    return [Found(account, slug) for account, slug in rows]


async def profile_market(session: AsyncSession, account_id: UUID) -> tuple[int, str] | None:
    """The market of somebody's tasker profile, id and slug; None without a profile."""
    row = (
        await session.execute(
            select(Market.id, Market.slug)
            .join(Tasker, Tasker.market_id == Market.id)
            .where(Tasker.id == account_id)
        )
    ).one_or_none()
    return None if row is None else (row.id, row.slug)


async def count_pending(session: AsyncSession, tasker_id: UUID) -> int:
    """How many unanswered offers a tasker has."""
    return (
        await session.scalar(
            select(func.count()).where(
                Offer.tasker_id == tasker_id, Offer.status == OfferState.PENDING
            )
        )
        or 0
    )


async def live_bookings(session: AsyncSession, account_id: UUID) -> list[Booking]:
    """Bookings that stand, in which somebody is client or tasker, soonest first."""
    mine = or_(Booking.tasker_id == account_id, Booking.client_id == account_id)
    found = await session.scalars(
        select(Booking).where(mine, Booking.status.in_(LIVE)).order_by(Booking.starts_at)
    )
    return list(found)


async def matchable_chores(session: AsyncSession, client_id: UUID) -> list[UUID]:
    """A client's chores that still look for somebody."""
    found = await session.scalars(
        select(Chore.id).where(Chore.client_id == client_id, Chore.status.in_(MATCHABLE))
    )
    return list(found)


async def extend_chore(
    session: AsyncSession,
    chore_id: UUID,
    *,
    match_by: datetime,
    window_end: datetime,
    due_at: datetime | None,
) -> None:
    """Another last moment for a chore that is locked; `due_at` None: it is due when it was."""
    values: dict[str, Any] = {"match_by": match_by, "window_end": window_end}
    if due_at is not None:
        values["due_at"] = due_at
    await session.execute(
        update(Chore)
        .where(Chore.id == chore_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def audit_page(
    session: AsyncSession, *, market_id: int, before: int | None, limit: int
) -> list[Entry]:
    """What was done by hand in a market, and to people of no market, newest first, one more than
    `limit` if there are more.
    """
    rows = await session.execute(
        select(AuditEntry, Account.name)
        .join(Account, Account.id == AuditEntry.operator_id)
        .where(
            or_(AuditEntry.market_id == market_id, AuditEntry.market_id.is_(None)),
            AuditEntry.id < (NEWEST if before is None else before),
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit + 1)
    )
    return [Entry(entry, name) for entry, name in rows]
