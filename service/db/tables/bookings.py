"""Bookings: the promise that one tasker does one chore, and the time it holds of their day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from matching.lifecycle import BookingState
from service.db.tables.base import AccountRef, Base, Id, MarketId, one_of

LIVE = "status IN ('scheduled', 'en_route', 'in_progress')"
NOT_BEGUN = "status IN ('scheduled', 'en_route')"
UNDER_WAY = "status = 'in_progress' AND overrun_at IS NULL"
STANDS = "status IN ('scheduled', 'en_route', 'in_progress', 'completed')"


class Booking(Base):
    """A booking. `held` is the plan with the market's turn-around behind it; actual times never
    stretch it.

    The price appears at completion: minutes billed times the rate of the offer, in the market's
    minor units.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint(one_of("status", BookingState), name="status"),
        CheckConstraint("NOT isempty(held)", name="held"),
        CheckConstraint("starts_at < ends_at", name="plan"),
        CheckConstraint("cancelled_by IN ('client', 'tasker', 'operator')", name="cancelled_by"),
        CheckConstraint("(status = 'cancelled') = (cancelled_by IS NOT NULL)", name="cancelled"),
        CheckConstraint("(status = 'completed') = (price IS NOT NULL)", name="priced"),
        CheckConstraint("(status = 'completed') = (finished_at IS NOT NULL)", name="finished"),
        CheckConstraint(
            "(status IN ('completed', 'cancelled', 'no_show')) = (closed_at IS NOT NULL)",
            name="closed",
        ),
        CheckConstraint(
            "status NOT IN ('in_progress', 'completed') OR started_at IS NOT NULL", name="started"
        ),
        # Constraint: one booking a chore that stands or was completed.
        Index("uq_bookings_live", "chore_id", unique=True, postgresql_where=text(STANDS)),
        # Constraint: no tasker in two places. The backstop; the accept locks the tasker and looks
        # first.
        ExcludeConstraint(
            ("tasker_id", "="),
            ("held", "&&"),
            name="ex_bookings_tasker_held",
            using="gist",
            where=text(LIVE),
        ),
        # Usage: a tasker's bookings, newest first.
        Index("ix_bookings_of_tasker", "tasker_id", "id"),
        # Usage: a client's bookings, newest first.
        Index("ix_bookings_of_client", "client_id", "id"),
        # Usage: bookings nobody has started, by planned start (no-shows).
        Index("ix_bookings_starting", "market_id", "starts_at", postgresql_where=text(NOT_BEGUN)),
        # Usage: bookings in progress by planned end (overruns).
        Index("ix_bookings_ending", "market_id", "ends_at", postgresql_where=text(UNDER_WAY)),
        # Usage: a chore's bookings over time.
        Index("ix_bookings_of_chore", "chore_id"),
    )

    id: Mapped[Id]
    market_id: Mapped[MarketId]
    chore_id: Mapped[UUID] = mapped_column(ForeignKey("chores.id"))
    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"))
    client_id: Mapped[AccountRef]
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"), unique=True)
    status: Mapped[str]
    rate: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    created_at: Mapped[datetime]
    en_route_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    overrun_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancelled_reason: Mapped[str | None]
    billed_minutes: Mapped[int | None]
    price: Mapped[int | None]
