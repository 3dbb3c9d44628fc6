"""Drawing, reading and dropping a service area."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shapely import MultiPolygon
from sqlalchemy.ext.asyncio import AsyncSession

from geo.areas import parse_area
from geo.refusals import AreaRefused
from service.errors import AreaNotUsable, NotFound
from service.markets.queries import boundary_of
from service.taskers.areas.queries import areas_of, drop_area, write_area
from service.taskers.changes import begin_change, end_change


async def read_area(session: AsyncSession, *, tasker_id: UUID, kind: str) -> MultiPolygon:
    """One area. Raises NotFound."""
    areas = await areas_of(session, tasker_id)
    if kind not in areas:
        raise NotFound("There is no such area.")
    return areas[kind]


async def put_area(
    session: AsyncSession,
    *,
    tasker_id: UUID,
    kind: str,
    geojson: Mapping[str, Any],
    now: datetime,
) -> MultiPolygon:
    """Make or replace one area. Raises ProfileNeeded, AreaNotUsable."""
    profile = await begin_change(session, tasker_id)
    boundary = await boundary_of(session, profile.market_id)
    try:
        area = parse_area(geojson, boundary)
    except AreaRefused as refused:
        raise AreaNotUsable.field("area", refused.reason, str(refused), **refused.facts) from None
    before = (await areas_of(session, tasker_id)).get(kind)
    if before is None or not before.equals_exact(area):
        await write_area(
            session, tasker_id=tasker_id, market_id=profile.market_id, kind=kind, area=area
        )
        await end_change(session, profile, now=now)
    return area


async def delete_area(session: AsyncSession, *, tasker_id: UUID, kind: str, now: datetime) -> None:
    """Drop one area; one that is not there is gone already. Raises ProfileNeeded."""
    profile = await begin_change(session, tasker_id)
    if await drop_area(session, tasker_id, kind):
        await end_change(session, profile, now=now)
