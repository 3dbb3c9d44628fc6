"""Coming online, being heard of, moving on, going offline."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of
from geo.points import LonLat
from service.errors import NotAllowed
from service.markets.operations import refuse_far
from service.markets.queries import market_by_id
from service.taskers.changes import begin_change, end_change
from service.taskers.copies import settle_copies
from service.taskers.presence.queries import (
    cell_where,
    heard_again,
    log_change,
    not_heard_since,
    place_in_cell,
    take_away,
)
from service.taskers.queries import update_profile

SILENCE = timedelta(minutes=2)
"""Heard of again after longer than this, somebody is looked at as if they had just come online."""


async def come_online(
    session: AsyncSession, *, tasker_id: UUID, place: LonLat, now: datetime
) -> tuple[str, datetime]:
    """Somebody is online at `place`: the cell that is kept of it, and since when they are online.

    Raises ProfileNeeded, OutsideMarket, NotAllowed for a tasker who is not active.
    """
    cell = cell_of(place)
    since = await heard_again(session, tasker_id, cell=cell, since=now - SILENCE, now=now)
    if since is None:
        since = await _change_to(session, tasker_id, place, cell, now)
    return cell, since


async def _change_to(
    session: AsyncSession, tasker_id: UUID, place: LonLat, cell: str, now: datetime
) -> datetime:
    tasker = await begin_change(session, tasker_id)
    if not tasker.active:
        raise NotAllowed("This profile is not active.")
    refuse_far(await market_by_id(session, tasker.market_id), place)
    before = await cell_where(session, tasker_id)
    since = await place_in_cell(session, tasker, cell=cell, now=now)
    if before != cell:
        await log_change(session, tasker, cell=cell, now=now)
    await end_change(session, tasker, now=now, where_they_are=True)
    return since


async def go_offline(
    session: AsyncSession, *, tasker_id: UUID, now: datetime, silent_since: datetime | None = None
) -> bool:
    """Somebody is off work; False if they were already, or were heard of since `silent_since`.

    Raises ProfileNeeded.
    """
    tasker = await begin_change(session, tasker_id)
    if not await take_away(session, tasker_id, silent_since=silent_since):
        return False
    await log_change(session, tasker, cell=None, now=now)
    await update_profile(session, tasker_id, {})
    await settle_copies(session, tasker_id, where_they_are=True)
    return True


async def drop_silent(
    session: AsyncSession, *, market_id: int, before: datetime, limit: int, now: datetime
) -> int:
    """Take offline whoever has not been heard of since `before`, at most `limit`; how many."""
    silent = await not_heard_since(session, market_id, before=before, limit=limit)
    gone = [
        await go_offline(session, tasker_id=tasker_id, now=now, silent_since=before)
        for tasker_id in sorted(silent)
    ]
    return sum(gone)
