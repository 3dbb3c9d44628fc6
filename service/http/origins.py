"""Origins: which browser pages may speak to the api with more than a token they hold."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from service.runtime import runtime_of


def is_allowed(origin: str, connection: HTTPConnection) -> bool:
    """Whether a browser's origin is the api's own, or one from the settings."""
    own = f"//{connection.headers.get('host')}"
    allowed = runtime_of(connection).settings.allowed_origins
    return origin in allowed or origin in (f"http:{own}", f"https:{own}")
