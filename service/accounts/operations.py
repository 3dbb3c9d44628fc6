"""Use cases of accounts: sign up, sign in, rotate, sign out, change, sweep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.accounts import queries
from service.db.tables import Account, LoginSession, RefreshToken
from service.errors import (
    NotAllowed,
    NotFound,
    RefreshNotValid,
    SessionRevoked,
    Suspended,
    WrongCredentials,
)
from service.http.tokens import hash_of, new_secret, secret_after


class Role(StrEnum):
    """What a person signs up as."""

    CLIENT = "client"
    TASKER = "tasker"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that stands, its person, and the one refresh token that carries it on."""

    account: Account
    session_id: UUID
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reused:
    """A refresh token was used a second time; its session has been ended."""

    session_id: UUID


@dataclass(frozen=True, slots=True)
class Shared:
    """A refresh token that may be sent twice without ill intent: by the pages of one browser at
    once, by a phone whose answer was lost.

    What follows it is derived from it with `key`: within `within_s` seconds, and while what follows
    is unused, a second use gets the same answer and forks nothing. Later, or after that one was
    used, it is a reuse like any other.
    """

    key: str
    within_s: int

    def after(self, refresh_token: str) -> str:
        """The token that follows."""
        return secret_after(refresh_token, key=self.key)


class Swept(NamedTuple):
    """How many rows a sweep deleted."""

    tokens: int
    sessions: int
    keys: int


