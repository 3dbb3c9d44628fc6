"""Offers in SQL: reading them with their surroundings, the accept's locks, the statement that
settles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, RowMapping, Select, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from matching.lifecycle import OfferEvent, OfferState, states_before
from service.db.tables import Account, Booking, Category, Chore, Market, Offer, Tasker
from service.db.tables.bookings import LIVE
from service.http.pages import Cut


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer and what stands around it. `cell` is all its tasker may know of the place before
    taking it.

    `point`, `address` and `notes` are for the booking that an accept makes. Rates are minor units
    an hour.
    """

    id: UUID
    market_id: int
    chore_id: UUID
    tasker_id: UUID
    wave: int
    status: str
    rate: int
    starts_at: datetime
    ends_at: datetime
    distance_m: int
    travel_s: int
    extended_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    category: str
    cell: str
    chore_status: str
    client_id: UUID
    client_name: str
    tasker_name: str
    mode: str
    point: LonLat
    address: str
    notes: str
    currency: str
    minimum_minutes: int
    turn_around_s: int

    @property
    def held_until(self) -> datetime:
        """The end of what a booking of this offer holds: the plan, then the market's
        turn-around.
        """
        return self.ends_at + timedelta(seconds=self.turn_around_s)


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


@dataclass(frozen=True, slots=True)
class HeldTime:
    """A live booking of the tasker: the plan, and the cell of its place."""

    cell: str
    starts_at: datetime
    ends_at: datetime


# Written out, not bound: a generic plan must see that the partial indexes hold these.
_PENDING = Offer.status == literal_column("'pending'")
_LIVE = text(f"bookings.{LIVE}")

_client = Account.__table__.alias("client")
_asked = Account.__table__.alias("asked")

_COLUMNS: tuple[Any, ...] = (
    Offer.id,
    Offer.market_id,
    Offer.chore_id,
    Offer.tasker_id,
    Offer.wave,
    Offer.status,
    Offer.rate,
    Offer.starts_at,
    Offer.ends_at,
    Offer.distance_m,
    Offer.travel_s,
    Offer.extended_at,
    Offer.expires_at,
    Offer.closed_at,
    Offer.closed_reason,
    Chore.category,
    Chore.cell,
    Chore.status.label("chore_status"),
    Chore.client_id,
    _client.c.name.label("client_name"),
    _asked.c.name.label("tasker_name"),
    Tasker.mode,
    Chore.point,
    Chore.address,
    Chore.notes,
    Market.currency,
    Category.minimum_minutes,
    Market.turn_around_s,
)


def _with_surroundings() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Chore, Chore.id == Offer.chore_id)
        .join(Tasker, Tasker.id == Offer.tasker_id)
        .join(Market, Market.id == Offer.market_id)
        .join(
            Category,
            (Category.market_id == Chore.market_id) & (Category.slug == Chore.category),
        )
        .join(_client, _client.c.id == Chore.client_id)
        .join(_asked, _asked.c.id == Offer.tasker_id)
    )


def _row(found: RowMapping) -> OfferRow:
    return OfferRow(**found)


async def offer_of_tasker(
    session: AsyncSession, *, offer_id: UUID, tasker_id: UUID
) -> OfferRow | None:
    """One offer, if it is this tasker's."""
    wanted = _with_surroundings().where(Offer.id == offer_id, Offer.tasker_id == tasker_id)
    row = (await session.execute(wanted)).mappings().one_or_none()
    return _row(row) if row else None


async def offers_page(
    session: AsyncSession, *, tasker_id: UUID, states: Sequence[str], cut: Cut
) -> list[OfferRow]:
    """A tasker's offers, newest first, one more than the page holds."""
    wanted = (
        _with_surroundings()
        .where(Offer.tasker_id == tasker_id)
        .order_by(Offer.id.desc())
        .limit(cut.limit + 1)
    )
    if states:
        wanted = wanted.where(Offer.status.in_(states))
    if cut.before is not None:
        wanted = wanted.where(Offer.id < cut.before)
    return [_row(row) for row in (await session.execute(wanted)).mappings()]


# Locks the chore, and if it is still offered its tasker (an update locks FOR NO KEY UPDATE), whose
# revision rises. The tasker's lock cannot be taken first: its condition needs the locked chore.
LOCK_CHORE_AND_TASKER = text(
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


async def lock_chore_and_tasker(session: AsyncSession, *, chore_id: UUID, tasker_id: UUID) -> str:
    """Lock in the one order; the chore's state as of now. The tasker is locked only if the chore is
    offered.
    """
    locked = await session.execute(
        LOCK_CHORE_AND_TASKER, {"chore_id": chore_id, "tasker_id": tasker_id}
    )
    return str(locked.scalar_one())


async def lock_pending(
    session: AsyncSession, *, chore_id: UUID, tasker_id: UUID
) -> list[PendingOffer]:
    """Lock all pending offers of a chore and of a tasker, by id, so that two accepts cannot
    cross.
    """
    found = await session.execute(
        select(
            Offer.id, Offer.chore_id, Offer.tasker_id, Chore.cell, Offer.starts_at, Offer.ends_at
        )
        .join(Chore, Chore.id == Offer.chore_id)
        .where(
            _PENDING,
            (Offer.chore_id == chore_id) | (Offer.tasker_id == tasker_id),
        )
        .order_by(Offer.id)
        .with_for_update(of=Offer, key_share=True)
    )
    return [PendingOffer(*row) for row in found]


async def live_bookings_around(
    session: AsyncSession, *, tasker_id: UUID, during: Range[datetime]
) -> list[HeldTime]:
    """The tasker's live bookings whose held time touches `during`."""
    found = await session.execute(
        select(Chore.cell, Booking.starts_at, Booking.ends_at)
        .join(Chore, Chore.id == Booking.chore_id)
        .where(
            Booking.tasker_id == tasker_id,
            Booking.held.overlaps(during),
            _LIVE,
        )
    )
    return [HeldTime(*row) for row in found]


# The arbiter. The offer moves if it is pending and in time; everything else happens only if it
# moved.
SETTLE = text(
    """
    WITH won AS (
        UPDATE offers SET status = 'accepted', closed_at = :now
        WHERE id = :offer_id AND status = 'pending' AND expires_at > :now
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
        FROM won WHERE offers.id = ANY(:lost)
    )
    SELECT id FROM won
    """
)


async def settle_accept(
    session: AsyncSession,
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
    won = await session.scalar(
        SETTLE,
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


async def decline_pending(
    session: AsyncSession, *, offer_id: UUID, reason: str, now: datetime
) -> bool:
    """The conditional UPDATE of a decline: True if the offer was pending and in time."""
    done = await session.execute(
        update(Offer)
        .where(
            Offer.id == offer_id,
            Offer.status.in_(sorted(states_before(OfferEvent.DECLINED))),
            Offer.expires_at > now,
        )
        .values(status=OfferState.DECLINED, closed_at=now, closed_reason=reason)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1
