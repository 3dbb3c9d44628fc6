"""Pushes: where people who are away are reached, and what they have still to be pushed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import AccountRef, Base, Big, Id


class PushSubscription(Base):
    """Where one device of a person takes pushes, for as long as the login that registered it
    stands. `kind` says which service delivers: Web Push so far.
    """

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        CheckConstraint("kind IN ('webpush')", name="kind"),
        CheckConstraint("length(p256dh) = 65 AND length(auth) = 16", name="keys"),
        # Constraint: one subscription a device; also whom an event is to be pushed to.
        Index("uq_push_subscriptions_device", "account_id", "device", unique=True),
        # Constraint: an endpoint is one device's, whoever is signed in there now.
        Index("uq_push_subscriptions_endpoint", "endpoint", unique=True),
        # Usage: subscriptions whose login has ended, and their deletion with it.
        Index("ix_push_subscriptions_of_login", "session_id"),
    )

    id: Mapped[Id]
    account_id: Mapped[AccountRef]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("login_sessions.id", ondelete="CASCADE"))
    device: Mapped[str]
    kind: Mapped[str]
    endpoint: Mapped[str]
    p256dh: Mapped[bytes] = mapped_column(LargeBinary)
    auth: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Push(Base):
    """One event that one subscription has still to be pushed; deleted once that is settled.

    `due_at` is when it may be tried next: a claim moves it on, so that what a killed process had
    claimed comes due again. After `until` it is of no use any more.
    """

    __tablename__ = "pushes"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries"),
        # Usage: what is due, oldest first.
        Index("ix_pushes_due", "due_at"),
    )

    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("push_subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    n: Mapped[Big] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID]
    until: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int]
