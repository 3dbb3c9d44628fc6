"""The SQL of accounts: people, sessions, refresh tokens, and what has expired."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Select, delete, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.db.tables import (
    Account,
    Base,
    IdempotencyKey,
    LoginSession,
    RefreshToken,
    StreamTicket,
)

BATCH = 5_000
"""Rows deleted by one statement of a sweep: tens of milliseconds, and few locks."""


async def account_by_email(session: AsyncSession, email: str) -> Account | None:
    """The account of an e-mail in lower case."""
    found: Account | None = await session.scalar(select(Account).where(Account.email == email))
    return found


async def account_locked(session: AsyncSession, account_id: UUID) -> Account | None:
    """The account, kept from changing until the transaction ends."""
    found: Account | None = await session.scalar(
        select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    )
    return found


async def operators(session: AsyncSession) -> list[Account]:
    """Every operator, by e-mail."""
    found = await session.scalars(
        select(Account).where(Account.operator_role.is_not(None)).order_by(Account.email)
    )
    return list(found)


async def use_token(session: AsyncSession, token_hash: bytes, *, now: datetime) -> UUID | None:
    """Use a refresh token up and return its session; of two at once, one finds it unused."""
    found: UUID | None = await session.scalar(
        update(RefreshToken)
        .where(
            RefreshToken.token_hash == token_hash,
            RefreshToken.used_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(RefreshToken.session_id)
    )
    return found


async def session_of_used(session: AsyncSession, token_hash: bytes) -> UUID | None:
    """The session of a refresh token that was used before."""
    found: UUID | None = await session.scalar(
        select(RefreshToken.session_id).where(
            RefreshToken.token_hash == token_hash, RefreshToken.used_at.is_not(None)
        )
    )
    return found


async def session_just_used(
    session: AsyncSession, token_hash: bytes, *, next_hash: bytes, since: datetime, now: datetime
) -> tuple[UUID, datetime] | None:
    """The session of a token used up since then whose next one is still unused, and when that
    next one expires.
    """
    following = aliased(RefreshToken)
    row = (
        await session.execute(
            select(RefreshToken.session_id, following.expires_at)
            .join(following, following.session_id == RefreshToken.session_id)
            .where(
                RefreshToken.token_hash == token_hash,
                RefreshToken.used_at > since,
                following.token_hash == next_hash,
                following.used_at.is_(None),
                following.expires_at > now,
            )
        )
    ).one_or_none()
    return None if row is None else (row.session_id, row.expires_at)


async def session_with(session: AsyncSession, token_hash: bytes) -> UUID | None:
    """The session that a refresh token belongs to, used or not."""
    found: UUID | None = await session.scalar(
        select(RefreshToken.session_id).where(RefreshToken.token_hash == token_hash)
    )
    return found


async def person_of(session: AsyncSession, session_id: UUID) -> tuple[Account, datetime | None]:
    """The account of a session, and when the session was revoked."""
    row = (
        await session.execute(
            select(Account, LoginSession.revoked_at)
            .join(LoginSession, LoginSession.account_id == Account.id)
            .where(LoginSession.id == session_id)
        )
    ).one()
    return row.Account, row.revoked_at


async def revoke(
    session: AsyncSession, which: ColumnElement[bool], *, reason: str, now: datetime
) -> None:
    """End the sessions that match and still stand."""
    await session.execute(
        update(LoginSession)
        .where(which, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now, revoked_reason=reason)
    )


async def delete_tokens(session: AsyncSession, *, before: datetime) -> int:
    """Delete refresh tokens that expired before then."""
    return await _delete(
        session,
        RefreshToken,
        select(RefreshToken.token_hash).where(RefreshToken.expires_at <= before),
    )


async def delete_sessions(session: AsyncSession, *, before: datetime) -> int:
    """Delete sessions begun before then of which no token or ticket is left."""
    return await _delete(
        session,
        LoginSession,
        select(LoginSession.id).where(
            LoginSession.created_at <= before,
            ~exists().where(RefreshToken.session_id == LoginSession.id),
            ~exists().where(StreamTicket.session_id == LoginSession.id),
        ),
    )


async def delete_keys(session: AsyncSession, *, before: datetime) -> int:
    """Delete idempotency keys first used before then."""
    return await _delete(
        session,
        IdempotencyKey,
        select(IdempotencyKey.scope, IdempotencyKey.key).where(IdempotencyKey.created_at <= before),
    )


async def _delete(
    session: AsyncSession, table: type[Base], chosen: Select[*tuple[Any, ...]]
) -> int:
    """Delete a batch of the chosen primary keys, leaving those that somebody holds for later."""
    batch = chosen.limit(BATCH).with_for_update(skip_locked=True)
    keys = list(table.__table__.primary_key)
    matched = keys[0].in_(batch) if len(keys) == 1 else tuple_(*keys).in_(batch)
    result = await session.execute(
        delete(table).where(matched).execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount
