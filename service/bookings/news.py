"""News of a booking: the events that its client and its tasker get, each with the booking as they
may see it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import UUID

from notifications import messages as wire
from service.bookings.queries import BookingRow
from service.bookings.sight import as_seen
from service.events.append import Announcement


def place_for(booking: BookingRow, reader_id: UUID) -> wire.Place:
    """Where it is, as far as this reader may know at the moment of its news."""
    row = as_seen(booking, reader_id=reader_id, now=booking.closed_at or booking.created_at)
    return wire.Place(
        point=wire.Point(coordinates=[row.point.lon, row.point.lat]),
        address=row.address,
        exact=row.exact,
    )


def as_wire(row: BookingRow, reader_id: UUID) -> wire.Booking:
    """The booking as this reader may see it at the moment of its news."""
    return wire.Booking(
        id=row.id,
        chore_id=row.chore_id,
        client_id=row.client_id,
        tasker_id=row.tasker_id,
        tasker_name=row.tasker_name,
        category=row.category,
        state=cast("wire.BookingState", row.status),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        rate=wire.Money(amount=row.rate, currency=row.currency),
        price=None if row.price is None else wire.Money(amount=row.price, currency=row.currency),
        place=place_for(row, reader_id),
    )


def to_both(row: BookingRow, event: str) -> list[Announcement]:
    """`booking.en_route`, `.started`, `.no_show` or `.overrun`, to client and tasker."""
    return _both(row, event, lambda booking: wire.BookingChanged(booking=booking))


def completed(row: BookingRow) -> list[Announcement]:
    """`booking.completed` to both, with the price. Raises ValueError for a booking without one."""
    if row.price is None:
        raise ValueError("a completed booking has a price")
    price = wire.Money(amount=row.price, currency=row.currency)
    return _both(
        row,
        "booking.completed",
        lambda booking: wire.BookingCompleted(booking=booking, price=price),
    )


def cancelled(row: BookingRow) -> list[Announcement]:
    """`booking.cancelled` to both, with whose it was."""
    by = cast("wire.Actor", row.cancelled_by)
    return _both(
        row,
        "booking.cancelled",
        lambda booking: wire.BookingCancelled(booking=booking, by=by, reason=row.cancelled_reason),
    )


def created(row: BookingRow) -> list[Announcement]:
    """`booking.created` to the tasker, who learns the address with it, and `chore.booked` to the
    client.
    """
    to_tasker = wire.BookingChanged(booking=as_wire(row, row.tasker_id))
    to_client = wire.ChoreBooked(chore_id=row.chore_id, booking=as_wire(row, row.client_id))
    return [
        _to_tasker(row, "booking.created", to_tasker),
        _to_client(row, "chore.booked", to_client),
    ]


def reopened(row: BookingRow, reason: str) -> Announcement:
    """`chore.reopened` to the client: taskers are looked for again."""
    data = wire.ChoreReopened.model_validate({"chore_id": row.chore_id, "reason": reason})
    return _to_client(row, "chore.reopened", data)


def chore_cancelled(row: BookingRow) -> Announcement:
    """`chore.cancelled` to the client, whose booking it was."""
    data = wire.ChoreCancelled(chore_id=row.chore_id, by="client", reason=row.cancelled_reason)
    return _to_client(row, "chore.cancelled", data)


def _both(
    row: BookingRow, event: str, data_of: Callable[[wire.Booking], wire.Wire]
) -> list[Announcement]:
    return [
        _to_client(row, event, data_of(as_wire(row, row.client_id))),
        _to_tasker(row, event, data_of(as_wire(row, row.tasker_id))),
    ]


def _to_client(row: BookingRow, event: str, data: wire.Wire) -> Announcement:
    return Announcement(row.client_id, row.market_id, event, data)


def _to_tasker(row: BookingRow, event: str, data: wire.Wire) -> Announcement:
    return Announcement(row.tasker_id, row.market_id, event, data)
