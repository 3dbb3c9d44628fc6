"""Accounts: people, their signed-in sessions and refresh tokens, and the answers kept for repeated
requests.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import AccountRef, Base, Id


class Account(Base):
    """A person: client, tasker or both; or an operator, whom only the command line makes."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("is_client OR is_tasker OR operator_role IS NOT NULL", name="some_role"),
        CheckConstraint("operator_role IN ('viewer', 'editor')", name="operator_role"),
        CheckConstraint(
            "(suspended_at IS NULL) = (suspended_reason IS NULL)", name="suspended_with_reason"
        ),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    name: Mapped[str]
    is_client: Mapped[bool]
    is_tasker: Mapped[bool]
    operator_role: Mapped[str | None]
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str | None]


class LoginSession(Base):
    """One sign-in on one device; every token of it falls with it."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "account_id", postgresql_where=text("revoked_at IS NULL")),)

    id: Mapped[Id]
    account_id: Mapped[AccountRef]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]


class RefreshToken(Base):
    """One refresh token, used once. A second use revokes the whole session."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "session_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("login_sessions.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The answer given to a POST with this key, so that a repeat gets the same and changes
    nothing.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
