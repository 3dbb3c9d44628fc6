"""Favourites and blocks over HTTP."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from service.errors import NotFound
from service.http.access import Client, Tasker
from service.http.documentation import refuses
from service.http.schemas import Out, UtcTime
from service.runtime import Db, Now
from service.taskers.wishes import operations, queries
from service.taskers.wishes.queries import Wish

router = APIRouter(tags=["wishes"], responses=refuses(NotFound))

FAVOURITES = "/v1/clients/me/favourites"
CLIENT_BLOCKS = "/v1/clients/me/blocks"
TASKER_BLOCKS = "/v1/taskers/me/blocks"


class WishOut(Out):
    """Whom a wish is about, and since when it holds."""

    id: UUID
    name: str
    since: UtcTime


@router.get(FAVOURITES)
async def list_favourites(caller: Client, db: Db) -> list[WishOut]:
    """The taskers the caller would like again, newest first."""
    return _shown(await db.run(queries.favourites_of, client_id=caller.account_id))


@router.put(FAVOURITES + "/{tasker_id}", status_code=204)
async def put_favourite(tasker_id: UUID, caller: Client, db: Db, now: Now) -> None:
    """Like a tasker again: a policy may let favourites be asked first."""
    await db.run(
        operations.put_favourite, client_id=caller.account_id, tasker_id=tasker_id, now=now
    )


@router.delete(FAVOURITES + "/{tasker_id}", status_code=204)
async def delete_favourite(tasker_id: UUID, caller: Client, db: Db) -> None:
    """No longer."""
    await db.run(operations.delete_favourite, client_id=caller.account_id, tasker_id=tasker_id)


@router.get(CLIENT_BLOCKS)
async def list_blocked_taskers(caller: Client, db: Db) -> list[WishOut]:
    """The taskers the caller has blocked, newest first."""
    return _shown(await db.run(queries.blocks_by_client, client_id=caller.account_id))


@router.put(CLIENT_BLOCKS + "/{tasker_id}", status_code=204)
async def block_tasker(tasker_id: UUID, caller: Client, db: Db, now: Now) -> None:
    """The tasker gets no more of the caller's chores."""
    await db.run(
        operations.put_block,
        client_id=caller.account_id,
        tasker_id=tasker_id,
        by_tasker=False,
        now=now,
    )


@router.delete(CLIENT_BLOCKS + "/{tasker_id}", status_code=204)
async def unblock_tasker(tasker_id: UUID, caller: Client, db: Db, now: Now) -> None:
    """Take the caller's block back."""
    await db.run(
        operations.delete_block,
        client_id=caller.account_id,
        tasker_id=tasker_id,
        by_tasker=False,
        now=now,
    )


@router.get(TASKER_BLOCKS)
async def list_blocked_clients(caller: Tasker, db: Db) -> list[WishOut]:
    """The clients the caller has blocked, newest first."""
    return _shown(await db.run(queries.blocks_by_tasker, tasker_id=caller.account_id))


@router.put(TASKER_BLOCKS + "/{client_id}", status_code=204)
async def block_client(client_id: UUID, caller: Tasker, db: Db, now: Now) -> None:
    """The caller gets no more of the client's chores."""
    await db.run(
        operations.put_block,
        client_id=client_id,
        tasker_id=caller.account_id,
        by_tasker=True,
        now=now,
    )


@router.delete(TASKER_BLOCKS + "/{client_id}", status_code=204)
async def unblock_client(client_id: UUID, caller: Tasker, db: Db, now: Now) -> None:
    """Take the caller's block back."""
    await db.run(
        operations.delete_block,
        client_id=client_id,
        tasker_id=caller.account_id,
        by_tasker=True,
        now=now,
    )


def _shown(wishes: list[Wish]) -> list[WishOut]:
    return [WishOut(id=wish.id, name=wish.name, since=wish.created_at) for wish in wishes]
