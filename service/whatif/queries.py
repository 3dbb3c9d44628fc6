"""The SQL of what if: what a market saw in some days, told row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from matching.availability import Interval
from service.db.tables import Tasker

Rows = list[Any]

# The chores posted in the span, in order; `left_at` where their client took them back.
CHORES = text(
    """
    SELECT c.id, c.client_id, c.category, c.cell, c.window_start, c.window_end, c.duration_minutes,
           c.wanted_now, c.budget_rate, k.minimum_minutes, c.created_at,
           CASE WHEN c.status = 'cancelled' THEN c.closed_at END AS left_at
    FROM chores AS c JOIN categories AS k ON k.market_id = c.market_id AND k.slug = c.category
    WHERE c.market_id = CAST(:market_id AS smallint)
    AND c.created_at >= :since AND c.created_at < :until
    ORDER BY c.created_at, c.id
    """
)

# The active taskers, with their hours; finished and booked are of the time before the span.
TASKERS = text(
    """
    SELECT t.id, ST_X(t.base_point) AS lon, ST_Y(t.base_point) AS lat, t.mode,
           t.minimum_notice_minutes, t.most_minutes_a_day, t.furthest_m,
           (SELECT string_agg(concat_ws(' ', w.weekday, w.starts, w.ends), ',')
            FROM weekly_hours AS w WHERE w.tasker_id = t.id) AS weekly,
           (SELECT string_agg(
                concat_ws(' ', to_char(x.on_date, 'YYYY-MM-DD'), x.starts, x.ends), ',')
            FROM hours_exceptions AS x WHERE x.tasker_id = t.id) AS exceptions,
           done.finished, done.booked_s
    FROM taskers AS t
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE b.status = 'completed') AS finished,
               CAST(coalesce(sum(extract(epoch FROM b.ends_at - b.starts_at)) FILTER (
                   WHERE b.starts_at > :fair_since AND b.status NOT IN ('cancelled', 'no_show')
               ), 0) AS float8) AS booked_s
        FROM bookings AS b WHERE b.tasker_id = t.id AND b.created_at < :since
    ) AS done
    WHERE t.market_id = CAST(:market_id AS smallint) AND t.active
    ORDER BY t.id
    """
)

SKILLS = text(
    """
    SELECT s.tasker_id, s.category, s.rate FROM skills AS s
    WHERE s.market_id = CAST(:market_id AS smallint) AND s.active
    """
)

# Bookings that were there already and still held somebody's time.
BUSY = text(
    """
    SELECT b.tasker_id, b.starts_at, b.ends_at, c.cell
    FROM bookings AS b JOIN chores AS c ON c.id = b.chore_id
    WHERE b.market_id = CAST(:market_id AS smallint) AND b.created_at < :since
    AND b.ends_at > :since AND (b.closed_at IS NULL OR b.closed_at > :since)
    ORDER BY b.tasker_id, b.starts_at
    """
)

# Where taskers were: every change in the span, and for each the last one before it.
PRESENCE = text(
    """
    (SELECT DISTINCT ON (p.tasker_id) p.tasker_id, p.at, p.cell FROM presence_log AS p
     WHERE p.market_id = CAST(:market_id AS smallint) AND p.at < :since
     ORDER BY p.tasker_id, p.at DESC, p.id DESC)
    UNION ALL
    (SELECT p.tasker_id, p.at, p.cell FROM presence_log AS p
     WHERE p.market_id = CAST(:market_id AS smallint) AND p.at >= :since AND p.at < :until)
    ORDER BY 1, 2
    """
)

BLOCKS = text(
    """
    SELECT DISTINCT b.client_id, b.tasker_id FROM blocks AS b
    JOIN taskers AS t ON t.id = b.tasker_id AND t.market_id = CAST(:market_id AS smallint)
    """
)
FAVOURITES = text(
    """
    SELECT f.client_id, f.tasker_id FROM favourites AS f
    JOIN taskers AS t ON t.id = f.tasker_id AND t.market_id = CAST(:market_id AS smallint)
    """
)

# Every offer that is over, with after which share of its time. Withdrawn ones are told as well:
# they were still out so long.
OFFERS = text(
    """
    SELECT tasker_id, status, delivered_at IS NOT NULL AS delivered,
           CAST(travel_s AS float8) AS travel_s,
           CAST(extract(epoch FROM ends_at - starts_at) AS float8) AS duration_s, rate,
           CAST(greatest(extract(epoch FROM starts_at - extended_at), 0) AS float8) AS ahead_s,
           CAST(extract(epoch FROM closed_at - extended_at)
                / extract(epoch FROM expires_at - extended_at) AS float8) AS share
    FROM offers
    WHERE market_id = CAST(:market_id AS smallint) AND status <> 'pending'
    AND extended_at >= :since AND extended_at < :until
    ORDER BY id
    """
)

GIVEN_UP = text(
    """
    SELECT count(*) AS bookings,
           count(*) FILTER (WHERE status = 'no_show' OR cancelled_by = 'tasker') AS given_up
    FROM bookings
    WHERE market_id = CAST(:market_id AS smallint) AND created_at >= :since AND created_at < :until
    """
)

# When the market's first and last chores of the past were posted.
EXTENT = text(
    """
    SELECT min(created_at) AS first, max(created_at) AS last FROM chores
    WHERE market_id = CAST(:market_id AS smallint) AND created_at < :until
    """
)

FAIRNESS_SPAN = timedelta(days=7)


async def told(
    session: AsyncSession, question: TextClause, market_id: int, during: Interval
) -> Rows:
    """The rows of one of the questions above about a span."""
    span = {"market_id": market_id, "since": during.start, "until": during.end}
    asked = span | {"fair_since": during.start - FAIRNESS_SPAN}
    return list((await session.execute(question, asked)).all())


async def count_taskers(session: AsyncSession, *, market_id: int) -> int:
    """How many active taskers a market has."""
    active = select(func.count()).select_from(Tasker)
    found = await session.scalar(active.where(Tasker.market_id == market_id, Tasker.active))
    return found or 0
