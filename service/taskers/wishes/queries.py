"""Favourites and blocks in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import Account, Block, Favourite


@dataclass(frozen=True, slots=True)
class Wish:
    """Whom a wish is about, and since when it holds."""

    id: UUID
    name: str
    created_at: datetime


async def is_client(session: AsyncSession, account_id: UUID) -> bool:
    """There is such a client."""
    found = select(Account.id).where(Account.id == account_id, Account.is_client)
    return await session.scalar(found) is not None


async def add_favourite(
    session: AsyncSession, *, client_id: UUID, tasker_id: UUID, now: datetime
) -> None:
    """Note a favourite, once."""
    added = insert(Favourite).values(client_id=client_id, tasker_id=tasker_id, created_at=now)
    await session.execute(added.on_conflict_do_nothing())


async def drop_favourite(session: AsyncSession, *, client_id: UUID, tasker_id: UUID) -> None:
    """Take a favourite off the list."""
    gone = delete(Favourite).where(
        Favourite.client_id == client_id, Favourite.tasker_id == tasker_id
    )
    await session.execute(gone)


async def favourites_of(session: AsyncSession, *, client_id: UUID) -> list[Wish]:
    """A client's favourites, newest first."""
    found = await session.execute(
        select(Account.id, Account.name, Favourite.created_at)
        .join(Account, Account.id == Favourite.tasker_id)
        .where(Favourite.client_id == client_id)
        .order_by(Favourite.created_at.desc(), Account.id)
    )
    return [Wish(*row) for row in found]


async def add_block(
    session: AsyncSession, *, client_id: UUID, tasker_id: UUID, by_tasker: bool, now: datetime
) -> bool:
    """False if it was there."""
    added = insert(Block).values(
        client_id=client_id, tasker_id=tasker_id, by_tasker=by_tasker, created_at=now
    )
    written = added.on_conflict_do_nothing().returning(Block.client_id)
    return await session.scalar(written) is not None


async def drop_block(
    session: AsyncSession, *, client_id: UUID, tasker_id: UUID, by_tasker: bool
) -> bool:
    """False if it was not there."""
    gone = delete(Block).where(
        Block.client_id == client_id, Block.tasker_id == tasker_id, Block.by_tasker == by_tasker
    )
    return cast("CursorResult[Any]", await session.execute(gone)).rowcount == 1


async def blocks_by_client(session: AsyncSession, *, client_id: UUID) -> list[Wish]:
    """The taskers a client has blocked, newest first."""
    found = await session.execute(
        select(Account.id, Account.name, Block.created_at)
        .join(Account, Account.id == Block.tasker_id)
        .where(Block.client_id == client_id, Block.by_tasker.is_(False))
        .order_by(Block.created_at.desc(), Account.id)
    )
    return [Wish(*row) for row in found]


async def blocks_by_tasker(session: AsyncSession, *, tasker_id: UUID) -> list[Wish]:
    """The clients a tasker has blocked, newest first."""
    found = await session.execute(
        select(Account.id, Account.name, Block.created_at)
        .join(Account, Account.id == Block.client_id)
        .where(Block.tasker_id == tasker_id, Block.by_tasker)
        .order_by(Block.created_at.desc(), Account.id)
    )
    return [Wish(*row) for row in found]
