"""The console's cookie: where the refresh token lives, out of every script's reach."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Header, Request
from starlette.responses import Response

from service.accounts.operations import SignedIn
from service.errors import NotAllowed
from service.http.origins import is_allowed
from service.settings import Settings

NAME = "dibs_console"
PATH = "/v1/console/session"

PageHeader = Annotated[
    Literal["1"],
    Header(
        alias="X-Dibs-Console",
        description="Always 1. No form and no page of another origin can send it.",
        examples=["1"],
    ),
]


async def page_only(request: Request, _: PageHeader) -> str | None:
    """The cookie's refresh token, if the console's own page asks. Raises NotAllowed otherwise."""
    origin = request.headers.get("origin")
    if origin is not None and not is_allowed(origin, request):
        raise NotAllowed("This origin may not use the console's session.", origin=origin)
    return request.cookies.get(NAME)


FromPage = Annotated[str | None, Depends(page_only)]


def put(response: Response, signed_in: SignedIn, settings: Settings) -> None:
    """Give the browser the session's newest refresh token."""
    response.set_cookie(
        NAME,
        signed_in.refresh_token,
        path=PATH,
        expires=signed_in.refresh_expires_at,
        httponly=True,
        samesite="strict",
        secure=settings.environment == "production",
    )


def clear(response: Response, settings: Settings) -> None:
    """Take it away."""
    response.delete_cookie(
        NAME,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=settings.environment == "production",
    )
