"""Tokens: signed access tokens that expire in minutes, and random secrets of which only a hash is
kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt

from service.errors import NotSignedIn, TokenExpired

ALGORITHM = "HS256"
AUDIENCE = "dibs"
REMEMBERED = 10_000
"""Tokens whose signature is not checked again: it took 0.15 ms of CPU, the age is looked at."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: whose it is and of which sign-in."""

    account_id: UUID
    session_id: UUID


def sign_access(claims: Claims, *, key: str, now: datetime, lifetime_s: int) -> str:
    """A JWT for `lifetime_s` seconds from `now`."""
    payload = {
        "sub": str(claims.account_id),
        "sid": str(claims.session_id),
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=lifetime_s)).timestamp()),
    }
    return jwt.encode(payload, key, algorithm=ALGORITHM)


def read_access(token: str, *, key: str, now: datetime) -> Claims:
    """Check signature, audience and expiry at `now`. Raises NotSignedIn or TokenExpired."""
    claims, expires = _verified(token, key)
    if now.timestamp() >= expires:
        raise TokenExpired
    return claims


@lru_cache(maxsize=REMEMBERED)
def _verified(token: str, key: str) -> tuple[Claims, float]:
    """What a token says that we signed, and when it expires. Only those are remembered: whoever
    makes tokens up pushes nobody out. Raises NotSignedIn.
    """
    try:
        payload = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={
                "require": ["sub", "sid", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        return Claims(UUID(payload["sub"]), UUID(payload["sid"])), float(payload["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise NotSignedIn("The access token is not valid.") from None


def new_secret() -> str:
    """A random URL-safe secret of 256 bits."""
    return secrets.token_urlsafe(32)


def secret_after(secret: str, *, key: str) -> str:
    """The secret that follows this one: as random to whoever has not our key, the same each time
    to us.
    """
    following = hmac.digest(key.encode(), b"after\n" + _bytes(secret), hashlib.sha256)
    return urlsafe_b64encode(following).decode().rstrip("=")


def hash_of(secret: str) -> bytes:
    """SHA-256 of a random secret. Enough for 256 random bits; passwords take argon2id instead."""
    return hashlib.sha256(_bytes(secret)).digest()


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")
