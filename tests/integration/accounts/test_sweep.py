"""What has expired is deleted; what may still be asked for is kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.accounts.operations import Swept, sweep
from service.db.engine import Database
from service.db.tables import IdempotencyKey, LoginSession, RefreshToken
from tests.support.scene import MONDAY_NOON, Person, make_client

DAY = timedelta(days=1)


def token(person: Person, name: bytes, expires_in: timedelta) -> RefreshToken:
    return RefreshToken(
        token_hash=name,
        session_id=person.session_id,
        issued_at=MONDAY_NOON,
        expires_at=MONDAY_NOON + expires_in,
    )


def key(name: str, age: timedelta) -> IdempotencyKey:
    return IdempotencyKey(
        scope="x", key=name, request_hash=b"", status=201, answer={}, created_at=MONDAY_NOON - age
    )


async def scene(session: AsyncSession) -> None:
    old = MONDAY_NOON - 40 * DAY
    with_a_token = await make_client(session, now=old)
    await make_client(session, now=old)
    await make_client(session, now=MONDAY_NOON)
    session.add_all([token(with_a_token, b"kept", DAY), token(with_a_token, b"gone", -DAY)])
    session.add_all([key("kept", DAY / 2), key("gone", 2 * DAY)])


async def left(session: AsyncSession) -> tuple[list[bytes], list[str], int | None]:
    tokens = await session.scalars(select(RefreshToken.token_hash))
    keys = await session.scalars(select(IdempotencyKey.key))
    sessions = await session.scalar(select(func.count()).select_from(LoginSession))
    return list(tokens), list(keys), sessions


async def test_a_sweep_deletes_what_has_expired_and_nothing_else(database: Database) -> None:
    await database.run(scene)
    swept = await database.run(sweep, now=MONDAY_NOON, keys_kept_s=86_400)
    assert swept == Swept(tokens=1, sessions=1, keys=1)
    assert await database.run(left) == ([b"kept"], ["kept"], 2)
    again = await database.run(sweep, now=MONDAY_NOON, keys_kept_s=86_400)
    assert again == Swept(tokens=0, sessions=0, keys=0)