async def sign_up(
    session: AsyncSession,
    *,
    email: str,
    password_hash: str,
    name: str,
    roles: frozenset[Role],
    now: datetime,
) -> Account:
    """A new client, tasker or both. Raises EmailTaken."""
    account = Account(
        email=email,
        password_hash=password_hash,
        name=name,
        is_client=Role.CLIENT in roles,
        is_tasker=Role.TASKER in roles,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account


async def create_operator(
    session: AsyncSession, *, email: str, password_hash: str, name: str, role: str, now: datetime
) -> Account:
    """A new operator, `viewer` or `editor`. Raises EmailTaken."""
    account = Account(
        email=email,
        password_hash=password_hash,
        name=name,
        is_client=False,
        is_tasker=False,
        operator_role=role,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account


async def suspend_operator(
    session: AsyncSession, *, email: str, reason: str, now: datetime
) -> None:
    """Shut an operator out. Their sessions are refused within seconds. Raises NotFound."""
    account = await queries.account_by_email(session, email)
    if account is None or account.operator_role is None:
        raise NotFound
    account.suspended_at, account.suspended_reason = now, reason


async def kept_password(session: AsyncSession, *, email: str) -> tuple[UUID, str] | None:
    """The account of an e-mail and its password's hash, to be compared outside of a transaction."""
    account = await queries.account_by_email(session, email)
    return None if account is None else (account.id, account.password_hash)


async def sign_in(
    session: AsyncSession,
    *,
    account_id: UUID,
    password_hash: str,
    refresh_s: int,
    now: datetime,
    operators_only: bool = False,
) -> SignedIn:
    """A new session of somebody who gave the password behind `password_hash`.

    Raises WrongCredentials if the password was changed meanwhile, Suspended, and NotAllowed for
    who is none of `operators_only`.
    """
    account = await queries.account_locked(session, account_id)
    if account is None or account.password_hash != password_hash:
        raise WrongCredentials
    if account.suspended_at is not None:
        raise Suspended
    if operators_only and account.operator_role is None:
        raise NotAllowed("This is for operators.")
    opened = LoginSession(account_id=account_id, created_at=now)
    session.add(opened)
    await session.flush()
    expires_at = now + timedelta(seconds=refresh_s)
    return await _with_token(session, account, opened.id, new_secret(), expires_at, now=now)


async def rotate(
    session: AsyncSession,
    *,
    refresh_token: str,
    refresh_s: int,
    now: datetime,
    shared: Shared,
) -> SignedIn | Reused:
    """Use a refresh token up for the next one. Used before, its session ends, and that is kept;
    unless that was a moment ago and nobody used what followed: then the answer is the same again.

    Raises RefreshNotValid for an unknown or expired token, SessionRevoked, Suspended.
    """
    token_hash = hash_of(refresh_token)
    following = shared.after(refresh_token)
    expires_at = now + timedelta(seconds=refresh_s)
    session_id = await queries.use_token(session, token_hash, now=now)
    if session_id is None:
        again = await queries.session_just_used(
            session,
            token_hash,
            next_hash=hash_of(following),
            since=now - timedelta(seconds=shared.within_s),
            now=now,
        )
        if again is not None:
            account = await _standing(session, again[0])
            return SignedIn(account, again[0], following, again[1])
        stolen = await queries.session_of_used(session, token_hash)
        if stolen is None:
            raise RefreshNotValid
        await queries.revoke(session, LoginSession.id == stolen, reason="refresh_reused", now=now)
        return Reused(stolen)
    account = await _standing(session, session_id)
    return await _with_token(session, account, session_id, following, expires_at, now=now)


async def end_session_of(
    session: AsyncSession, *, refresh_token: str, now: datetime
) -> UUID | None:
    """End the session that a refresh token belongs to, used or not; None: it belongs to none."""
    session_id = await queries.session_with(session, hash_of(refresh_token))
    if session_id is not None:
        await sign_out(session, session_id=session_id, now=now)
    return session_id


async def sign_out(session: AsyncSession, *, session_id: UUID, now: datetime) -> None:
    """End one session."""
    await queries.revoke(session, LoginSession.id == session_id, reason="signed_out", now=now)


async def sign_out_everywhere(session: AsyncSession, *, account_id: UUID, now: datetime) -> None:
    """End every session of an account."""
    mine = LoginSession.account_id == account_id
    await queries.revoke(session, mine, reason="signed_out_everywhere", now=now)


async def read_account(session: AsyncSession, *, account_id: UUID) -> Account:
    """The account of somebody signed in."""
    return await session.get_one(Account, account_id)


async def change_account(
    session: AsyncSession, *, account_id: UUID, name: str | None, roles: frozenset[Role]
) -> Account:
    """Another name (None: the same), and roles added. Roles are not given back."""
    account = await session.get_one(Account, account_id, with_for_update={"key_share": True})
    account.name = account.name if name is None else name
    account.is_client = account.is_client or Role.CLIENT in roles
    account.is_tasker = account.is_tasker or Role.TASKER in roles
    await session.flush()
    return account


async def change_password(
    session: AsyncSession,
    *,
    account_id: UUID,
    session_id: UUID,
    old_hash: str,
    new_hash: str,
    now: datetime,
) -> None:
    """Put `new_hash` for `old_hash` and end every other session.

    Raises WrongCredentials if the password was changed meanwhile.
    """
    account = await session.get_one(Account, account_id, with_for_update={"key_share": True})
    if account.password_hash != old_hash:
        raise WrongCredentials
    account.password_hash = new_hash
    others = (LoginSession.account_id == account_id) & (LoginSession.id != session_id)
    await queries.revoke(session, others, reason="password_changed", now=now)


async def sweep(session: AsyncSession, *, now: datetime, keys_kept_s: int) -> Swept:
    """Delete a batch of what has expired: tokens, sessions without any, idempotency keys."""
    tokens = await queries.delete_tokens(session, before=now)
    sessions = await queries.delete_sessions(session, before=now - timedelta(days=1))
    keys = await queries.delete_keys(session, before=now - timedelta(seconds=keys_kept_s))
    return Swept(tokens, sessions, keys)


async def _standing(session: AsyncSession, session_id: UUID) -> Account:
    """The account of a session. Raises SessionRevoked or Suspended if it does not stand."""
    account, revoked_at = await queries.person_of(session, session_id)
    if revoked_at is not None:
        raise SessionRevoked
    if account.suspended_at is not None:
        raise Suspended
    return account


async def _with_token(
    session: AsyncSession,
    account: Account,
    session_id: UUID,
    secret: str,
    expires_at: datetime,
    *,
    now: datetime,
) -> SignedIn:
    session.add(
        RefreshToken(
            token_hash=hash_of(secret), session_id=session_id, issued_at=now, expires_at=expires_at
        )
    )
    await session.flush()
    return SignedIn(account, session_id, secret, expires_at)
