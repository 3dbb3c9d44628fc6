"""Access: who is calling, and the five kinds of caller a route can be for.

A route names its caller in its signature: `Person` (anybody signed in), `Client`, `Tasker`,
`Operator` (may look), `Editor` (an operator who may change). A route without one of them is
public. The access token is checked for its signature and age; that its session still stands, and
what its account may do, is read from the database and remembered for at most `session_check_s`
seconds, so a revocation or a suspension acts within that time everywhere.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from starlette.requests import HTTPConnection

from service.db.direct import Prepared
from service.db.engine import Database
from service.db.tables import Account, LoginSession
from service.errors import NotAllowed, NotSignedIn, SessionRevoked, Suspended
from service.http.tokens import Claims, read_access
from service.runtime import Runtime, runtime_of
from service.together import Together


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person and what they may do."""

    account_id: UUID
    session_id: UUID
    is_client: bool
    is_tasker: bool
    operator_role: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as the database had it."""

    caller: Caller
    revoked: bool
    suspended: bool


class SessionWatch:
    """Sessions as the database had them at most `fresh_s` seconds ago. At most `most` are
    remembered.
    """

    def __init__(self, fresh_s: float, most: int = 50_000) -> None:
        self.fresh_s, self.most = fresh_s, most
        self._known: dict[UUID, tuple[float, Standing]] = {}
        self._asked = Together(_read_standings)

    async def caller(self, claims: Claims, database: Database, now: datetime) -> Caller:
        """The caller of these claims. Raises NotSignedIn, SessionRevoked or Suspended."""
        at = now.timestamp()
        known = self._known.get(claims.session_id)
        if known is None or not 0 <= at - known[0] < self.fresh_s:
            standing = await self._asked.ask(claims.session_id, database)
            if standing is None:
                raise NotSignedIn("The access token is not valid.")
            if len(self._known) >= self.most:
                self._known.clear()
            known = self._known[claims.session_id] = (at, standing)
        standing = known[1]
        if standing.caller.account_id != claims.account_id:
            raise NotSignedIn("The access token is not valid.")
        if standing.revoked:
            raise SessionRevoked
        if standing.suspended:
            raise Suspended
        return standing.caller

    def forget(self, session_id: UUID) -> None:
        """Look this session up afresh next time: it has just been changed here."""
        self._known.pop(session_id, None)

    def forget_account(self, account_id: UUID) -> None:
        """Look up every session of this account afresh: its roles have just been changed here."""
        for session_id, (_, standing) in list(self._known.items()):
            if standing.caller.account_id == account_id:
                del self._known[session_id]


STANDINGS = Prepared(
    select(
        LoginSession.id,
        Account.id,
        Account.is_client,
        Account.is_tasker,
        Account.operator_role,
        Account.suspended_at,
        LoginSession.revoked_at,
    )
    .join(LoginSession, LoginSession.account_id == Account.id)
    .where(LoginSession.id == any_(bindparam("sessions", type_=ARRAY(Uuid))))
)


async def _read_standings(database: Database, sessions: Collection[UUID]) -> dict[UUID, Standing]:
    rows = await database.run_single(STANDINGS.rows, {"sessions": list(sessions)})
    return {
        session_id: Standing(
            Caller(account_id, session_id, *may), revoked_at is not None, suspended_at is not None
        )
        for session_id, account_id, *may, suspended_at, revoked_at in rows
    }


_bearer = HTTPBearer(
    scheme_name="accessToken",
    auto_error=False,
    bearerFormat="JWT",
    description="An access token from POST /v1/sessions.",
)


async def authenticate(token: str, runtime: Runtime) -> Caller:
    """The caller behind an access token. Raises NotSignedIn and its kin."""
    now = runtime.now()
    key = runtime.settings.secret_key.get_secret_value()
    return await runtime.sessions.caller(
        read_access(token, key=key, now=now), runtime.database, now
    )


async def person(
    connection: HTTPConnection,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Anybody who is signed in."""
    if credentials is None:
        raise NotSignedIn
    return await authenticate(credentials.credentials, runtime_of(connection))


Person = Annotated[Caller, Depends(person)]


async def client(caller: Person) -> Caller:
    """A signed-in client."""
    if not caller.is_client:
        raise NotAllowed("This is for clients.")
    return caller


async def tasker(caller: Person) -> Caller:
    """A signed-in tasker."""
    if not caller.is_tasker:
        raise NotAllowed("This is for taskers.")
    return caller


async def operator(caller: Person) -> Caller:
    """A signed-in operator of any role."""
    if caller.operator_role is None:
        raise NotAllowed("This is for operators.")
    return caller


async def editor(caller: Person) -> Caller:
    """A signed-in operator who may change things."""
    if caller.operator_role != "editor":
        raise NotAllowed("This is for operators who may edit.")
    return caller


Client = Annotated[Caller, Depends(client)]
Tasker = Annotated[Caller, Depends(tasker)]
Operator = Annotated[Caller, Depends(operator)]
Editor = Annotated[Caller, Depends(editor)]
