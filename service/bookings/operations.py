"""What happens to a booking: its tasker sets off, starts and finishes, somebody cancels, time
passes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import (
    BookingEvent,
    BookingState,
    ChoreEvent,
    ChoreState,
    IllegalTransition,
    next_state,
)
from matching.pricing import billed_s, payable_s, price
from notifications import messages as wire
from service import audit
from service.bookings import news
from service.bookings.queries import (
    BookingRow,
    blur_told,
    booking_by_id,
    close_chore,
    furthest_of,
    lock_chore_and_tasker,
    mark_overrun,
    move_booking,
    reopen_chore,
)
from service.chores.waiting import make_due_for_tasker
from service.db.engine import wake
from service.errors import NotAllowed, NotFound, TooEarly, WrongState
from service.events.append import announce
from service.http.access import Caller

EARLY = timedelta(hours=2)
"""How long before its planned start work may begin: the time that is paid for runs from there."""

TOLD = {BookingEvent.SET_OFF: "booking.en_route", BookingEvent.STARTED: "booking.started"}
MOMENT = {BookingEvent.SET_OFF: "en_route_at", BookingEvent.STARTED: "started_at"}


async def read_booking(session: AsyncSession, *, booking_id: UUID, caller: Caller) -> BookingRow:
    """A booking for its client, its tasker or an operator. Raises NotFound for anybody else."""
    row = await booking_by_id(session, booking_id)
    if row is None or not _concerns(row, caller):
        raise NotFound
    return row


async def set_off(
    session: AsyncSession, *, booking_id: UUID, tasker_id: UUID, now: datetime
) -> BookingRow:
    """The tasker is on the way. Raises NotFound, WrongState."""
    return await _progress(session, booking_id, tasker_id, BookingEvent.SET_OFF, now)


async def start(
    session: AsyncSession, *, booking_id: UUID, tasker_id: UUID, now: datetime
) -> BookingRow:
    """The tasker begins the work, at most EARLY before its plan. Raises NotFound, WrongState,
    TooEarly.
    """
    return await _progress(session, booking_id, tasker_id, BookingEvent.STARTED, now)


async def finish(
    session: AsyncSession, *, booking_id: UUID, tasker_id: UUID, now: datetime
) -> BookingRow:
    """The work is done: the price is due, the chore is completed and the tasker free. Raises
    NotFound, WrongState.
    """
    row = await _held_by(session, booking_id, tasker_id)
    if row.status == BookingState.COMPLETED:
        return row
    to = _allowed(row, BookingEvent.FINISHED)
    await lock_chore_and_tasker(session, chore_id=row.chore_id, tasker_id=row.tasker_id)
    minutes, amount = _bill(row, now)
    facts = {"finished_at": now, "closed_at": now, "billed_minutes": minutes, "price": amount}
    if not await move_booking(session, row.id, BookingEvent.FINISHED, to, **facts):
        return await _as_it_stands(session, row, BookingEvent.FINISHED, to)
    chore_to = next_state(ChoreState.BOOKED, ChoreEvent.COMPLETED)
    await close_chore(session, row.chore_id, ChoreEvent.COMPLETED, chore_to, now)
    done = replace(
        row, status=to, finished_at=now, closed_at=now, billed_minutes=minutes, price=amount
    )
    await _tell_waiting(session, row, now)
    await announce(session, news.completed(done), now=now)
    return done


async def cancel(
    session: AsyncSession, *, booking_id: UUID, caller: Caller, reason: str, now: datetime
) -> BookingRow:
    """Cancel as whoever the caller is to this booking: its client, its tasker, or an operator who
    may edit.

    Raises NotFound, NotAllowed, WrongState, Invalid for an operator without a reason. Cancelled by
    the client, the chore is cancelled too; else it is due again.
    """
    row = await read_booking(session, booking_id=booking_id, caller=caller)
    by = _side_of(row, caller)
    if by == "operator" and caller.operator_role != "editor":
        raise NotAllowed("This is for operators who may edit.")
    gone = await cancel_as(session, row=row, by=by, reason=reason, now=now)
    if by == "operator" and gone is not row:
        audit.record(
            session,
            operator_id=caller.account_id,
            market_id=row.market_id,
            action="booking.cancel",
            subject=str(row.id),
            reason=reason,
            facts={"chore_id": str(row.chore_id), "state": row.status},
            now=now,
        )
    return gone


async def cancel_as(
    session: AsyncSession, *, row: BookingRow, by: str, reason: str, now: datetime
) -> BookingRow:
    """Cancel a booking on behalf of `by` (client, tasker, operator): also the way a booked chore is
    cancelled. Work that has begun is cancelled by operators alone.
    """
    if row.status == BookingState.CANCELLED and row.cancelled_by == by:
        return row
    to = _allowed(row, BookingEvent.CANCELLED)
    begun = () if by == "operator" else (BookingState.IN_PROGRESS,)
    if row.status in begun:
        raise WrongState(state=row.status, action=str(BookingEvent.CANCELLED))
    await lock_chore_and_tasker(session, chore_id=row.chore_id, tasker_id=row.tasker_id)
    facts = {"closed_at": now, "cancelled_by": by, "cancelled_reason": reason}
    if not await move_booking(session, row.id, BookingEvent.CANCELLED, to, begun, **facts):
        return await _as_it_stands(session, row, BookingEvent.CANCELLED, to)
    gone = replace(row, status=to, closed_at=now, cancelled_by=by, cancelled_reason=reason)
    await _tell_waiting(session, row, now)
    told = news.cancelled(gone)
    if by == "client":
        chore_to = next_state(ChoreState.BOOKED, ChoreEvent.CANCELLED)
        await close_chore(session, row.chore_id, ChoreEvent.CANCELLED, chore_to, now)
        told.append(news.chore_cancelled(gone))
    else:
        await _reopen(session, row, now)
        told.append(
            news.reopened(gone, "tasker_cancelled" if by == "tasker" else "operator_released")
        )
    await blur_told(session, gone, news.place_for(gone, gone.tasker_id).model_dump_json())
    await announce(session, told, now=now)
    return gone


async def give_up_waiting(session: AsyncSession, *, booking_id: UUID, now: datetime) -> bool:
    """Nobody came within the grace: a no-show, and the chore is due again. False if that was no
    longer so.
    """
    row = await booking_by_id(session, booking_id)
    if row is None:
        return False
    await lock_chore_and_tasker(session, chore_id=row.chore_id, tasker_id=row.tasker_id)
    to = BookingState.NO_SHOW
    if not await move_booking(session, row.id, BookingEvent.GRACE_PASSED, to, closed_at=now):
        return False
    gone = replace(row, status=to, closed_at=now)
    await _tell_waiting(session, row, now)
    await _reopen(session, row, now)
    told = [*news.to_both(gone, "booking.no_show"), news.reopened(gone, "tasker_no_show")]
    await blur_told(session, gone, news.place_for(gone, gone.tasker_id).model_dump_json())
    await announce(session, told, now=now)
    return True


async def note_overrun(session: AsyncSession, *, booking_id: UUID, now: datetime) -> bool:
    """The work runs past its plan: both are told, once. False if they were before."""
    if not await mark_overrun(session, booking_id, now):
        return False
    row = await booking_by_id(session, booking_id)
    if row is not None:
        await announce(session, news.to_both(row, "booking.overrun"), now=now)
    return True


async def _progress(
    session: AsyncSession, booking_id: UUID, tasker_id: UUID, event: BookingEvent, now: datetime
) -> BookingRow:
    row = await _held_by(session, booking_id, tasker_id)
    reached = next_state(BookingState.SCHEDULED, event)
    if row.status == reached:
        return row
    to = _allowed(row, event)
    if event == BookingEvent.STARTED and now < row.starts_at - EARLY:
        raise TooEarly(earliest_at=wire.rfc3339(row.starts_at - EARLY))
    facts = {MOMENT[event]: now}
    if not await move_booking(session, row.id, event, to, **facts):
        return await _as_it_stands(session, row, event, to)
    moved = replace(
        row,
        status=to,
        en_route_at=facts.get("en_route_at", row.en_route_at),
        started_at=facts.get("started_at", row.started_at),
    )
    await announce(session, news.to_both(moved, TOLD[event]), now=now)
    return moved


async def _held_by(session: AsyncSession, booking_id: UUID, tasker_id: UUID) -> BookingRow:
    row = await booking_by_id(session, booking_id)
    if row is None or row.tasker_id != tasker_id:
        raise NotFound
    return row


async def _as_it_stands(
    session: AsyncSession, row: BookingRow, event: BookingEvent, wanted: BookingState
) -> BookingRow:
    """Somebody was quicker: the booking, if they did the same. Raises WrongState if they did
    something else.
    """
    fresh = await booking_by_id(session, row.id)
    if fresh is None:
        raise NotFound
    if fresh.status != wanted:
        raise WrongState(state=fresh.status, action=str(event))
    return fresh


async def _tell_waiting(session: AsyncSession, row: BookingRow, now: datetime) -> None:
    """The tasker has time again: the waiting chores near them become due."""
    await make_due_for_tasker(
        session,
        tasker_id=row.tasker_id,
        market_id=row.market_id,
        reach_m=await furthest_of(session, row.tasker_id),
        now=now,
        holding_them=True,
    )
    wake(session, f"work:{row.market_id}")


async def _reopen(session: AsyncSession, row: BookingRow, now: datetime) -> None:
    to = next_state(ChoreState.BOOKED, ChoreEvent.RELEASED)
    await reopen_chore(session, row.chore_id, to, now)


def _allowed(row: BookingRow, event: BookingEvent) -> BookingState:
    try:
        return next_state(BookingState(row.status), event)
    except IllegalTransition as refused:
        raise WrongState(state=row.status, action=str(event)) from refused


def _bill(row: BookingRow, now: datetime) -> tuple[int, int]:
    """Minutes billed and the price: at the offer's rate, from the actual start, never under the
    minimum nor over what a plan can run to.
    """
    since_start_s = max(0.0, (now - row.started_at).total_seconds()) if row.started_at else 0.0
    worked_s = payable_s(since_start_s, (row.ends_at - row.starts_at).total_seconds())
    minimum_s = row.minimum_minutes * 60
    minutes = billed_s(worked_s, minimum_s=minimum_s) // 60
    return minutes, price(row.rate, worked_s, minimum_s=minimum_s)


def _concerns(row: BookingRow, caller: Caller) -> bool:
    return caller.account_id in (row.client_id, row.tasker_id) or caller.operator_role is not None


def _side_of(row: BookingRow, caller: Caller) -> str:
    if caller.account_id == row.client_id:
        return "client"
    return "tasker" if caller.account_id == row.tasker_id else "operator"
