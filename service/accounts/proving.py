"""Proving who one is: a password against what is kept, a session opened with it and renewed, its
access token.

What the sign-in of people and that of the console share.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection

from service.accounts import operations
from service.accounts.operations import Reused, Shared, SignedIn
from service.accounts.passwords import matches
from service.errors import RefreshReused, WrongCredentials
from service.http.tokens import Claims, sign_access
from service.runtime import Runtime


async def open_session(
    email: str,
    password: str,
    connection: HTTPConnection,
    runtime: Runtime,
    *,
    operators_only: bool = False,
) -> SignedIn:
    """A new session of whoever has this password.

    Raises WrongCredentials, Suspended, TooManyRequests, Busy, and NotAllowed for who is none of
    `operators_only`.
    """
    runtime.limits.check("sign_in", connection)
    runtime.limits.check("sign_in", connection, email)
    kept = await runtime.database.run(operations.kept_password, email=email)
    right = await is_right(password, kept and kept[1], runtime)
    if kept is None or not right:
        raise WrongCredentials
    return await runtime.database.run(
        operations.sign_in,
        account_id=kept[0],
        password_hash=kept[1],
        refresh_s=runtime.settings.refresh_token_s,
        now=runtime.now(),
        operators_only=operators_only,
    )


async def renew_session(
    refresh_token: str, runtime: Runtime, *, repeated_within_s: int
) -> SignedIn:
    """The session with its next refresh token; the one given is used up.

    Raises RefreshNotValid, SessionRevoked, Suspended; RefreshReused, with the session at its end,
    for a token that was used before and longer ago than `repeated_within_s`, or followed up.
    """
    found = await runtime.database.run(
        operations.rotate,
        refresh_token=refresh_token,
        refresh_s=runtime.settings.refresh_token_s,
        now=runtime.now(),
        shared=Shared(runtime.settings.secret_key.get_secret_value(), repeated_within_s),
    )
    if isinstance(found, Reused):
        runtime.sessions.forget(found.session_id)
        raise RefreshReused
    return found


async def is_right(password: str, kept: str | None, runtime: Runtime) -> bool:
    """Whether `kept` is a hash of the password, in a thread. Raises Busy."""
    return await matches(password, kept, allow_cheap=runtime.settings.cheap_password_hashes)


def access_token(signed_in: SignedIn, runtime: Runtime) -> str:
    """An access token of a session, good from now for as long as the settings say."""
    settings = runtime.settings
    return sign_access(
        Claims(signed_in.account.id, signed_in.session_id),
        key=settings.secret_key.get_secret_value(),
        now=runtime.now(),
        lifetime_s=settings.access_token_s,
    )
