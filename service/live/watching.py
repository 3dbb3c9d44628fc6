"""The look at a market that those who watch it are told of, in SQL: one transaction, read only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from notifications.market import (
    MarketCounts,
    MarketView,
    WatchedBooking,
    WatchedChore,
    WatchedTasker,
)
from service.db.tables.bookings import LIVE
from service.live.operations import radii_of
from service.live.queries import WANTED, Reach

MOST = 2_000
"""Chores and bookings that are listed, the newest; all are counted, and all are on the tiles."""
MOST_MOVED = 500
"""Taskers that are listed of one look."""


class Watcher(NamedTuple):
    """Who wants to watch what: whether they are an operator, and the market, if there is one."""

    is_operator: bool
    market_id: int | None


MAY_WATCH = text(
    """
    SELECT a.operator_role IS NOT NULL AND a.suspended_at IS NULL,
           (SELECT id FROM markets WHERE slug = :market)
    FROM accounts AS a WHERE a.id = :person
    """
)

CHORES = text(
    """
    SELECT c.id, c.status, c.category, ST_X(c.point) AS lon, ST_Y(c.point) AS lat, c.wave,
           c.policy_version, c.window_start, coalesce(o.pending, 0) AS offers
    FROM chores AS c LEFT JOIN (
        SELECT chore_id, count(*) AS pending FROM offers
        WHERE market_id = :market_id AND status = 'pending' GROUP BY chore_id
    ) AS o ON o.chore_id = c.id
    WHERE c.market_id = :market_id AND c.status = ANY(CAST(:wanted AS text[]))
    ORDER BY c.id DESC LIMIT :most
    """
)

BOOKINGS = text(
    f"""
    SELECT b.id, b.chore_id, b.tasker_id, b.status, ST_X(c.point) AS lon, ST_Y(c.point) AS lat
    FROM chores AS c JOIN bookings AS b ON b.chore_id = c.id AND b.{LIVE}
    WHERE c.market_id = :market_id AND c.status = 'booked'
    ORDER BY c.id DESC LIMIT :most
    """  # noqa: S608 (made of a constant)
)

COUNTS = text(
    f"""
    SELECT (SELECT count(*) FROM chores WHERE market_id = :market_id AND status = 'open'),
           (SELECT count(*) FROM chores WHERE market_id = :market_id AND status = 'offered'),
           (SELECT count(*) FROM chores WHERE market_id = :market_id AND status = 'unfilled'),
           (SELECT count(*) FROM chores AS c JOIN bookings AS b ON b.chore_id = c.id AND b.{LIVE}
            WHERE c.market_id = :market_id AND c.status = 'booked'),
           (SELECT count(*) FROM presence WHERE market_id = :market_id),
           (SELECT count(*) FROM offers WHERE market_id = :market_id AND status = 'pending')
    """  # noqa: S608 (made of a constant)
)

# Where taskers are who came, moved or went lately; the newest of each.
MOVED = text(
    """
    SELECT DISTINCT ON (tasker_id) tasker_id, online, cell FROM (
        SELECT * FROM presence_log WHERE market_id = :market_id AND at >= :since
        ORDER BY at LIMIT :most
    ) AS lately ORDER BY tasker_id, id DESC
    """
)


async def may_watch(session: AsyncSession, *, person_id: UUID, market: str) -> Watcher:
    """Whether somebody may watch, and what."""
    return Watcher(
        *(await session.execute(MAY_WATCH, {"person": person_id, "market": market})).one()
    )


async def look(
    session: AsyncSession, *, market_id: int, market: str, since: datetime, now: datetime
) -> MarketView:
    """The market now, and whose presence changed since then; a little overlap does no harm."""
    asked = {"market_id": market_id, "most": MOST, "wanted": list(WANTED)}
    chores = (await session.execute(CHORES, asked)).mappings().all()
    bookings = (await session.execute(BOOKINGS, asked)).mappings()
    counts = (await session.execute(COUNTS, asked)).one()
    moves = {"market_id": market_id, "since": since, "most": MOST_MOVED + 1}
    moved = (await session.execute(MOVED, moves)).all()
    radii = await radii_of(session, market_id, map(_reach, chores))
    return MarketView(
        market=market,
        at=now,
        counts=MarketCounts(**dict(zip(MarketCounts.model_fields, counts, strict=True))),
        chores={row["id"]: _chore(row, radii) for row in chores},
        bookings={row["id"]: WatchedBooking(**row) for row in bookings},
        moved=[_moved(who, cell) for who, online, cell in moved if online],
        left=[who for who, online, _ in moved if not online],
        many=len(moved) > MOST_MOVED,
    )


def _reach(row: Mapping[Any, Any]) -> Reach:
    return Reach(row["policy_version"], row["category"], row["wave"])


def _chore(row: Mapping[Any, Any], radii: Mapping[Reach, float]) -> WatchedChore:
    return WatchedChore(
        id=row["id"],
        status=row["status"],
        category=row["category"],
        lon=row["lon"],
        lat=row["lat"],
        wave=row["wave"],
        radius_m=radii[_reach(row)],
        offers=row["offers"],
        starts_at=row["window_start"],
    )


def _moved(tasker_id: UUID, cell: str) -> WatchedTasker:
    centre = centre_of(cell)
    return WatchedTasker(id=tasker_id, lon=centre.lon, lat=centre.lat)
