"""Bookings in SQL: reading one with its surroundings, locking in the one order, changing its
state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, RowMapping, Select, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from matching.lifecycle import BookingEvent, BookingState, ChoreEvent, states_before
from service.db.direct import Prepared, Transaction
from service.db.tables import Account, Booking, Category, Chore, Market, Tasker
from service.db.tables.bookings import LIVE
from service.http.pages import Cut


@dataclass(frozen=True, slots=True)
class BookingRow:
    """A booking and what its two parties may see with it: the names, the place, the currency.

    Read from the database it is `exact`; `sight.as_seen` gives what a reader may see of it.
    `rate` is minor units an hour, `minimum_minutes` the least that is billed in its category.
    """

    id: UUID
    market_id: int
    chore_id: UUID
    client_id: UUID
    tasker_id: UUID
    offer_id: UUID
    client_name: str
    tasker_name: str
    category: str
    point: LonLat
    address: str | None
    notes: str | None
    currency: str
    minimum_minutes: int
    status: str
    rate: int
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    en_route_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    overrun_at: datetime | None = None
    closed_at: datetime | None = None
    cancelled_by: str | None = None
    cancelled_reason: str | None = None
    billed_minutes: int | None = None
    price: int | None = None
    exact: bool = True


_client = Account.__table__.alias("client")
_holder = Account.__table__.alias("holder")


def _with_surroundings() -> Select[Any]:
    wanted: Select[Any] = (
        select(
            Booking.id,
            Booking.market_id,
            Booking.chore_id,
            Booking.client_id,
            Booking.tasker_id,
            Booking.offer_id,
            _client.c.name.label("client_name"),
            _holder.c.name.label("tasker_name"),
            Chore.category,
            Chore.point,
            Chore.address,
            Chore.notes,
            Market.currency,
            Category.minimum_minutes,
            Booking.status,
            Booking.rate,
            Booking.starts_at,
            Booking.ends_at,
            Booking.created_at,
            Booking.en_route_at,
            Booking.started_at,
            Booking.finished_at,
            Booking.overrun_at,
            Booking.closed_at,
            Booking.cancelled_by,
            Booking.cancelled_reason,
            Booking.billed_minutes,
            Booking.price,
        )
        .join(Chore, Chore.id == Booking.chore_id)
        .join(Market, Market.id == Booking.market_id)
        .join(
            Category,
            (Category.market_id == Chore.market_id) & (Category.slug == Chore.category),
        )
        .join(_client, _client.c.id == Booking.client_id)
        .join(_holder, _holder.c.id == Booking.tasker_id)
    )
    return wanted


def _row(found: RowMapping) -> BookingRow:
    return BookingRow(**found)


async def booking_by_id(session: AsyncSession, booking_id: UUID) -> BookingRow | None:
    """One booking with its surroundings."""
    found = await session.execute(_with_surroundings().where(Booking.id == booking_id))
    row = found.mappings().one_or_none()
    return _row(row) if row else None


OF_OFFER = Prepared(_with_surroundings().where(Booking.offer_id == bindparam("offer")))


async def booking_of_offer(session: Transaction, offer_id: UUID) -> BookingRow | None:
    """The booking that accepting this offer made, whatever became of it."""
    row = await OF_OFFER.row(session, {"offer": offer_id})
    return BookingRow(*row) if row else None


async def live_booking_of_chore(session: AsyncSession, chore_id: UUID) -> BookingRow | None:
    """The booking that stands for a chore now: scheduled, en route or in progress."""
    found = await session.execute(
        _with_surroundings().where(
            Booking.chore_id == chore_id,
            text(f"bookings.{LIVE}"),
        )
    )
    row = found.mappings().one_or_none()
    return _row(row) if row else None


async def bookings_page(
    session: AsyncSession,
    *,
    tasker_id: UUID | None,
    client_id: UUID | None,
    states: Sequence[str],
    cut: Cut,
) -> list[BookingRow]:
    """A tasker's or a client's bookings (both None: everybody's), newest first, one more than the
    page holds.
    """
    wanted = _with_surroundings().order_by(Booking.id.desc()).limit(cut.limit + 1)
    if tasker_id is not None:
        wanted = wanted.where(Booking.tasker_id == tasker_id)
    if client_id is not None:
        wanted = wanted.where(Booking.client_id == client_id)
    if states:
        wanted = wanted.where(Booking.status.in_(states))
    if cut.before is not None:
        wanted = wanted.where(Booking.id < cut.before)
    return [_row(row) for row in (await session.execute(wanted)).mappings()]


# Rows are locked in the order of their key, as those who mark them do.
BLUR_TOLD = text(
    """
    UPDATE events AS e SET data = jsonb_set(e.data, '{booking,place}', CAST(:place AS jsonb))
    FROM (
        SELECT recipient_id, n FROM events
        WHERE recipient_id = :tasker_id AND at >= :since AND data->'booking'->>'id' = :booking_id
        ORDER BY n FOR NO KEY UPDATE
    ) AS told
    WHERE e.recipient_id = told.recipient_id AND e.n = told.n
    """
)


async def blur_told(session: AsyncSession, row: BookingRow, place: str) -> None:
    """Put `place`, as JSON, into all that the booking's tasker was told of it so far: a phone that
    resumes from further back learns no more than one that asks now.
    """
    told = {"tasker_id": row.tasker_id, "since": row.created_at, "booking_id": str(row.id)}
    await session.execute(BLUR_TOLD, {**told, "place": place})


async def lock_chore_and_tasker(session: AsyncSession, *, chore_id: UUID, tasker_id: UUID) -> None:
    """Lock a chore, then a tasker, whose revision rises: what they have to do is about to change,
    and a round that has read it already makes them no offer.
    """
    await session.execute(
        select(Chore.id).where(Chore.id == chore_id).with_for_update(key_share=True)
    )
    await session.execute(
        update(Tasker)
        .where(Tasker.id == tasker_id)
        .values(revision=Tasker.revision + 1)
        .execution_options(synchronize_session=False)
    )


async def furthest_of(session: AsyncSession, tasker_id: UUID) -> float:
    """How many metres a tasker goes at most."""
    found = await session.scalars(select(Tasker.furthest_m).where(Tasker.id == tasker_id))
    return found.one()


async def move_booking(
    session: AsyncSession,
    booking_id: UUID,
    event: BookingEvent,
    to: BookingState,
    not_from: Sequence[BookingState] = (),
    /,
    **facts: object,
) -> bool:
    """The conditional UPDATE that decides: True if the booking stood where `event` may be taken,
    and not in `not_from`.
    """
    done = await session.execute(
        update(Booking)
        .where(
            Booking.id == booking_id,
            Booking.status.in_(sorted(states_before(event) - set(not_from))),
        )
        .values(status=str(to), **facts)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1


async def close_chore(
    session: AsyncSession, chore_id: UUID, event: ChoreEvent, to: str, now: datetime
) -> None:
    """The chore's booking has ended it: completed, or cancelled by the client."""
    await _move_chore(session, chore_id, event, status=to, closed_at=now, due_at=None)


async def reopen_chore(session: AsyncSession, chore_id: UUID, to: str, now: datetime) -> None:
    """The chore's booking fell through: it is due, and has a wave more than it had, since the last
    may have been its last. One that was wanted now is matchable for as long as it can still begin
    within its window.
    """
    latest_start = Chore.window_end - Chore.duration_minutes * timedelta(minutes=1)
    await session.execute(
        update(Chore)
        .where(Chore.id == chore_id, Chore.status.in_(sorted(states_before(ChoreEvent.RELEASED))))
        .values(
            status=to,
            due_at=now,
            next_wave_at=None,
            wave=func.greatest(Chore.wave - 1, 0),
            match_by=func.greatest(Chore.match_by, latest_start),
        )
        .execution_options(synchronize_session=False)
    )


async def _move_chore(
    session: AsyncSession, chore_id: UUID, event: ChoreEvent, **values: datetime | str | None
) -> None:
    await session.execute(
        update(Chore)
        .where(Chore.id == chore_id, Chore.status.in_(sorted(states_before(event))))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def mark_overrun(session: AsyncSession, booking_id: UUID, now: datetime) -> bool:
    """Note an overrun once: True for the one who did."""
    done = await session.execute(
        update(Booking)
        .where(
            Booking.id == booking_id,
            Booking.status == BookingState.IN_PROGRESS,
            Booking.overrun_at.is_(None),
        )
        .values(overrun_at=now)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1
