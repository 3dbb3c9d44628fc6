"""Copies: what the search for candidates reads beside a skill, so that it looks nothing up on its
way.

Each skill has the weekdays of its tasker's hours beside it, and the size of a circle that surely
lies in their area; each skill of somebody online stands once more where they are. Whatever changes
hours, areas, skills, base or presence ends by settling the copies, in the same transaction.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# A metre less than from `p.point` to the nearest edge of an area `a` of a tasker `t`, 0 outside.
# Edges are straight in degrees: cut into pieces of 0.02 they lie within 0.1 m of those in the
# metric projection.
SURE_M = """
    SELECT CASE WHEN ST_Covers(metric.area, p.point) THEN
        greatest(0, CAST(floor(ST_Distance(ST_Boundary(metric.area), p.point)) AS int) - 1) ELSE 0
        END AS sure_m
    FROM service_areas AS a, ST_Transform(ST_Segmentize(a.area, 0.02), ST_SRID(p.point))
        AS metric(area)
    WHERE a.tasker_id = t.id
"""

# What is copied beside the skills of a tasker `t` in a market `m`.
REACH = f"""
    SELECT t.id, p.point, t.active,
           CASE WHEN EXISTS (SELECT FROM hours_exceptions AS x
                             WHERE x.tasker_id = t.id AND x.starts IS NOT NULL) THEN 127
           ELSE (SELECT coalesce(bit_or(1 << w.weekday), 0) FROM weekly_hours AS w
                 WHERE w.tasker_id = t.id) END AS weekdays,
           coalesce(regular.sure_m, 0) AS sure_m,
           coalesce(today.sure_m, regular.sure_m, 0) AS sure_today_m
    FROM taskers AS t JOIN markets AS m ON m.id = t.market_id
    CROSS JOIN LATERAL (SELECT ST_Transform(t.base_point, m.srid)) AS p(point)
    LEFT JOIN LATERAL ({SURE_M} AND a.kind = 'regular') AS regular ON true
    LEFT JOIN LATERAL ({SURE_M} AND a.kind = 'same_day') AS today ON true
"""  # noqa: S608 - the parts are constants above

# Rows that are right already are not written.
SETTLE_SKILLS = text(
    f"""
    WITH reach AS MATERIALIZED ({REACH} WHERE t.id = CAST(:tasker AS uuid))
    UPDATE skills AS s
    SET weekdays = r.weekdays, sure_m = r.sure_m, sure_today_m = r.sure_today_m
    FROM reach AS r WHERE s.tasker_id = r.id
    AND (s.weekdays, s.sure_m, s.sure_today_m) <> (r.weekdays, r.sure_m, r.sure_today_m)
    """  # noqa: S608 - the parts are constants above
)
# The last by kind of somebody's areas is the one for today. Where they are online is written first,
# so that its cell is there to refer to.
SETTLE_PRESENT = text(
    f"""
    WITH here AS MATERIALIZED (
        SELECT s.tasker_id, s.category_number, s.market_id, p.cell, s.rate,
               coalesce(today.sure_m, 0) AS sure_m
        FROM presence AS p JOIN taskers AS t ON t.id = p.tasker_id
        LEFT JOIN LATERAL ({SURE_M} ORDER BY a.kind DESC LIMIT 1) AS today ON true
        JOIN skills AS s ON s.tasker_id = t.id
        WHERE p.tasker_id = CAST(:tasker AS uuid) AND s.active
    ), gone AS (
        DELETE FROM present_skills WHERE tasker_id = CAST(:tasker AS uuid)
        AND category_number NOT IN (SELECT category_number FROM here)
    )
    INSERT INTO present_skills AS c (tasker_id, category_number, market_id, cell, rate, sure_m)
    SELECT * FROM here
    ON CONFLICT (tasker_id, category_number)
    DO UPDATE SET cell = excluded.cell, rate = excluded.rate, sure_m = excluded.sure_m
    WHERE (c.cell, c.rate, c.sure_m) <> (excluded.cell, excluded.rate, excluded.sure_m)
    """  # noqa: S608 - the part is a constant above
)
NOTE_CELL = text(
    """
    INSERT INTO presence_cells (market_id, cell, point)
    SELECT market_id, cell, point FROM presence WHERE tasker_id = CAST(:tasker AS uuid)
    ON CONFLICT (market_id, cell) DO NOTHING
    """
)


async def settle_copies(
    session: AsyncSession, tasker_id: UUID, *, where_they_are: bool = False
) -> None:
    """Bring the copies to what the transaction has written of a tasker; with `where_they_are`
    nothing but their presence has changed.
    """
    if not where_they_are:
        await session.execute(SETTLE_SKILLS, {"tasker": tasker_id})
    await session.execute(NOTE_CELL, {"tasker": tasker_id})
    await session.execute(SETTLE_PRESENT, {"tasker": tasker_id})
