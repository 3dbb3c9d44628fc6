"""Use cases of pushes: subscribe a device, claim what is due, sweep."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from notifications.hub import MOST_PER_PERSON
from notifications.push import Target
from service.db.tables import new_id
from service.push import queries
from service.push.queries import Claimed


async def subscribe(
    session: AsyncSession,
    *,
    account_id: UUID,
    session_id: UUID,
    device: str,
    target: Target,
    now: datetime,
) -> None:
    """Push to this device here from now on, as long as this login stands.

    A device has one subscription, and an endpoint one device: whoever signs in on a shared phone
    takes its endpoint over. A person has as many devices as streams; the oldest goes.
    """
    await queries.put_subscription(
        session,
        subscription_id=new_id(),
        account_id=account_id,
        session_id=session_id,
        device=device,
        target=target,
        most=MOST_PER_PERSON,
        now=now,
    )


async def claim(
    session: AsyncSession, *, most: int, now: datetime, leased: datetime
) -> list[Claimed]:
    """Claim what is due. What is moot is dropped, and given back for the count alone."""
    found = await queries.claim(session, most=most, now=now, leased=leased)
    if moot := [push for push in found if push.moot is not None]:
        await queries.drop(session, moot)
    return found
