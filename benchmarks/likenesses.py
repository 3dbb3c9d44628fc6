"""Likenesses: a crowd made a hundred times as large inside the database, each new tasker like one
of the first but for a home and areas that lie a little aside.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.taskers.copies import SURE_M

ASIDE_M = 400.0
"""A likeness lives at most so far east or west, and north or south, of whom it is like."""
PENDING, ANSWERED = 0.05, 1.0
"""Unanswered and closed offers for each tasker."""

# Foreign keys are not looked at: the rows fit by construction, and looking takes most of the time.
UNCHECKED = text("SET LOCAL session_replication_role = replica")

# Ids rise as those of real accounts do.
DRAW = text(
    """
    CREATE TEMP TABLE likenesses ON COMMIT DROP AS
    SELECT f.id AS original, n,
           CAST('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0') AS uuid) AS id,
           (random() * 2 - 1) * CAST(:aside_lon AS float8) AS east,
           (random() * 2 - 1) * CAST(:aside_lat AS float8) AS north
    FROM generate_series(CAST(:have AS int), CAST(:wanted AS int) - 1) AS n
    JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM founders) AS f
         ON f.place = n % CAST(:founders AS int)
    ORDER BY n
    """
)
# What surely lies in an area is ten metres less: distances stretch a little with the latitude.
COPIES = tuple(
    text(statement)
    for statement in (
        """
        INSERT INTO accounts (id, email, password_hash, name, is_client, is_tasker, created_at)
        SELECT l.id, 'likeness-' || l.n || '@city.example', '!', a.name, false, true, a.created_at
        FROM likenesses AS l JOIN accounts AS a ON a.id = l.original
        """,
        """
        INSERT INTO taskers (id, market_id, base_point, mode, bio, minimum_notice_minutes,
                             most_minutes_a_day, furthest_m, active, revision, created_at)
        SELECT l.id, t.market_id, ST_Translate(t.base_point, l.east, l.north), t.mode, t.bio,
               t.minimum_notice_minutes, t.most_minutes_a_day, t.furthest_m, true, 1, t.created_at
        FROM likenesses AS l JOIN taskers AS t ON t.id = l.original
        """,
        """
        INSERT INTO service_areas (tasker_id, kind, market_id, area)
        SELECT l.id, a.kind, a.market_id, ST_Translate(a.area, l.east, l.north)
        FROM likenesses AS l JOIN service_areas AS a ON a.tasker_id = l.original
        """,
        """
        INSERT INTO weekly_hours (tasker_id, weekday, starts, ends)
        SELECT l.id, w.weekday, w.starts, w.ends
        FROM likenesses AS l JOIN weekly_hours AS w ON w.tasker_id = l.original
        """,
        """
        INSERT INTO skills (tasker_id, category, market_id, category_number, rate, point, active,
                            weekdays, sure_m, sure_today_m)
        SELECT l.id, s.category, s.market_id, s.category_number, s.rate,
               ST_Transform(t.base_point, CAST(:srid AS int)), true,
               s.weekdays, greatest(0, s.sure_m - 10), greatest(0, s.sure_today_m - 10)
        FROM likenesses AS l JOIN skills AS s ON s.tasker_id = l.original
        JOIN taskers AS t ON t.id = l.id
        """,
        """
        INSERT INTO presence (tasker_id, market_id, cell, point, online_since, seen_at)
        SELECT l.id, p.market_id, p.cell, p.point, p.online_since, p.seen_at
        FROM likenesses AS l JOIN presence AS p ON p.tasker_id = l.original
        """,
    )
)
# As service/taskers/copies.py keeps them, for everybody at once.
PRESENT_SKILLS = text(
    f"""
    WITH here AS MATERIALIZED (
        SELECT t.id, p.cell, sure.sure_m FROM presence AS p JOIN taskers AS t ON t.id = p.tasker_id
        CROSS JOIN LATERAL ({SURE_M} ORDER BY a.kind DESC LIMIT 1) AS sure
        WHERE NOT EXISTS (SELECT FROM present_skills AS k WHERE k.tasker_id = t.id)
    ), cells AS (
        INSERT INTO presence_cells (market_id, cell, point)
        SELECT DISTINCT ON (cell) market_id, cell, point FROM presence
        ON CONFLICT (market_id, cell) DO NOTHING
    )
    INSERT INTO present_skills (tasker_id, category_number, market_id, cell, rate, sure_m)
    SELECT s.tasker_id, s.category_number, s.market_id, h.cell, s.rate, h.sure_m
    FROM here AS h JOIN skills AS s ON s.tasker_id = h.id
    """
)
# The one index that is quicker made anew than added to.
NEAREST = text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_skills_nearest'")

# Offers of chores long gone: what people are asked now, and what they have answered.
OFFERS = text(
    """
    INSERT INTO offers (id, market_id, chore_id, tasker_id, round_id, wave, status, rate, starts_at,
                        ends_at, distance_m, travel_s, extended_at, expires_at, event_n,
                        delivered_at, closed_at)
    SELECT gen_random_uuid(), t.market_id, gen_random_uuid(), t.id, gen_random_uuid(), 1,
           CASE WHEN open THEN 'pending' ELSE 'declined' END, 2500, t.created_at,
           t.created_at + interval '1 hour', 1000, 600, t.created_at,
           t.created_at + interval '10 minutes', 1, t.created_at,
           CASE WHEN NOT open THEN t.created_at END
    FROM taskers AS t CROSS JOIN (VALUES (true), (false)) AS kinds(open)
    WHERE t.id NOT IN (SELECT tasker_id FROM offers)
    AND random() < CASE WHEN open THEN CAST(:pending AS float8) ELSE CAST(:answered AS float8) END
    """
)


async def note_founders(session: AsyncSession) -> None:
    """Remember the taskers there are: whom the others will be like."""
    await session.execute(text("CREATE TABLE founders AS SELECT id FROM taskers"))


async def add_likenesses(
    session: AsyncSession,
    *,
    have: int,
    wanted: int,
    founders: int,
    srid: int,
    aside: tuple[float, float],
) -> None:
    """Add taskers from number `have` to `wanted`, up to `aside` degrees east and north of whom they
    are like.
    """
    await session.execute(text("SELECT setseed(0.5)"))
    await session.execute(UNCHECKED)
    await session.execute(
        DRAW,
        {
            "have": have, "wanted": wanted, "founders": founders,
            "aside_lon": aside[0], "aside_lat": aside[1],
        },
    )  # fmt: skip
    await session.execute(text("CREATE UNIQUE INDEX ON likenesses (id)"))
    await session.execute(text("ANALYZE likenesses"))
    nearest = await session.scalar(NEAREST)
    await session.execute(text("DROP INDEX ix_skills_nearest"))
    for copy in COPIES:
        await session.execute(copy, {"srid": srid} if ":srid" in copy.text else {})
    await session.execute(text(str(nearest)))


async def put_to_work(session: AsyncSession) -> None:
    """Put those who are online on the map, and give those without offers some, as if the city had
    been at work.
    """
    await session.execute(UNCHECKED)
    await session.execute(PRESENT_SKILLS)
    await session.execute(OFFERS, {"pending": PENDING, "answered": ANSWERED})
