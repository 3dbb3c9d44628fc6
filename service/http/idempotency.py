"""Idempotency: a POST that creates, sent again with its `Idempotency-Key`, gets the same answer.

The key's row and what the request does are one transaction: either both are there or neither is. A
second request with the same key waits on the row until the first has ended. If that committed, its
answer is repeated, with `Idempotency-Replayed: true`, or refused for another body; if it was
refused, nothing was kept, and the second is done as if it were the first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.constraints import sqlstate_of
from service.db.tables import IdempotencyKey
from service.errors import IdempotencyInProgress, IdempotencyKeyInvalid, IdempotencyKeyReused
from service.http.guard import BODY_SCOPE_KEY
from service.http.tokens import read_access
from service.runtime import Runtime, runtime_of

P = ParamSpec("P")
T = TypeVar("T")

LOCK_TIMEOUT = "55P03"

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 128 visible characters, new for each request. A repeat within a day"
        " gets the first one's answer and changes nothing.",
        examples=["7d1f4bd2-6f0e-4f0c-9a44-0d6f3b0b8c11"],
        json_schema_extra={"minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    ),
]


class Once:
    """One POST, done once. `run` performs the operation and answers with `present(result)`."""

    def __init__(self, runtime: Runtime, scope: str, key: str | None, request_hash: bytes) -> None:
        self.runtime, self.scope, self.key, self.request_hash = runtime, scope, key, request_hash

    async def run(
        self,
        present: Callable[[T], BaseModel],
        operation: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> JSONResponse:
        """Run `operation` in one transaction and answer 201, or repeat the answer that was kept."""
        now = self.runtime.now()

        async def once(session: AsyncSession) -> tuple[dict[str, Any], bool]:
            if self.key and (kept := await self._claim(session, self.key, now)) is not None:
                return kept, True
            shown = present(await operation(session, *args, **kwargs))
            answer = shown.model_dump(mode="json", by_alias=True)
            if self.key:
                await self._keep(session, self.key, answer)
            return answer, False

        answer, replayed = await self.runtime.database.run(once)
        headers = {"Idempotency-Replayed": "true"} if replayed else None
        return JSONResponse(answer, 201, headers=headers)

    async def _claim(self, session: AsyncSession, key: str, now: datetime) -> dict[str, Any] | None:
        """Take the key, unless it is taken: then its answer. A key that has expired is free again.

        Raises IdempotencyKeyReused for another request, IdempotencyInProgress when the first one
        is still under way after the database's patience.
        """
        try:
            taken = await session.scalar(self._take(key, now))
        except OperationalError as error:
            if sqlstate_of(error) == LOCK_TIMEOUT:
                raise IdempotencyInProgress from None
            raise
        if taken is not None:
            return None
        kept = (
            await session.execute(
                select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(
                    IdempotencyKey.scope == self.scope, IdempotencyKey.key == key
                )
            )
        ).one()
        if not hmac.compare_digest(kept.request_hash, self.request_hash):
            raise IdempotencyKeyReused
        answer: dict[str, Any] = kept.answer
        return answer

    def _take(self, key: str, now: datetime) -> Any:
        fresh = {"request_hash": self.request_hash, "created_at": now}
        expired = now - timedelta(seconds=self.runtime.settings.idempotency_kept_s)
        return (
            insert(IdempotencyKey)
            .values(scope=self.scope, key=key, **fresh)
            .on_conflict_do_update(
                index_elements=[IdempotencyKey.scope, IdempotencyKey.key],
                set_=fresh,
                where=IdempotencyKey.created_at <= expired,
            )
            .returning(IdempotencyKey.key)
        )

    async def _keep(self, session: AsyncSession, key: str, answer: dict[str, Any]) -> None:
        await session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.scope == self.scope, IdempotencyKey.key == key)
            .values(answer=answer, status=201)
        )


async def once_only(request: Request, key: KeyHeader = None) -> Once:
    """What a creating POST depends on. Raises IdempotencyKeyInvalid."""
    if key is not None and not (1 <= len(key) <= 128 and all("!" <= sign <= "~" for sign in key)):
        raise IdempotencyKeyInvalid
    runtime = runtime_of(request)
    secret = runtime.settings.secret_key.get_secret_value().encode()
    route = f"{request.method} {request.url.path}\n".encode()
    body: bytes = request.scope.get(BODY_SCOPE_KEY, b"")
    return Once(runtime, _scope_of(request, secret), key, _keyed(secret, route + body))


def _scope_of(request: Request, secret: bytes) -> str:
    """Keys of one person never meet another's: the account's if signed in, else the address's.

    A stranger behind the same address who guesses a key still needs the same body to be answered.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    runtime = runtime_of(request)
    if scheme.lower() == "bearer" and token:
        claims = read_access(token, key=secret.decode(), now=runtime.now())
        return str(claims.account_id)
    address = request.client.host if request.client else "local"
    return "anonymous " + _keyed(secret, address.encode()).hex()[:32]


def _keyed(secret: bytes, value: bytes) -> bytes:
    """A hash that is of no use without our secret: the body of a sign-up holds a password."""
    return hmac.digest(secret, b"idempotency\n" + value, hashlib.sha256)


OnceOnly = Annotated[Once, Depends(once_only)]
