"""Wishing somebody back, or away."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import NotFound, ProfileNeeded
from service.offers.operations import take_back
from service.taskers.changes import begin_change, end_change
from service.taskers.queries import Profile, update_profile
from service.taskers.wishes import queries


async def put_favourite(
    session: AsyncSession, *, client_id: UUID, tasker_id: UUID, now: datetime
) -> None:
    """The client would like this tasker again. Raises NotFound."""
    await _somebody(session, tasker_id)
    await queries.add_favourite(session, client_id=client_id, tasker_id=tasker_id, now=now)


async def delete_favourite(session: AsyncSession, *, client_id: UUID, tasker_id: UUID) -> None:
    """The tasker is one of many again."""
    await queries.drop_favourite(session, client_id=client_id, tasker_id=tasker_id)


async def put_block(
    session: AsyncSession, *, client_id: UUID, tasker_id: UUID, by_tasker: bool, now: datetime
) -> None:
    """These two are not to meet. Raises NotFound for somebody who is not there.

    What is offered of the client's chores to the tasker is withdrawn. A round that has looked
    already drops what it had planned with the tasker.
    """
    tasker = await _somebody(session, tasker_id)
    if by_tasker and not await queries.is_client(session, client_id):
        raise NotFound("There is no such client.")
    if await queries.add_block(
        session, client_id=client_id, tasker_id=tasker_id, by_tasker=by_tasker, now=now
    ):
        await update_profile(session, tasker.id, {})
        await take_back(
            session, market_id=tasker.market_id, tasker_id=tasker.id, client_id=client_id, now=now
        )


async def delete_block(
    session: AsyncSession, *, client_id: UUID, tasker_id: UUID, by_tasker: bool, now: datetime
) -> None:
    """Take back one's own block; the other's stays. Raises NotFound."""
    tasker = await _somebody(session, tasker_id)
    if await queries.drop_block(
        session, client_id=client_id, tasker_id=tasker_id, by_tasker=by_tasker
    ):
        await end_change(session, tasker, now=now)


async def _somebody(session: AsyncSession, tasker_id: UUID) -> Profile:
    try:
        return await begin_change(session, tasker_id)
    except ProfileNeeded:
        raise NotFound("There is no such tasker.") from None
