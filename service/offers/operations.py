"""What a tasker does with an offer: read it, call dibs, or decline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import ChoreEvent, ChoreState, OfferState, next_state
from notifications import messages as wire
from service.bookings import news
from service.bookings.queries import BookingRow, booking_of_offer
from service.db.direct import Transaction
from service.db.engine import wake
from service.db.tables import new_id
from service.errors import (
    ChoreCancelled,
    ChoreTaken,
    NotFound,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    OverlappingBooking,
    Problem,
)
from service.events.append import Announcement, announce
from service.offers.neighbours import colliding
from service.offers.queries import OfferRow, decline_pending, offer_of_tasker
from service.offers.settling import (
    PendingOffer,
    live_bookings_around,
    lock_chore_and_tasker,
    lock_pending,
    settle_accept,
    withdraw_pending,
)

NEARBY = timedelta(hours=12)
"""No two places of a market are further apart than this, by any mode."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Pending offers that end with an accept: the chore's others, and the tasker's own that now
    collide.
    """

    siblings: list[PendingOffer]
    own: list[PendingOffer]

    def ids(self) -> list[UUID]:
        """Their ids, without the accepted one."""
        return [offer.id for offer in (*self.siblings, *self.own)]


async def read_offer(session: Transaction, *, offer_id: UUID, tasker_id: UUID) -> OfferRow:
    """An offer of this tasker's. Raises NotFound."""
    row = await offer_of_tasker(session, offer_id=offer_id, tasker_id=tasker_id)
    if row is None:
        raise NotFound
    return row


async def accept(session: Transaction, *, row: OfferRow, now: datetime) -> BookingRow:
    """Call dibs on an offer as it was seen without a lock (`turns`): the booking, final; or the
    reason why not. What is closed stays so; anything else is looked at again under the locks.
    Accepting again gives the same booking.

    Raises OfferExpired, OfferDeclined, OfferWithdrawn, ChoreTaken, ChoreCancelled,
    OverlappingBooking.
    """
    if row.status != OfferState.PENDING:
        return await _answered_before(session, row)
    chore_status = await lock_chore_and_tasker(
        session, chore_id=row.chore_id, tasker_id=row.tasker_id
    )
    if chore_status != ChoreState.OFFERED:
        return await _too_late(session, row, now)
    lost = _lost(row, await lock_pending(session, chore_id=row.chore_id, tasker_id=row.tasker_id))
    await _refuse_overlap(session, row)
    booking = _booking(row, now)
    chore_to = next_state(ChoreState.OFFERED, ChoreEvent.ACCEPTED)
    if not await settle_accept(
        session, row, booking_id=booking.id, chore_to=chore_to, lost=lost.ids(), now=now
    ):
        return await _too_late(session, row, now)
    await announce(session, [*news.created(booking), *_withdrawals(row, lost)], now=now)
    wake(session, f"work:{row.market_id}")
    return booking


async def decline(
    session: AsyncSession, *, offer_id: UUID, tasker_id: UUID, reason: str, now: datetime
) -> OfferRow:
    """Say no. Saying it again is no error. Raises NotFound, OfferAccepted, OfferExpired,
    OfferWithdrawn and its kin.
    """
    row = await read_offer(session, offer_id=offer_id, tasker_id=tasker_id)
    if row.status == OfferState.PENDING:
        declined = await decline_pending(session, offer_id=offer_id, reason=reason, now=now)
        row = await read_offer(session, offer_id=offer_id, tasker_id=tasker_id)
        if declined:
            wake(session, f"work:{row.market_id}")
    if row.status == OfferState.DECLINED:
        return row
    if row.status == OfferState.ACCEPTED:
        raise OfferAccepted
    raise why_not(row)


async def take_back(
    session: AsyncSession,
    *,
    market_id: int,
    tasker_id: UUID,
    client_id: UUID | None = None,
    now: datetime,
) -> None:
    """Withdraw a tasker's pending offers, all or those of one client's chores, and tell them.

    The tasker is locked already, so that no accept and no round is under way with them. It keeps no
    reason: who accepts is told that the offer was withdrawn. Waves that so have nobody left are
    ended by the dispatcher.
    """
    gone = await withdraw_pending(session, tasker_id=tasker_id, client_id=client_id, now=now)
    told = [withdrawn(market_id, offer, "tasker_unavailable") for offer in gone]
    await announce(session, told, now=now)
    if gone:
        wake(session, f"work:{market_id}")


