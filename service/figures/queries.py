"""What the figures are made of, in SQL: chores posted, offers made, rounds run since a moment."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_CHORES = 200_000


class ChoreRow(NamedTuple):
    """A chore that was posted, and when it was first taken."""

    category: str
    lon: float
    lat: float
    status: str
    posted_at: datetime
    taken_at: datetime | None


class OfferCounts(NamedTuple):
    """Offers by what came of them. `undelivered`: expired without having reached a device."""

    extended: int
    accepted: int
    declined: int
    expired: int
    undelivered: int
    withdrawn: int
    pending: int


class VersionRow(NamedTuple):
    """How the chores under a version of the policy fared: how many were posted, filled, missed; of
    the filled the middle wait and the mean travel, in seconds; how many of their offers were
    accepted, declined, and left unanswered though a device had them.
    """

    version: int
    posted: int
    filled: int
    missed: int
    accepted_after_s: float | None
    travel_s: float | None
    accepted: int
    declined: int
    ignored: int


POSTED = text(
    """
    SELECT c.category, ST_X(c.point), ST_Y(c.point), c.status, c.created_at,
           (SELECT min(b.created_at) FROM bookings AS b WHERE b.chore_id = c.id)
    FROM chores AS c WHERE c.market_id = :market_id AND c.created_at >= :since
    ORDER BY c.id DESC LIMIT :most
    """
)
OFFERS = text(
    """
    SELECT count(*),
           count(*) FILTER (WHERE status = 'accepted'),
           count(*) FILTER (WHERE status = 'declined'),
           count(*) FILTER (WHERE status = 'expired'),
           count(*) FILTER (WHERE status = 'expired' AND delivered_at IS NULL),
           count(*) FILTER (WHERE status = 'withdrawn'),
           count(*) FILTER (WHERE status = 'pending')
    FROM offers WHERE market_id = :market_id AND extended_at >= :since
    """
)
BY_VERSION = text(
    """
    SELECT c.policy_version, count(*), count(b.taken_at),
           count(*) FILTER (WHERE b.taken_at IS NULL AND c.status IN ('unfilled', 'expired')),
           percentile_cont(0.5) WITHIN GROUP (
               ORDER BY extract(epoch FROM b.taken_at - c.created_at)
           ),
           avg(b.travel_s), CAST(coalesce(sum(a.accepted), 0) AS bigint),
           CAST(coalesce(sum(a.declined), 0) AS bigint),
           CAST(coalesce(sum(a.ignored), 0) AS bigint)
    FROM chores AS c LEFT JOIN LATERAL (
        SELECT b.created_at AS taken_at, o.travel_s
        FROM bookings AS b JOIN offers AS o ON o.id = b.offer_id
        WHERE b.chore_id = c.id ORDER BY b.created_at LIMIT 1
    ) AS b ON true LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE o.status = 'accepted') AS accepted,
               count(*) FILTER (WHERE o.status = 'declined') AS declined,
               count(*) FILTER (WHERE o.status = 'expired' AND o.delivered_at IS NOT NULL)
                   AS ignored
        FROM offers AS o WHERE o.chore_id = c.id
    ) AS a ON true
    WHERE c.market_id = :market_id AND c.created_at >= :since
    GROUP BY c.policy_version ORDER BY c.policy_version DESC
    """
)
ROUNDS = text(
    """
    SELECT solve_ms, snapshot_ms + solve_ms + write_ms FROM rounds
    WHERE market_id = :market_id AND started_at >= :since AND solver <> 'by_hand'
    ORDER BY id DESC LIMIT :most
    """
)


async def chores_since(session: AsyncSession, market_id: int, since: datetime) -> list[ChoreRow]:
    """The chores of a market that were posted since then, at most the newest 200,000."""
    asked = {"market_id": market_id, "since": since, "most": MOST_CHORES}
    return [ChoreRow(*row) for row in await session.execute(POSTED, asked)]


async def versions_since(
    session: AsyncSession, market_id: int, since: datetime
) -> list[VersionRow]:
    """The chores posted since then, by the version they are under, the newest first."""
    rows = await session.execute(BY_VERSION, {"market_id": market_id, "since": since})
    return [VersionRow(*row) for row in rows]


async def offers_since(session: AsyncSession, market_id: int, since: datetime) -> OfferCounts:
    """The offers made since then, by what came of them."""
    row = (await session.execute(OFFERS, {"market_id": market_id, "since": since})).one()
    return OfferCounts(*row)


async def rounds_since(
    session: AsyncSession, market_id: int, since: datetime
) -> tuple[list[float], list[float]]:
    """Milliseconds that the rounds since then took to solve, and in all."""
    asked = {"market_id": market_id, "since": since, "most": MOST_CHORES}
    rows = (await session.execute(ROUNDS, asked)).all()
    return [row[0] for row in rows], [row[1] for row in rows]
