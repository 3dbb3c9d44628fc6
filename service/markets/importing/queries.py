"""The SQL of importing: streams into tables, metric points, what a replaced market leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.taskers.copies import REACH

Tick = Callable[[int], None]
"""Told how many rows went in since it was told last."""

TICK_ROWS = 2_000
STAGED_SKILLS = "staged_skills"


async def copy_rows(
    session: AsyncSession,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    tick: Tick = lambda _: None,
) -> None:
    """COPY rows into a table within the session's transaction."""
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    count = 0
    async with (await _driver(session)).cursor() as cursor, cursor.copy(statement) as copy:
        for count, row in enumerate(rows, 1):
            await copy.write_row(row)
            if count % TICK_ROWS == 0:
                tick(TICK_ROWS)
    tick(count % TICK_ROWS)


async def _driver(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection below, in the session's transaction."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    return cast("AsyncConnection[Any]", raw.driver_connection)


async def knows_projection(session: AsyncSession, srid: int) -> bool:
    """PostGIS has a projection of this EPSG code."""
    found = text("SELECT EXISTS (SELECT 1 FROM spatial_ref_sys WHERE srid = :srid)")
    return bool(await session.scalar(found, {"srid": srid}))


async def stage_skills(session: AsyncSession) -> None:
    """A table for skills without their points, gone at the end of the transaction."""
    await session.execute(_STAGE_SKILLS)


_STAGE_SKILLS = text("""
    CREATE TEMP TABLE staged_skills (tasker_id uuid, category text, rate int) ON COMMIT DROP
""")


async def settle_skills(session: AsyncSession, market_id: int) -> None:
    """Staged skills into the table, each with the copies that the search reads beside it."""
    await session.execute(text("ANALYZE staged_skills"))
    await session.execute(_SETTLE_SKILLS, {"market_id": market_id})


_SETTLE_SKILLS = text(
    f"""
    WITH reach AS MATERIALIZED ({REACH} WHERE t.market_id = :market_id)
    INSERT INTO skills (tasker_id, category, market_id, category_number, rate, point, active,
                        weekdays, sure_m, sure_today_m)
    SELECT s.tasker_id, s.category, k.market_id, k.number, s.rate, r.point, r.active,
           r.weekdays, r.sure_m, r.sure_today_m
    FROM staged_skills AS s JOIN reach AS r ON r.id = s.tasker_id
    JOIN categories AS k ON k.market_id = :market_id AND k.slug = s.category
    """  # noqa: S608 - the part is a constant
)


async def use_of(session: AsyncSession, market_id: int) -> str | None:
    """What speaks against replacing a market, in words; None while nobody has used it."""
    for what, query in _SIGNS_OF_USE.items():
        if await session.scalar(text(query), {"market_id": market_id}):
            return what
    return None


_SIGNS_OF_USE = {
    "chores were posted in it": "SELECT EXISTS (SELECT 1 FROM chores WHERE market_id = :market_id)",
    "an operator changed something in it": """
        SELECT EXISTS (SELECT 1 FROM audit_entries WHERE market_id = :market_id)
            OR EXISTS (SELECT 1 FROM policy_versions
                       WHERE market_id = :market_id AND author_id IS NOT NULL)
    """,
    "people of it have signed in": """
        SELECT EXISTS (
            SELECT 1 FROM login_sessions l JOIN accounts a ON a.id = l.account_id
            WHERE a.email LIKE
                  (SELECT '%@' || slug || '.example' FROM markets WHERE id = :market_id)
               OR EXISTS (SELECT 1 FROM taskers t WHERE t.id = a.id AND t.market_id = :market_id))
    """,
}


async def delete_market(session: AsyncSession, market_id: int) -> None:
    """Everything of an unused market, its people included."""
    for statement in _DELETES:
        await session.execute(text(statement), {"market_id": market_id})


_DELETES = (
    """DELETE FROM weekly_hours
       WHERE tasker_id IN (SELECT id FROM taskers WHERE market_id = :market_id)""",
    """DELETE FROM hours_exceptions
       WHERE tasker_id IN (SELECT id FROM taskers WHERE market_id = :market_id)""",
    """DELETE FROM service_areas
       WHERE tasker_id IN (SELECT id FROM taskers WHERE market_id = :market_id)""",
    "DELETE FROM skills WHERE market_id = :market_id",
    "DELETE FROM present_skills WHERE market_id = :market_id",
    "DELETE FROM presence_cells WHERE market_id = :market_id",
    "DELETE FROM presence WHERE market_id = :market_id",
    "DELETE FROM presence_log WHERE market_id = :market_id",
    "DELETE FROM taskers WHERE market_id = :market_id",
    """DELETE FROM accounts
       WHERE email LIKE (SELECT '%@' || slug || '.example' FROM markets WHERE id = :market_id)""",
    "DELETE FROM leases WHERE market_id = :market_id",
    "DELETE FROM rounds WHERE market_id = :market_id",
    "DELETE FROM policy_versions WHERE market_id = :market_id",
    "DELETE FROM categories WHERE market_id = :market_id",
    "DELETE FROM markets WHERE id = :market_id",
)


async def analyze(session: AsyncSession) -> None:
    """Fresh statistics: a plan made for empty tables would scan 100,000 rows for one."""
    for table in ("accounts", "taskers", "skills", "service_areas", "weekly_hours"):
        await session.execute(text(f"ANALYZE {table}"))
