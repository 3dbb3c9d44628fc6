"""Settling an accept, in SQL: the locks in the one order, and the statement that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import OfferState
from service.db.direct import Prepared, Transaction
from service.db.tables import Booking, Chore, Offer
from service.db.tables.bookings import LIVE
from service.offers.queries import OfferRow

# Written out, not bound: a generic plan must see that the partial indexes hold these.
_PENDING = Offer.status == literal_column("'pending'")
_LIVE = text(f"bookings.{LIVE}")


@dataclass(frozen=True, slots=True)
class PendingOffer:
    """A pending offer that the accept has locked: a sibling of the chore, or another of the same
    tasker.
    """

    id: UUID
    chore_id: UUID
    tasker_id: UUID
    cell: str
    starts_at: datetime
    ends_at: datetime
    round_id: UUID


@dataclass(frozen=True, slots=True)
class HeldTime:
    """A live booking of the tasker: the plan, the cell of its place, the round that planned it."""

    cell: str
    starts_at: datetime
    ends_at: datetime
    round_id: UUID


# Locks the chore, and if it is still offered its tasker (an update locks FOR NO KEY UPDATE), whose
# revision rises. The tasker's lock cannot be taken first: its condition needs the locked chore.
LOCK_CHORE_AND_TASKER = Prepared(
    text(
        """
    WITH chore AS MATERIALIZED (
        SELECT id, status FROM chores WHERE id = :chore_id FOR NO KEY UPDATE
    ), tasker AS (
        UPDATE taskers SET revision = revision + 1
        WHERE id = :tasker_id AND (SELECT status FROM chore) = 'offered'
    )
    SELECT status FROM chore
    """
    )
)


async def lock_chore_and_tasker(session: Transaction, *, chore_id: UUID, tasker_id: UUID) -> str:
    """Lock in the one order; the chore's state as of now. The tasker is locked only if the chore is
    offered.
    """
    ids = {"chore_id": chore_id, "tasker_id": tasker_id}
    return str(await LOCK_CHORE_AND_TASKER.value(session, ids))


PENDING_COLUMNS = (
    Offer.id, Offer.chore_id, Offer.tasker_id, Chore.cell, Offer.starts_at, Offer.ends_at,
    Offer.round_id,
)  # fmt: skip

PENDING = Prepared(
    select(*PENDING_COLUMNS)
    .join(Chore, Chore.id == Offer.chore_id)
    .where(
        _PENDING,
        (Offer.chore_id == bindparam("chore")) | (Offer.tasker_id == bindparam("tasker")),
    )
    .order_by(Offer.id)
    .with_for_update(of=Offer, key_share=True)
)


async def lock_pending(
    session: Transaction, *, chore_id: UUID, tasker_id: UUID
) -> list[PendingOffer]:
    """Lock all pending offers of a chore and of a tasker, by id, so that two accepts cannot
    cross.
    """
    rows = await PENDING.rows(session, {"chore": chore_id, "tasker": tasker_id})
    return [PendingOffer(*row) for row in rows]


async def withdraw_pending(
    session: AsyncSession, *, tasker_id: UUID, client_id: UUID | None, now: datetime
) -> list[PendingOffer]:
    """Withdraw a tasker's pending offers, of one client's chores or all, locked in order of id; the
    tasker is locked already.
    """
    wanted = (
        select(*PENDING_COLUMNS)
        .join(Chore, Chore.id == Offer.chore_id)
        .where(_PENDING, Offer.tasker_id == tasker_id)
        .order_by(Offer.id)
        .with_for_update(of=Offer, key_share=True)
    )
    if client_id is not None:
        wanted = wanted.where(Chore.client_id == client_id)
    pending = [PendingOffer(*row) for row in await session.execute(wanted)]
    await session.execute(
        update(Offer)
        .where(Offer.id.in_([offer.id for offer in pending]))
        .values(status=OfferState.WITHDRAWN, closed_at=now)
        .execution_options(synchronize_session=False)
    )
    return pending


BOOKED = Prepared(
    select(Chore.cell, Booking.starts_at, Booking.ends_at, Offer.round_id)
    .join(Chore, Chore.id == Booking.chore_id)
    .join(Offer, Offer.id == Booking.offer_id)
    .where(
        Booking.tasker_id == bindparam("tasker"),
        Booking.held.overlaps(bindparam("during", type_=TSTZRANGE())),
        _LIVE,
    )
)


async def live_bookings_around(
    session: Transaction, *, tasker_id: UUID, during: Range[datetime]
) -> list[HeldTime]:
    """The tasker's live bookings whose held time touches `during`."""
    rows = await BOOKED.rows(session, {"tasker": tasker_id, "during": during})
    return [HeldTime(*row) for row in rows]


# The arbiter. The offer moves if it is pending and in time; everything else happens only if it
# moved. A block and the end of a profile withdraw offers; should one have been left, it ends here.
SETTLE = Prepared(
    text(
        """
    WITH won AS (
        UPDATE offers SET status = 'accepted', closed_at = :now
        WHERE id = :offer_id AND status = 'pending' AND expires_at > :now
        AND EXISTS (SELECT FROM taskers AS t WHERE t.id = offers.tasker_id AND t.active)
        AND NOT EXISTS (
            SELECT FROM blocks AS b
            WHERE b.client_id = :client_id AND b.tasker_id = offers.tasker_id
        )
        RETURNING *
    ), booked AS (
        INSERT INTO bookings (id, market_id, chore_id, tasker_id, client_id, offer_id, status, rate,
                              starts_at, ends_at, held, created_at)
        SELECT :booking_id, market_id, chore_id, tasker_id, :client_id, id, 'scheduled', rate,
               starts_at, ends_at, tstzrange(starts_at, CAST(:held_until AS timestamptz)), :now
        FROM won
    ), taken AS (
        UPDATE chores SET status = :chore_to, due_at = NULL
        FROM won WHERE chores.id = won.chore_id
    ), lost AS (
        UPDATE offers SET status = 'withdrawn', closed_at = :now,
            closed_reason = CASE WHEN offers.chore_id = won.chore_id
                                 THEN 'chore_taken' ELSE 'tasker_unavailable' END
        FROM won WHERE offers.id = ANY(CAST(:lost AS uuid[]))
    )
    SELECT id FROM won
    """
    )
)


async def settle_accept(
    session: Transaction,
    row: OfferRow,
    *,
    booking_id: UUID,
    chore_to: str,
    lost: Sequence[UUID],
    now: datetime,
) -> bool:
    """Accept, book, take the chore and withdraw the `lost` offers, in one statement: True if the
    offer moved.
    """
    won = await SETTLE.value(
        session,
        {
            "offer_id": row.id,
            "booking_id": booking_id,
            "client_id": row.client_id,
            "held_until": row.held_until,
            "chore_to": chore_to,
            "lost": list(lost),
            "now": now,
        },
    )
    return won is not None
