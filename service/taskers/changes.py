"""Changes of a tasker that can change a match: the one way they begin and the one way they end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.chores.waiting import make_due_for_tasker
from service.db.engine import wake
from service.errors import ProfileNeeded
from service.taskers.copies import settle_copies
from service.taskers.queries import Profile, lock_edits, profile_of, update_profile


async def begin_change(session: AsyncSession, tasker_id: UUID) -> Profile:
    """The tasker's profile, with no other edit of theirs under way. Raises ProfileNeeded."""
    await lock_edits(session, tasker_id)
    profile = await profile_of(session, tasker_id)
    if profile is None:
        raise ProfileNeeded
    return profile


async def end_change(
    session: AsyncSession,
    profile: Profile,
    *,
    now: datetime,
    where_they_are: bool = False,
    **values: Any,
) -> None:
    """Everything beside the tasker's row is written: make chores due, change the row, settle what
    is copied from it and from the rest.

    `values` are the columns of the row that change; its revision rises in any case. With
    `where_they_are` only chores for now around their presence are of interest.
    """
    await make_due_for_tasker(
        session,
        tasker_id=profile.id,
        market_id=profile.market_id,
        reach_m=values.get("furthest_m", profile.furthest_m),
        now=now,
        where_they_are=where_they_are,
    )
    await update_profile(session, profile.id, values)
    await settle_copies(session, profile.id, where_they_are=where_they_are)
    wake(session, f"work:{profile.market_id}")
