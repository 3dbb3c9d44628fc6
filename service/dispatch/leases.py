"""Leases: who leads a market's dispatch, for how long, under which fencing number.

Times come from the dispatchers' own clocks, so `lease_s` must be longer than these may differ. The
fencing number rises with every change of leader: what a round writes begins by holding the lease's
row with its number, so a leader that was replaced while it worked writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared
from service.db.tables import Lease, Market


class LeaseLost(Exception):
    """Another dispatcher leads this market now."""


# Takes the lease if it is free, expired or already ours; the fencing number rises each time.
TAKE = text(
    """
    INSERT INTO leases AS held (market_id, holder, fence, expires_at)
    VALUES (:market_id, :holder, 1, :expires_at)
    ON CONFLICT (market_id) DO UPDATE
    SET holder = excluded.holder, fence = held.fence + 1, expires_at = excluded.expires_at
    WHERE held.expires_at <= :now OR held.holder = excluded.holder
    RETURNING fence
    """
)


HOLD = Prepared(
    select(Lease.fence)
    .where(Lease.market_id == bindparam("market"), Lease.fence == bindparam("fence"))
    .with_for_update(read=True)
)


async def take_lease(
    session: AsyncSession, *, market_id: int, holder: str, now: datetime, lease_s: float
) -> int | None:
    """Become a market's leader: the fencing number, or None while somebody else leads."""
    expires_at = now + timedelta(seconds=lease_s)
    facts = {"market_id": market_id, "holder": holder, "now": now, "expires_at": expires_at}
    taken: int | None = await session.scalar(TAKE, facts)
    return taken


async def renew_lease(
    session: AsyncSession, *, market_id: int, fence: int, now: datetime, lease_s: float
) -> bool:
    """Stay a market's leader: False if somebody else has become it."""
    done = await session.execute(
        update(Lease)
        .where(Lease.market_id == market_id, Lease.fence == fence)
        .values(expires_at=now + timedelta(seconds=lease_s))
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1


async def give_up_lease(
    session: AsyncSession, *, market_id: int, holder: str, now: datetime
) -> None:
    """Let another dispatcher lead at once, if this one does. By its holder: who is stopped while
    it takes a lease has not learned the fencing number yet.
    """
    await session.execute(
        update(Lease)
        .where(Lease.market_id == market_id, Lease.holder == holder, Lease.expires_at > now)
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )


async def hold_lease(session: AsyncSession, *, market_id: int, fence: int) -> None:
    """Begin a leader's writing transaction: nobody takes the lease before it ends. Raises
    LeaseLost.
    """
    held = await HOLD.value(session, {"market": market_id, "fence": fence})
    if held is None:
        raise LeaseLost


async def market_ids(session: AsyncSession) -> list[int]:
    """Every market there is to lead."""
    return list(await session.scalars(select(Market.id).order_by(Market.id)))
