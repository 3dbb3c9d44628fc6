"""Work in a scene, written straight into the tables: chores, the round that offered them, offers,
bookings.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.postgis import to_metric
from service.db.tables import Booking, Chore, Market, Offer, Round, new_id
from tests.support.scene import HACKNEY, MONDAY_NOON, Person


async def make_chore(
    session: AsyncSession,
    /,
    market: Market,
    client: Person,
    *,
    at: LonLat = HACKNEY,
    category: str = "mounting",
    starts_in: timedelta = timedelta(hours=2),
    window: timedelta = timedelta(hours=4),
    minutes: int = 60,
    status: str = "open",
    now: datetime = MONDAY_NOON,
    **other: Any,
) -> UUID:
    """A chore wanted within `window` from `starts_in` after `now`; open and due, unless told
    otherwise.
    """
    chore_id, cell = new_id(), cell_of(at)
    values: dict[str, Any] = {
        "address": "12 Mare Street, E8",
        "window_start": now + starts_in,
        "window_end": now + starts_in + window,
        "match_by": now + starts_in + window - timedelta(minutes=minutes),
        "due_at": now if status == "open" else None,
        "wave": 0 if status == "open" else 1,
        "wanted_now": False,
        "policy_version": 1,
        "budget_rate": None,
    }
    session.add(
        Chore(
            id=chore_id, market_id=market.id, client_id=client.id, category=category, point=at,
            metric_point=to_metric(centre_of(cell), market.srid), cell=cell,
            notes="Brick wall.", duration_minutes=minutes, status=status,
            created_at=now, closed_at=None, **(values | other),
        )
    )  # fmt: skip
    await session.flush()
    return chore_id


async def make_round(session: AsyncSession, market: Market, *, now: datetime = MONDAY_NOON) -> UUID:
    """A round that has run."""
    round_id = new_id()
    session.add(
        Round(
            id=round_id, market_id=market.id, fence=1, started_at=now, chores=1, candidates=1,
            offers=1, dropped=0, solver="flow", snapshot_ms=1.0, solve_ms=1.0, write_ms=1.0,
        )
    )  # fmt: skip
    await session.flush()
    return round_id


async def make_offers(
    session: AsyncSession,
    /,
    market: Market,
    chore_id: UUID,
    taskers: Sequence[Person],
    *,
    starts_in: timedelta = timedelta(hours=2),
    minutes: int = 60,
    lasts: timedelta = timedelta(minutes=15),
    now: datetime = MONDAY_NOON,
    **other: Any,
) -> list[UUID]:
    """A pending offer of the chore to each tasker, all of one wave, and of a round of their own if
    none is named.
    """
    round_id = other.pop("round_id", None) or await make_round(session, market, now=now)
    ids = [new_id() for _ in taskers]
    values: dict[str, Any] = {
        "status": "pending", "rate": 2500, "wave": 1, "event_n": 1, "extended_at": now,
    }  # fmt: skip
    session.add_all(
        Offer(
            id=offer_id, market_id=market.id, chore_id=chore_id, tasker_id=tasker.id,
            round_id=round_id, starts_at=now + starts_in,
            ends_at=now + starts_in + timedelta(minutes=minutes), distance_m=400, travel_s=180,
            expires_at=now + lasts, **(values | other),
        )
        for offer_id, tasker in zip(ids, taskers, strict=True)
    )  # fmt: skip
    await session.flush()
    return ids


async def make_booking(
    session: AsyncSession,
    /,
    market: Market,
    client: Person,
    tasker: Person,
    *,
    starts_in: timedelta = timedelta(hours=2),
    minutes: int = 60,
    now: datetime = MONDAY_NOON,
    at: LonLat = HACKNEY,
    **other: Any,
) -> UUID:
    """A scheduled booking with its chore and its accepted offer. Returns the booking's id."""
    chore_id = await make_chore(
        session, market, client, at=at, starts_in=starts_in, minutes=minutes, status="booked",
        now=now,
    )  # fmt: skip
    (offer_id,) = await make_offers(
        session, market, chore_id, [tasker], starts_in=starts_in, minutes=minutes, now=now,
        status="accepted", closed_at=now,
    )  # fmt: skip
    booking_id = new_id()
    start, end = now + starts_in, now + starts_in + timedelta(minutes=minutes)
    values: dict[str, Any] = {"status": "scheduled"}
    session.add(
        Booking(
            id=booking_id, market_id=market.id, chore_id=chore_id, tasker_id=tasker.id,
            client_id=client.id, offer_id=offer_id, rate=2500, starts_at=start, ends_at=end,
            held=Range(start, end + timedelta(seconds=market.turn_around_s)), created_at=now,
            **(values | other),
        )
    )  # fmt: skip
    await session.flush()
    return booking_id