def why_not(row: OfferRow) -> Problem:
    """The refusal that stands for the state in which an offer is found by somebody who is too
    late.
    """
    if row.status == OfferState.DECLINED:
        return OfferDeclined()
    if row.status == OfferState.WITHDRAWN:
        return {
            "chore_taken": ChoreTaken,
            "chore_cancelled": ChoreCancelled,
            "tasker_unavailable": OverlappingBooking,
        }.get(row.closed_reason or "", OfferWithdrawn)(**_reason(row))
    if row.status == OfferState.PENDING and row.chore_status == ChoreState.BOOKED:
        return ChoreTaken()
    if row.status == OfferState.PENDING and row.chore_status == ChoreState.CANCELLED:
        return ChoreCancelled()
    return OfferExpired(expires_at=wire.rfc3339(row.expires_at))


def _reason(row: OfferRow) -> dict[str, str]:
    return {"reason": row.closed_reason} if row.closed_reason else {}


async def _answered_before(session: Transaction, row: OfferRow) -> BookingRow:
    """The booking, for the holder who accepts again. Raises why not, for anybody else."""
    if row.status == OfferState.ACCEPTED:
        booking = await booking_of_offer(session, row.id)
        if booking is not None:
            return booking
    raise why_not(row)


async def _too_late(session: Transaction, row: OfferRow, now: datetime) -> BookingRow:
    """Something came first: read what, under the locks, and say it. An offer that is there to be
    taken, but not by this tasker any more, is as good as withdrawn; a block is not told.
    """
    fresh = await read_offer(session, offer_id=row.id, tasker_id=row.tasker_id)
    takeable = fresh.status == OfferState.PENDING and fresh.chore_status == ChoreState.OFFERED
    if takeable and fresh.expires_at > now:
        raise OfferWithdrawn
    return await _answered_before(session, fresh)


async def _refuse_overlap(session: Transaction, row: OfferRow) -> None:
    """Raises OverlappingBooking if a live booking leaves no time for this one, travel included."""
    around = Range(row.starts_at - NEARBY, row.held_until + NEARBY)
    booked = await live_bookings_around(session, tasker_id=row.tasker_id, during=around)
    if any(colliding(row, booked, mode=row.mode, turn_around_s=row.turn_around_s)):
        raise OverlappingBooking


def _lost(row: OfferRow, pending: list[PendingOffer]) -> Lost:
    siblings = [o for o in pending if o.chore_id == row.chore_id and o.id != row.id]
    others = [o for o in pending if o.chore_id != row.chore_id]
    hit = colliding(row, others, mode=row.mode, turn_around_s=row.turn_around_s)
    return Lost(siblings, [offer for offer, collides in zip(others, hit, strict=True) if collides])


def _booking(row: OfferRow, now: datetime) -> BookingRow:
    return BookingRow(
        id=new_id(),
        market_id=row.market_id,
        chore_id=row.chore_id,
        client_id=row.client_id,
        tasker_id=row.tasker_id,
        offer_id=row.id,
        client_name=row.client_name,
        tasker_name=row.tasker_name,
        category=row.category,
        point=row.point,
        address=row.address,
        notes=row.notes,
        currency=row.currency,
        minimum_minutes=row.minimum_minutes,
        status="scheduled",
        rate=row.rate,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=now,
    )


def _withdrawals(row: OfferRow, lost: Lost) -> list[Announcement]:
    return [
        *(withdrawn(row.market_id, offer, "chore_taken") for offer in lost.siblings),
        *(withdrawn(row.market_id, offer, "tasker_unavailable") for offer in lost.own),
    ]


def withdrawn(market_id: int, offer: PendingOffer, reason: str) -> Announcement:
    """`offer.withdrawn` to the tasker who had it."""
    data = wire.OfferWithdrawn.model_validate(
        {"offer_id": offer.id, "chore_id": offer.chore_id, "reason": reason}
    )
    return Announcement(offer.tasker_id, market_id, "offer.withdrawn", data)
