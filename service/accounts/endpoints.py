"""Routes of accounts and sessions: sign up, sign in, refresh, sign out, and one's own account."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.accounts import operations
from service.accounts.operations import SignedIn
from service.accounts.passwords import hash_password
from service.accounts.proving import access_token, is_right, open_session, renew_session
from service.accounts.schemas import (
    AccountOut,
    AccountPatch,
    PasswordIn,
    RefreshIn,
    SessionOut,
    SignInIn,
    SignUpIn,
)
from service.errors import (
    Busy,
    EmailTaken,
    RefreshNotValid,
    RefreshReused,
    SessionRevoked,
    Suspended,
    TooManyRequests,
    WrongCredentials,
)
from service.http.access import Person
from service.http.documentation import refuses
from service.http.idempotency import OnceOnly
from service.runtime import Run, Runtime

REPEATED_WITHIN_S = 30
"""How long the answer to a refresh is given again: a phone that lost it asks within seconds."""

accounts = APIRouter(prefix="/v1/accounts", tags=["accounts"])
sessions = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@accounts.post(
    "",
    status_code=201,
    response_model=AccountOut,
    responses=refuses(EmailTaken, TooManyRequests, Busy),
)
async def sign_up(body: SignUpIn, request: Request, runtime: Run, once: OnceOnly) -> Response:
    """Sign up as a client, a tasker, or both. Signing in is a call of its own."""
    runtime.limits.check("sign_up", request)
    return await once.run(
        AccountOut.of,
        operations.sign_up,
        email=body.email,
        password_hash=await hash_password(body.password.get_secret_value()),
        name=body.name,
        roles=frozenset(body.roles),
        now=runtime.now(),
    )


@accounts.get("/me")
async def read_me(caller: Person, runtime: Run) -> AccountOut:
    """One's own account."""
    return AccountOut.of(
        await runtime.database.run(operations.read_account, account_id=caller.account_id)
    )


@accounts.patch("/me")
async def change_me(body: AccountPatch, caller: Person, runtime: Run) -> AccountOut:
    """Another name, or a role more: a client who does chores as well, a tasker who posts some."""
    account = await runtime.database.run(
        operations.change_account,
        account_id=caller.account_id,
        name=body.name,
        roles=frozenset(body.roles),
    )
    runtime.sessions.forget_account(caller.account_id)
    return AccountOut.of(account)


@accounts.put(
    "/me/password", status_code=204, responses=refuses(WrongCredentials, TooManyRequests, Busy)
)
async def change_password(body: PasswordIn, caller: Person, request: Request, runtime: Run) -> None:
    """Another password. Every other session of this account ends."""
    runtime.limits.check("sign_in", request, str(caller.account_id))
    account = await runtime.database.run(operations.read_account, account_id=caller.account_id)
    kept = account.password_hash
    if not await is_right(body.current_password.get_secret_value(), kept, runtime):
        raise WrongCredentials
    await runtime.database.run(
        operations.change_password,
        account_id=caller.account_id,
        session_id=caller.session_id,
        old_hash=kept,
        new_hash=await hash_password(body.new_password.get_secret_value()),
        now=runtime.now(),
    )
    runtime.sessions.forget_account(caller.account_id)


@sessions.post(
    "", status_code=201, responses=refuses(WrongCredentials, Suspended, TooManyRequests, Busy)
)
async def sign_in(body: SignInIn, request: Request, runtime: Run) -> SessionOut:
    """Sign in: a new session with its first pair of tokens. Takes no `Idempotency-Key`."""
    signed_in = await open_session(body.email, body.password.get_secret_value(), request, runtime)
    return _credentials(signed_in, runtime)


@sessions.post(
    "/refresh",
    responses=refuses(RefreshNotValid, RefreshReused, SessionRevoked, Suspended),
)
async def refresh_session(body: RefreshIn, runtime: Run) -> SessionOut:
    """The next pair of tokens. The token given is used up; used again, the session ends, except
    within 30 s and while what followed is unused: an answer may be lost, and is given again.
    """
    found = await renew_session(body.refresh_token, runtime, repeated_within_s=REPEATED_WITHIN_S)
    return _credentials(found, runtime)


@sessions.delete("/current", status_code=204)
async def sign_out(caller: Person, runtime: Run) -> None:
    """End this session: neither of its tokens is good for anything any more."""
    await runtime.database.run(operations.sign_out, session_id=caller.session_id, now=runtime.now())
    runtime.sessions.forget(caller.session_id)


@sessions.delete("", status_code=204)
async def sign_out_everywhere(caller: Person, runtime: Run) -> None:
    """End every session of this account, this one too."""
    await runtime.database.run(
        operations.sign_out_everywhere, account_id=caller.account_id, now=runtime.now()
    )
    runtime.sessions.forget_account(caller.account_id)


def _credentials(signed_in: SignedIn, runtime: Runtime) -> SessionOut:
    settings = runtime.settings
    return SessionOut(
        access_token=access_token(signed_in, runtime),
        expires_in=settings.access_token_s,
        refresh_token=signed_in.refresh_token,
        refresh_expires_at=signed_in.refresh_expires_at,
        account=AccountOut.of(signed_in.account),
    )
