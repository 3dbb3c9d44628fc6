"""The routes of bookings: list and read them, set off, start, finish, cancel."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from service.bookings import operations
from service.bookings.queries import BookingRow, bookings_page
from service.bookings.sight import as_seen
from service.errors import Invalid, NotFound, TooEarly, WrongState
from service.http.access import Caller, Person, Tasker
from service.http.documentation import refuses
from service.http.pages import Page, PageOf, page
from service.http.schemas import In, Money, Out, PointOut, UtcTime
from service.runtime import Db, Now

router = APIRouter(prefix="/v1/bookings", tags=["bookings"])

State = Literal["scheduled", "en_route", "in_progress", "completed", "cancelled", "no_show"]
EXAMPLE_ID = "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a11"


class BookingOut(Out):
    """A booking, as its client, its tasker and operators see it: with the exact place, except for a
    tasker who holds it no longer or completed it more than 30 days ago.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "chore_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a12",
                    "client_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a13",
                    "tasker_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a14",
                    "offer_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a15",
                    "client_name": "Cleo",
                    "tasker_name": "Tom",
                    "category": "mounting",
                    "state": "scheduled",
                    "rate": {"amount": 2500, "currency": "GBP"},
                    "starts_at": "2026-11-23T17:00:00.000Z",
                    "ends_at": "2026-11-23T18:00:00.000Z",
                    "place": {"type": "Point", "coordinates": [-0.0553, 51.545]},
                    "exact": True,
                    "address": "12 Mare Street, London E8",
                    "notes": "Brick wall.",
                    "created_at": "2026-11-23T12:00:00.000Z",
                }
            ]
        },
    )

    id: UUID
    chore_id: UUID
    client_id: UUID
    tasker_id: UUID
    offer_id: UUID
    client_name: str
    tasker_name: str
    category: str
    state: State
    rate: Money = Field(description="for an hour")
    starts_at: UtcTime
    ends_at: UtcTime
    place: PointOut
    exact: bool = Field(description="false: the place is the centre of the chore's privacy cell")
    address: str | None = Field(description="only where `exact`")
    notes: str | None = Field(description="only where `exact`")
    created_at: UtcTime
    en_route_at: UtcTime | None
    started_at: UtcTime | None
    finished_at: UtcTime | None
    overrun_at: UtcTime | None = Field(description="when the work was seen to run past its plan")
    closed_at: UtcTime | None
    cancelled_by: Literal["client", "tasker", "operator"] | None
    cancelled_reason: str | None
    billed_minutes: int | None
    price: Money | None

    @classmethod
    def of(cls, booking: BookingRow, caller: Caller, now: datetime) -> BookingOut:
        """The wire's form of a booking, as the caller may see it now."""
        row = as_seen(booking, reader_id=caller.account_id, now=now)
        return cls.model_validate(
            {
                "id": row.id,
                "chore_id": row.chore_id,
                "client_id": row.client_id,
                "tasker_id": row.tasker_id,
                "offer_id": row.offer_id,
                "client_name": row.client_name,
                "tasker_name": row.tasker_name,
                "category": row.category,
                "state": row.status,
                "rate": Money(amount=row.rate, currency=row.currency),
                "starts_at": row.starts_at,
                "ends_at": row.ends_at,
                "place": PointOut.of(row.point),
                "exact": row.exact,
                "address": row.address,
                "notes": row.notes,
                "created_at": row.created_at,
                "en_route_at": row.en_route_at,
                "started_at": row.started_at,
                "finished_at": row.finished_at,
                "overrun_at": row.overrun_at,
                "closed_at": row.closed_at,
                "cancelled_by": row.cancelled_by,
                "cancelled_reason": row.cancelled_reason,
                "billed_minutes": row.billed_minutes,
                "price": None
                if row.price is None
                else Money(amount=row.price, currency=row.currency),
            }
        )


class CancelIn(In):
    """Why a booking is cancelled, in the words of whoever does it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "My van broke down."}]})

    reason: str = Field(default="", max_length=500, description="asked of operators")


@router.get("")
async def list_bookings(
    caller: Person,
    db: Db,
    cut: PageOf,
    now: Now,
    state: Annotated[list[State] | None, Query()] = None,
    side: Annotated[
        Literal["client", "tasker"] | None,
        Query(alias="as", description="whose bookings, for a person who is both"),
    ] = None,
) -> Page[BookingOut]:
    """The caller's bookings, newest first: a tasker's own, a client's own. Operators see
    everybody's.
    """
    wanted = side or _side(caller.is_tasker, caller.operator_role)
    rows = await db.run(
        bookings_page,
        tasker_id=caller.account_id if wanted == "tasker" else None,
        client_id=caller.account_id if wanted == "client" else None,
        states=state or [],
        cut=cut,
    )
    return page(rows, cut, lambda row: row.id, lambda row: BookingOut.of(row, caller, now))


def _side(is_tasker: bool, operator_role: str | None) -> str:
    if operator_role is not None:
        return "operator"
    return "tasker" if is_tasker else "client"


@router.get("/{booking_id}", responses=refuses(NotFound))
async def get_booking(booking_id: UUID, caller: Person, db: Db, now: Now) -> BookingOut:
    """One booking of the caller's."""
    row = await db.run(operations.read_booking, booking_id=booking_id, caller=caller)
    return BookingOut.of(row, caller, now)


@router.post("/{booking_id}/en-route", responses=refuses(NotFound, WrongState))
async def set_off_for_booking(booking_id: UUID, caller: Tasker, db: Db, now: Now) -> BookingOut:
    """The tasker is on the way. Said twice, it is told once."""
    row = await db.run(
        operations.set_off, booking_id=booking_id, tasker_id=caller.account_id, now=now
    )
    return BookingOut.of(row, caller, now)


@router.post("/{booking_id}/start", responses=refuses(NotFound, WrongState, TooEarly))
async def start_booking(booking_id: UUID, caller: Tasker, db: Db, now: Now) -> BookingOut:
    """The tasker begins the work, at most two hours before its planned start: the time that is paid
    for runs from here.
    """
    row = await db.run(
        operations.start, booking_id=booking_id, tasker_id=caller.account_id, now=now
    )
    return BookingOut.of(row, caller, now)


@router.post("/{booking_id}/finish", responses=refuses(NotFound, WrongState))
async def finish_booking(booking_id: UUID, caller: Tasker, db: Db, now: Now) -> BookingOut:
    """The work is done. The price: the rate of the offer, the category's minimum, then each begun
    quarter of an hour, up to twice the planned time or four hours if that is more.
    """
    row = await db.run(
        operations.finish, booking_id=booking_id, tasker_id=caller.account_id, now=now
    )
    return BookingOut.of(row, caller, now)


@router.post("/{booking_id}/cancel", responses=refuses(NotFound, WrongState, Invalid))
async def cancel_booking(
    booking_id: UUID, caller: Person, db: Db, now: Now, body: CancelIn | None = None
) -> BookingOut:
    """Cancel before the work has begun, as the client or the tasker; an operator may also then.
    Whose it was is kept.
    """
    reason = body.reason if body else ""
    row = await db.run(
        operations.cancel, booking_id=booking_id, caller=caller, reason=reason, now=now
    )
    return BookingOut.of(row, caller, now)
