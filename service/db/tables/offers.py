"""Offers, the rounds that extended them, and the record of why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from matching.lifecycle import OfferState
from service.db.tables.base import Base, Big, Id, MarketId, one_of


class Round(Base):
    """One run of the matcher over a market: what it saw, what it did, how long it took.

    Kept as long as decisions are; what names a round outlives it, so nothing refers by a key.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        # Usage: rounds older than their retention.
        Index("ix_rounds_kept", "started_at"),
        # Usage: a market's newest rounds.
        Index("ix_rounds_of_market", "market_id", "id"),
    )

    id: Mapped[Id]
    market_id: Mapped[MarketId]
    fence: Mapped[Big]
    started_at: Mapped[datetime]
    chores: Mapped[int]
    candidates: Mapped[int]
    offers: Mapped[int]
    dropped: Mapped[int]
    solver: Mapped[str]
    snapshot_ms: Mapped[float]
    solve_ms: Mapped[float]
    write_ms: Mapped[float]


class Offer(Base):
    """One chore offered to one tasker, with the plan it stands for.

    `starts_at` to `ends_at` is the planned work; distance and travel are computed from the chore's
    cell; `event_n` is the number of the event that told the tasker, by which delivery is known.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(one_of("status", OfferState), name="status"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("starts_at < ends_at", name="plan"),
        CheckConstraint("extended_at < expires_at", name="deadline"),
        CheckConstraint("(status = 'pending') = (closed_at IS NULL)", name="closed"),
        CheckConstraint(
            "closed_reason IS NULL OR status IN ('declined', 'withdrawn')", name="reason"
        ),
        # Constraint: one pending offer per chore and tasker.
        Index(
            "uq_offers_pending",
            "chore_id",
            "tasker_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        # Usage: everything ever offered for a chore (whom not to ask again, siblings to withdraw).
        Index("ix_offers_of_chore", "chore_id"),
        # Usage: a tasker's offers, newest first.
        Index("ix_offers_of_tasker", "tasker_id", "id"),
        # Usage: a tasker's pending offers (room for more, overlaps to withdraw).
        Index(
            "ix_offers_pending_of_tasker", "tasker_id", postgresql_where=text("status = 'pending'")
        ),
        # Usage: offers past their deadline. The deadline is named, though there always is one: else
        # whoever asks for anybody's pending offers may be sent through those of everybody.
        Index(
            "ix_offers_expiring",
            "market_id",
            "expires_at",
            postgresql_where=text("status = 'pending' AND expires_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    market_id: Mapped[MarketId]
    chore_id: Mapped[UUID] = mapped_column(ForeignKey("chores.id"))
    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"))
    round_id: Mapped[UUID]
    wave: Mapped[int]
    status: Mapped[str]
    rate: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    distance_m: Mapped[int]
    travel_s: Mapped[int]
    extended_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    event_n: Mapped[Big]
    delivered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None]


class Decision(Base):
    """Why a chore's outcome changed: who was considered, priced or refused, and who was chosen."""

    __tablename__ = "decisions"
    __table_args__ = (
        # Usage: a chore's decisions, in order.
        Index("ix_decisions_of_chore", "chore_id", "id"),
        # Usage: decisions older than their retention.
        Index("ix_decisions_kept", "at"),
    )

    id: Mapped[Big] = mapped_column(Identity(always=True), primary_key=True)
    market_id: Mapped[MarketId]
    chore_id: Mapped[UUID] = mapped_column(ForeignKey("chores.id"))
    round_id: Mapped[UUID]
    at: Mapped[datetime]
    wave: Mapped[int]
    policy_version: Mapped[int]
    outcome: Mapped[str]
    record: Mapped[dict[str, Any]]
