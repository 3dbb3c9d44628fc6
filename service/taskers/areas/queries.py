"""Service areas in SQL."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from shapely import MultiPolygon
from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import ServiceArea


async def areas_of(session: AsyncSession, tasker_id: UUID) -> dict[str, MultiPolygon]:
    """A tasker's areas by kind."""
    found = await session.execute(
        select(ServiceArea.kind, ServiceArea.area).where(ServiceArea.tasker_id == tasker_id)
    )
    return {row.kind: row.area for row in found}


async def write_area(
    session: AsyncSession, *, tasker_id: UUID, market_id: int, kind: str, area: MultiPolygon
) -> None:
    """Make or replace one area."""
    added = insert(ServiceArea).values(
        tasker_id=tasker_id, kind=kind, market_id=market_id, area=area
    )
    await session.execute(
        added.on_conflict_do_update(
            index_elements=["tasker_id", "kind"], set_={"area": added.excluded.area}
        )
    )


async def drop_area(session: AsyncSession, tasker_id: UUID, kind: str) -> bool:
    """Delete one area; False if there was none."""
    done = await session.execute(
        delete(ServiceArea)
        .where(ServiceArea.tasker_id == tasker_id, ServiceArea.kind == kind)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1
