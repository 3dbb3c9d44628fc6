"""Presence in SQL: the heartbeat, the change, the log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from geo.postgis import to_metric
from service.db.tables import Presence, PresenceLog
from service.taskers.queries import Profile


async def heard_again(
    session: AsyncSession, tasker_id: UUID, *, cell: str, since: datetime, now: datetime
) -> datetime | None:
    """Note that somebody heard of after `since` is still in the cell: since when they are online.

    None if they are not online, elsewhere, or were silent for longer. Touches no indexed column.
    """
    found: datetime | None = await session.scalar(
        update(Presence)
        .where(Presence.tasker_id == tasker_id, Presence.cell == cell, Presence.seen_at >= since)
        .values(seen_at=now)
        .returning(Presence.online_since)
    )
    return found


async def place_in_cell(
    session: AsyncSession, tasker: Profile, *, cell: str, now: datetime
) -> datetime:
    """Bring somebody online in a cell, or there from another; since when they are online."""
    there = upsert(Presence).values(
        tasker_id=tasker.id,
        market_id=tasker.market_id,
        cell=cell,
        point=to_metric(centre_of(cell), tasker.srid),
        online_since=now,
        seen_at=now,
    )
    moved = there.on_conflict_do_update(
        index_elements=["tasker_id"],
        set_={name: there.excluded[name] for name in ("cell", "point", "seen_at")},
    ).returning(Presence.online_since)
    return (await session.scalars(moved)).one()


async def cell_where(session: AsyncSession, tasker_id: UUID) -> str | None:
    """The cell somebody is online in."""
    return await session.scalar(select(Presence.cell).where(Presence.tasker_id == tasker_id))


async def take_away(
    session: AsyncSession, tasker_id: UUID, *, silent_since: datetime | None = None
) -> bool:
    """Take somebody offline, if they have not been heard of since; False if nothing was done."""
    gone = delete(Presence).where(Presence.tasker_id == tasker_id)
    if silent_since is not None:
        gone = gone.where(Presence.seen_at < silent_since)
    return await session.scalar(gone.returning(Presence.tasker_id)) is not None


async def not_heard_since(
    session: AsyncSession, market_id: int, *, before: datetime, limit: int
) -> list[UUID]:
    """Who is online and has not been heard of since `before`."""
    found = await session.scalars(
        select(Presence.tasker_id)
        .where(Presence.market_id == market_id, Presence.seen_at < before)
        .limit(limit)
    )
    return list(found)


async def log_change(
    session: AsyncSession, tasker: Profile, *, cell: str | None, now: datetime
) -> None:
    """Keep what changed, for replay: the cell somebody is in, or None for offline."""
    await session.execute(
        insert(PresenceLog).values(
            market_id=tasker.market_id,
            tasker_id=tasker.id,
            at=now,
            online=cell is not None,
            cell=cell,
        )
    )


# Changes older than their retention, a bounded number at a time.
SWEEP_LOG = text(
    """
    DELETE FROM presence_log USING (
        SELECT id FROM presence_log WHERE at < :before
        ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ) AS old
    WHERE presence_log.id = old.id RETURNING 1
    """
)


async def sweep_log(session: AsyncSession, *, before: datetime, most: int) -> int:
    """Delete at most `most` logged changes from before then; how many."""
    return len((await session.execute(SWEEP_LOG, {"before": before, "most": most})).all())
