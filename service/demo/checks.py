"""The demo's invariants, looked up in the database once all is quiet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CHORES_BOOKED_TWICE = text("""
    SELECT count(*) FROM (
        SELECT chore_id FROM bookings WHERE status NOT IN ('cancelled', 'no_show')
        GROUP BY chore_id HAVING count(*) > 1
    ) AS twice
""")

TASKERS_IN_TWO_PLACES = text("""
    SELECT count(*) FROM bookings AS one JOIN bookings AS other
      ON one.tasker_id = other.tasker_id AND one.id < other.id AND one.held && other.held
    WHERE one.status IN ('scheduled', 'en_route', 'in_progress')
      AND other.status IN ('scheduled', 'en_route', 'in_progress')
""")

TASKERS_WORKING_TWICE = text("""
    SELECT count(*) FROM bookings AS one JOIN bookings AS other
      ON one.tasker_id = other.tasker_id AND one.id < other.id
     AND tstzrange(one.started_at, one.finished_at)
         && tstzrange(other.started_at, other.finished_at)
    WHERE one.started_at >= :since AND other.started_at >= :since
""")

ACCEPTED_WITHOUT_BOOKING = text("""
    SELECT count(*) FROM offers LEFT JOIN bookings ON bookings.offer_id = offers.id
    WHERE offers.status = 'accepted' AND bookings.id IS NULL
""")

NUMBERS_MISSING = text("""
    SELECT coalesce(sum(last_n - kept), 0) FROM (
        SELECT c.last_n,
               (SELECT count(*) FROM events e WHERE e.recipient_id = c.recipient_id) AS kept
        FROM event_counters c WHERE c.recipient_id = ANY(:people)
    ) AS numbered
""")

LAST_NUMBERS = text(
    "SELECT recipient_id, last_n FROM event_counters WHERE recipient_id = ANY(:people)"
)

ROUNDS = text("""
    SELECT count(*) AS count,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY solve_ms) AS solve_ms_p50,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY solve_ms) AS solve_ms_p99
    FROM rounds WHERE started_at >= :since
""")


async def last_numbers(session: AsyncSession) -> dict[str, int]:
    """The newest event's number of everybody who has had one."""
    rows = (await session.execute(text("SELECT recipient_id, last_n FROM event_counters"))).all()
    return {str(row.recipient_id): row.last_n for row in rows}


async def double_bookings(session: AsyncSession, *, since: datetime) -> int:
    """Chores with two bookings, taskers in two places, offers accepted without a booking.

    Work counts if it began after `since`: a run that was cut short leaves some that never ends.
    """
    always = (CHORES_BOOKED_TWICE, TASKERS_IN_TWO_PLACES, ACCEPTED_WITHOUT_BOOKING)
    counts = [int(await session.scalar(query) or 0) for query in always]
    at_once = await session.scalar(TASKERS_WORKING_TWICE, {"since": since})
    return sum(counts) + int(at_once or 0)


async def lost_events(session: AsyncSession, read: Mapping[str, int]) -> int:
    """How many events the phones should have read and did not: `read` is the last number by
    person.
    """
    people = [UUID(person) for person in read]
    missing = int(await session.scalar(NUMBERS_MISSING, {"people": people}) or 0)
    rows = (await session.execute(LAST_NUMBERS, {"people": people})).all()
    unread: list[int] = [max(0, row.last_n - read[str(row.recipient_id)]) for row in rows]
    return missing + sum(unread)


async def rounds(session: AsyncSession, *, since: datetime) -> dict[str, Any]:
    """How many rounds there were after `since`, and how long their solves took."""
    row = (await session.execute(ROUNDS, {"since": since})).one()
    return {
        "count": row.count,
        "solve_ms_p50": None if row.solve_ms_p50 is None else round(row.solve_ms_p50, 2),
        "solve_ms_p99": None if row.solve_ms_p99 is None else round(row.solve_ms_p99, 2),
    }
