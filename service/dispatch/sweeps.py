"""Sweeps: what time ends, and what follows when the last answer to a wave is in.

Each is one transaction over a bounded batch, locks in the one order, and changes only what is still
as it was found; so a sweep that is killed, or done by two dispatchers at once, does no harm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import ChoreEvent, ChoreState, OfferEvent, OfferState, next_state
from notifications import messages as wire
from service.bookings.operations import give_up_waiting, note_overrun
from service.db.engine import Database
from service.dispatch.queries import Ended
from service.errors import Problem
from service.events.append import Announcement, announce

log = structlog.get_logger("dibs.dispatch")

BATCH = 200
"""Offers or chores of one sweeping transaction: their people's counters are locked for some ms."""

OPEN_AGAIN = next_state(ChoreState.OFFERED, ChoreEvent.WAVE_ENDED)
EXPIRED_CHORE = next_state(ChoreState.OPEN, ChoreEvent.MATCH_BY_PASSED)
EXPIRED_OFFER = next_state(OfferState.PENDING, OfferEvent.DEADLINE_PASSED)
WITHDRAWN = next_state(OfferState.PENDING, OfferEvent.WITHDRAWN)

LOCK_CHORES = text(
    """
    SELECT id FROM chores WHERE id = ANY(CAST(:chores AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    """
)

# Chores that these offers are of, locked; what follows locks offers.
LOCK_CHORES_OF = text(
    """
    SELECT id FROM chores
    WHERE id IN (SELECT chore_id FROM offers WHERE id = ANY(CAST(:offers AS uuid[])))
    ORDER BY id FOR NO KEY UPDATE
    """
)

# The pending offers past their deadline end; each learns whether a device of the tasker's said that
# it arrived. Having been written to a line that may be dead is not enough to count against anybody.
EXPIRE_OFFERS = text(
    """
    UPDATE offers SET status = :to, closed_at = :now, delivered_at = late.delivered_at
    FROM (
        SELECT o.id, e.acked_at AS delivered_at
        FROM offers AS o LEFT JOIN events AS e
             ON e.recipient_id = o.tasker_id AND e.n = o.event_n
        WHERE o.id = ANY(CAST(:offers AS uuid[])) AND o.status = 'pending' AND o.expires_at <= :now
        ORDER BY o.id FOR NO KEY UPDATE OF o
    ) AS late
    WHERE offers.id = late.id
    RETURNING offers.id, offers.chore_id, offers.tasker_id, offers.market_id, offers.delivered_at
    """
)

# A wave ends when none of its offers is pending; the chore is due for the next.
END_WAVES = text(
    """
    UPDATE chores SET status = :to, due_at = :now, next_wave_at = NULL
    WHERE id = ANY(CAST(:chores AS uuid[])) AND status = 'offered'
    AND NOT EXISTS (SELECT FROM offers WHERE chore_id = chores.id AND offers.status = 'pending')
    """
)

WITHDRAW_OFFERS = text(
    """
    UPDATE offers SET status = :to, closed_at = :now, closed_reason = :reason
    FROM (
        SELECT id FROM offers
        WHERE chore_id = ANY(CAST(:chores AS uuid[])) AND status = 'pending'
        ORDER BY id FOR NO KEY UPDATE
    ) AS pending
    WHERE offers.id = pending.id
    RETURNING offers.id, offers.chore_id, offers.tasker_id, offers.market_id
    """
)

EXPIRE_CHORES = text(
    """
    UPDATE chores SET status = :to, due_at = NULL, closed_at = :now
    WHERE id = ANY(CAST(:chores AS uuid[])) AND match_by <= :now
    AND status IN ('open', 'offered', 'unfilled')
    RETURNING id, client_id, market_id
    """
)


class Swept(NamedTuple):
    """How many of each a sweep dealt with."""

    offers: int
    chores: int
    waves: int
    no_shows: int
    overruns: int


