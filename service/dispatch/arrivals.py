"""Arrivals: how many more taskers a chore may expect, for policies that hold chores back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.candidates import SOUGHT, Sought, columns_of

LOOKED_BACK = timedelta(hours=1)

# Of those present within a chore's radius who offer its category, how many came lately.
CAME = text(
    f"""
    WITH sought AS MATERIALIZED ({SOUGHT})
    SELECT c.id, (
        SELECT count(*) FROM presence_cells AS e
        JOIN present_skills AS s ON s.category_number = c.category_number AND s.cell = e.cell
        JOIN presence AS p ON p.tasker_id = s.tasker_id
        WHERE e.market_id = CAST(:market_id AS smallint) AND p.online_since > :since
        AND e.point && ST_Expand(c.centre, c.radius_m)
        AND ST_Distance(e.point, c.centre) <= c.radius_m
    )
    FROM sought AS c
    """  # noqa: S608 - the part is a constant
)


async def arrivals_per_h(
    session: AsyncSession,
    *,
    market_id: int,
    srid: int,
    sought: Sequence[Sought],
    now: datetime,
) -> dict[UUID, float]:
    """For each chore, how many taskers of its category came online within its radius in the past
    hour and are still there: what the next hour is expected to bring.
    """
    asked = {"market_id": market_id, "srid": srid, "since": now - LOOKED_BACK}
    rows = await session.execute(CAME, columns_of(sought) | asked)
    return {chore_id: float(count) for chore_id, count in rows}
