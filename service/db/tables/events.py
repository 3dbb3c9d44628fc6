"""Events: what each person's stream carries, numbered without gaps, and how far each device has
read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import AccountRef, Base, Big


class EventCounter(Base):
    """The last number given to a recipient. Locked by whoever appends, in order of recipient."""

    __tablename__ = "event_counters"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    recipient_id: Mapped[AccountRef] = mapped_column(primary_key=True)
    last_n: Mapped[Big]


class Event(Base):
    """One event of one recipient. `n` has no gaps and rises in commit order."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("n >= 1", name="n"),
        # Usage: the relay's work; empty when all is told.
        Index("ix_events_unrelayed", "at", postgresql_where=text("relayed_at IS NULL")),
        # Usage: events older than their retention.
        Index("ix_events_kept", "at"),
    )

    recipient_id: Mapped[UUID] = mapped_column(
        ForeignKey("event_counters.recipient_id"), primary_key=True
    )
    n: Mapped[Big] = mapped_column(primary_key=True)
    market_id: Mapped[int | None] = mapped_column(SmallInteger)
    type: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    acked_at: Mapped[datetime | None]


class Device(Base):
    """One of a person's devices and the number up to which it has acknowledged."""

    __tablename__ = "devices"

    account_id: Mapped[AccountRef] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    acked_n: Mapped[Big]
    seen_at: Mapped[datetime]


class StreamTicket(Base):
    """A ticket that opens the stream once, within seconds. Only its hash is kept."""

    __tablename__ = "stream_tickets"
    __table_args__ = (Index(None, "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[AccountRef]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("login_sessions.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