async def sweep(database: Database, found: Ended, now: datetime) -> Swept:
    """Deal with one batch of everything that has ended in a market."""
    offers, chores = found.get("late_offer", []), found.get("late_chore", [])
    waves, no_shows = found.get("ended_wave", []), found.get("no_show", [])
    overruns = found.get("overrun", [])
    if offers:
        await database.run(expire_offers, offers=offers, now=now)
    if chores:
        await database.run(expire_chores, chores=chores, now=now)
    if waves:
        await database.run(end_waves, chores=waves, now=now)
    for booking_id in no_shows:
        await _one(database, give_up_waiting, booking_id, now)
    for booking_id in overruns:
        await _one(database, note_overrun, booking_id, now)
    return Swept(len(offers), len(chores), len(waves), len(no_shows), len(overruns))


async def _one(
    database: Database,
    ending: Callable[..., Awaitable[object]],
    booking_id: UUID,
    now: datetime,
) -> None:
    """End one booking's waiting. One that cannot be ended is logged: it must not stop a market."""
    try:
        await database.run(ending, booking_id=booking_id, now=now)
    except (Problem, IntegrityError, DataError):
        log.exception("booking_not_swept", booking=str(booking_id))


async def expire_offers(session: AsyncSession, *, offers: Sequence[UUID], now: datetime) -> int:
    """End the offers past their deadline, and the waves that so have nobody left. How many
    offers.
    """
    locked = (await session.scalars(LOCK_CHORES_OF, {"offers": list(offers)})).all()
    values: dict[str, Any] = {"offers": list(offers), "to": EXPIRED_OFFER, "now": now}
    gone = (await session.execute(EXPIRE_OFFERS, values)).all()
    await session.execute(END_WAVES, {"chores": locked, "to": OPEN_AGAIN, "now": now})
    told = [
        _expired(offer_id, chore_id, tasker_id, market_id, delivered_at is not None)
        for offer_id, chore_id, tasker_id, market_id, delivered_at in gone
    ]
    await announce(session, told, now=now)
    return len(gone)


async def end_waves(session: AsyncSession, *, chores: Sequence[UUID], now: datetime) -> None:
    """Make the chores whose last pending offer was declined or withdrawn due for the next wave."""
    locked = (await session.scalars(LOCK_CHORES, {"chores": list(chores)})).all()
    await session.execute(END_WAVES, {"chores": locked, "to": OPEN_AGAIN, "now": now})


async def expire_chores(session: AsyncSession, *, chores: Sequence[UUID], now: datetime) -> int:
    """End the chores past their `match_by`, and the offers still held out for them. How many."""
    await session.execute(LOCK_CHORES, {"chores": list(chores)})
    values: dict[str, Any] = {"chores": list(chores), "to": EXPIRED_CHORE, "now": now}
    gone = (await session.execute(EXPIRE_CHORES, values)).all()
    ids = [chore_id for chore_id, _, _ in gone]
    facts = {"chores": ids, "to": WITHDRAWN, "now": now, "reason": "chore_expired"}
    withdrawn = (await session.execute(WITHDRAW_OFFERS, facts)).all()
    told = [
        Announcement(client_id, market_id, "chore.expired", wire.ChoreExpired(chore_id=chore_id))
        for chore_id, client_id, market_id in gone
    ]
    for offer_id, chore_id, tasker_id, market_id in withdrawn:
        data = wire.OfferWithdrawn(offer_id=offer_id, chore_id=chore_id, reason="chore_expired")
        told.append(Announcement(tasker_id, market_id, "offer.withdrawn", data))
    await announce(session, told, now=now)
    return len(gone)


def _expired(
    offer_id: UUID, chore_id: UUID, tasker_id: UUID, market_id: int, delivered: bool
) -> Announcement:
    data = wire.OfferExpired(offer_id=offer_id, chore_id=chore_id, delivered=delivered)
    return Announcement(tasker_id, market_id, "offer.expired", data)
