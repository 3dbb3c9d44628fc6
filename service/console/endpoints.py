"""Routes of the console's session: sign in, stay signed in, sign out; and its settings."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from service.accounts import operations
from service.accounts.operations import SignedIn
from service.accounts.proving import access_token, open_session, renew_session
from service.accounts.schemas import SignInIn
from service.console import cookies
from service.console.cookies import FromPage
from service.errors import (
    Busy,
    NotAllowed,
    RefreshNotValid,
    RefreshReused,
    SessionRevoked,
    Suspended,
    TooManyRequests,
    WrongCredentials,
)
from service.http.documentation import refuses
from service.http.schemas import Out
from service.runtime import Run, Runtime

router = APIRouter(prefix="/v1/console", tags=["console"])

TABS_WITHIN_S = 30
"""Two tabs that wake at once, or an answer that was lost on the way, are this close together."""


class OperatorOut(Out):
    """The operator who is signed in."""

    id: str = Field(
        json_schema_extra={"format": "uuid"}, examples=["0199a7c2-5d1e-7c3a-9b52-3f6f0c1d2e4a"]
    )
    name: str = Field(examples=["Opal Operator"])
    email: str = Field(examples=["opal@example.com"])
    operator_role: Literal["viewer", "editor"]


class ConsoleSessionOut(Out):
    """What the page keeps in its memory; the rest is in the cookie."""

    access_token: str = Field(description="a JWT, for `Authorization: Bearer`")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds it is good for", examples=[600])
    account: OperatorOut


class ConsoleSettingsOut(Out):
    """What the page needs to know before anybody signs in."""

    map_style_url: str | None = Field(
        description="a MapLibre style to draw below the market, null: the page's own base map",
        examples=[None],
    )
    environment: Literal["development", "test", "production"] = Field(examples=["production"])
    version: str = Field(examples=["0.1.0"])


@router.get("/settings")
async def read_console_settings(runtime: Run) -> ConsoleSettingsOut:
    """The console's settings; for everybody."""
    return ConsoleSettingsOut(
        map_style_url=runtime.settings.map_style_url,
        environment=runtime.settings.environment,
        version=version("dibs"),
    )


@router.post(
    "/session",
    status_code=201,
    responses=refuses(WrongCredentials, Suspended, NotAllowed, TooManyRequests, Busy),
)
async def open_console(
    body: SignInIn, request: Request, response: Response, runtime: Run
) -> ConsoleSessionOut:
    """Sign in to the console; for operators. The refresh token comes as a cookie."""
    signed_in = await open_session(
        body.email, body.password.get_secret_value(), request, runtime, operators_only=True
    )
    return _opened(signed_in, response, runtime)


@router.post(
    "/session/refresh",
    responses=refuses(RefreshNotValid, RefreshReused, SessionRevoked, Suspended, NotAllowed),
)
async def refresh_console(token: FromPage, response: Response, runtime: Run) -> ConsoleSessionOut:
    """The next access token, and the next cookie. Tabs that ask at once get the same cookie."""
    if token is None:
        raise RefreshNotValid("There is no session in this browser.")
    found = await renew_session(token, runtime, repeated_within_s=TABS_WITHIN_S)
    return _opened(found, response, runtime)


@router.delete("/session", status_code=204, responses=refuses(NotAllowed))
async def close_console(token: FromPage, response: Response, runtime: Run) -> None:
    """Sign out of the console: the session ends, and the cookie goes."""
    if token is not None:
        ended = await runtime.database.run(
            operations.end_session_of, refresh_token=token, now=runtime.now()
        )
        if ended is not None:
            runtime.sessions.forget(ended)
    cookies.clear(response, runtime.settings)


def _opened(signed_in: SignedIn, response: Response, runtime: Runtime) -> ConsoleSessionOut:
    account = signed_in.account
    if account.operator_role is None:
        raise NotAllowed("This is for operators.")
    cookies.put(response, signed_in, runtime.settings)
    return ConsoleSessionOut(
        access_token=access_token(signed_in, runtime),
        expires_in=runtime.settings.access_token_s,
        account=OperatorOut.model_validate(
            {
                "id": str(account.id),
                "name": account.name,
                "email": account.email,
                "operator_role": account.operator_role,
            }
        ),
    )
