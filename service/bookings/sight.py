"""Sight: for how long a tasker may see the exact place of a booking. Client and operators always
may.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from geo.cells import cell_of, centre_of
from matching.lifecycle import BookingState
from service.bookings.queries import BookingRow

REMEMBERED = timedelta(days=30)
"""How long after completed work its tasker still sees where it was: for questions, not for ever."""


def as_seen(row: BookingRow, *, reader_id: UUID, now: datetime) -> BookingRow:
    """The booking as this reader may see it: a tasker who holds it no longer gets the centre of the
    cell, no address and no notes.
    """
    if reader_id != row.tasker_id or _still_knows(row, now):
        return row
    near = centre_of(cell_of(row.point))
    return replace(row, exact=False, point=near, address=None, notes=None)


def _still_knows(row: BookingRow, now: datetime) -> bool:
    if row.status == BookingState.COMPLETED and row.closed_at is not None:
        return now < row.closed_at + REMEMBERED
    return row.status not in (BookingState.CANCELLED, BookingState.NO_SHOW)
