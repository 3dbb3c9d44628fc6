"""Idempotency: a POST that creates, sent again with the same `Idempotency-Key`, gets the first
one's answer.

The key's row and what the request does are one transaction: either both are there or neither is. A
second request with the same key waits on the row until the first has committed, then repeats its
answer with `Idempotency-Replayed: true`; with another body it is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import IdempotencyKey
from service.errors import IdempotencyKeyInvalid, IdempotencyKeyReused
from service.http.tokens import read_access
from service.runtime import Runtime, runtime_of

P = ParamSpec("P")
T = TypeVar("T")

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 128 visible characters, unique per request; a repeat gets the first answer.",
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
        """Run `operation` in one transaction and answer 201, or repeat the answer kept under the
        key.
        """
        now = self.runtime.now()

        async def once(session: AsyncSession) -> tuple[dict[str, Any], bool]:
            if self.key and (kept := await self._claim(session, self.key, now)) is not None:
                return kept, True
            answer = present(await operation(session, *args, **kwargs)).model_dump(mode="json")
            if self.key:
                await self._keep(session, self.key, answer)
            return answer, False

        answer, replayed = await self.runtime.database.run(once)
        headers = {"Idempotency-Replayed": "true"} if replayed else None
        return JSONResponse(answer, 201, headers=headers)

    async def _claim(self, session: AsyncSession, key: str, now: datetime) -> dict[str, Any] | None:
        claimed = await session.scalar(
            insert(IdempotencyKey)
            .values(scope=self.scope, key=key, request_hash=self.request_hash, created_at=now)
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        )
        if claimed is not None:
            return None
        kept = (
            await session.execute(
                select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(
                    IdempotencyKey.scope == self.scope, IdempotencyKey.key == key
                )
            )
        ).one()
        if kept.request_hash != self.request_hash:
            raise IdempotencyKeyReused
        answer: dict[str, Any] = kept.answer
        return answer

    async def _keep(self, session: AsyncSession, key: str, answer: dict[str, Any]) -> None:
        await session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.scope == self.scope, IdempotencyKey.key == key)
            .values(answer=answer, status=201)
        )


def _once(request: Request, key: KeyHeader = None) -> Once:
    if key is not None and not (1 <= len(key) <= 128 and key.isascii() and key.isprintable()):
        raise IdempotencyKeyInvalid
    token = request.headers.get("authorization", "")
    body: bytes = request.scope.get("dibs.body", b"")
    route = f"{request.method} {request.url.path}"
    scope = _scope_of(request, token)
    return Once(
        runtime_of(request), scope, key, hashlib.sha256(route.encode() + b"\n" + body).digest()
    )


def _scope_of(request: Request, authorization: str) -> str:
    """Keys of one person never meet another's. A signed-in request is scoped by its account, read
    from the token.
    """
    runtime = runtime_of(request)
    _, _, token = authorization.partition(" ")
    if not token:
        return "anonymous"
    key = runtime.settings.secret_key.get_secret_value()
    return str(read_access(token, key=key, now=runtime.now()).account_id)


OnceOnly = Annotated[Once, Depends(_once)]
