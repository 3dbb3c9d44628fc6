"""Waiting chores: those that have found nobody yet, made due when a tasker changes who could take
them.

Places are centres of privacy cells, as in a round: whoever redraws their areas learns nothing of
where in a cell a chore is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CursorResult,
    Select,
    case,
    exists,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import ColumnElement

from geo.postgis import MetricXY, covers, distance_m, in_box, nearest_first, to_lonlat
from service.db.tables import Chore, Presence, ServiceArea, Skill

MOST_AT_ONCE = 100
"""Chores that one change of a tasker makes due: the nearest. More than they could take in days."""

A_LITTLE_LATER = timedelta(microseconds=1)

_chore = Chore.__table__.c


async def make_due_for_tasker(
    session: AsyncSession,
    *,
    tasker_id: UUID,
    market_id: int,
    reach_m: float,
    now: datetime,
    where_they_are: bool = False,
    holding_them: bool = False,
) -> int:
    """Make the waiting chores that this tasker could take due, nearest first; how many that were.

    Of their categories and within their rates, areas and `reach_m` metres: of the base point, and,
    for chores for now, of where they are online; the latter alone with `where_they_are`. Generous
    on purpose (either area will do, hours are not looked at): the round's rules decide. Reads what
    the transaction has written of skills, areas and presence. Locks chores in order of id, so it
    comes before the tasker's own row is locked; `holding_them`, it is too late for that, and chores
    that others have locked are left to their next turn.

    A chore that is due already moves by a microsecond: a round that is looking at it without this
    tasker finds that `due_at` is no longer what it read, and leaves the chore due.
    """
    found = {
        chore_id
        for here in ((True,) if where_they_are else (False, True))
        for chore_id in await session.scalars(
            waiting_chores(tasker_id, market_id, reach_m, now, here)
        )
    }
    chosen = select(Chore.id).where(Chore.id.in_(found)).order_by(Chore.id)
    locked = (await session.scalars(chosen.with_for_update(skip_locked=holding_them))).all()
    if not locked:
        return 0
    done = await session.execute(
        update(Chore)
        .where(Chore.id.in_(locked), _is_waiting())
        .values(due_at=case((Chore.due_at <= now, Chore.due_at + A_LITTLE_LATER), else_=now))
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount


def waiting_chores(
    tasker_id: UUID, market_id: int, reach_m: float, now: datetime, where_they_are: bool
) -> Select[tuple[UUID]]:
    """The ids of the chores `make_due_for_tasker` means: per skill an ordered scan of
    ix_chores_waiting.
    """
    here = Presence.__table__.c.point if where_they_are else Skill.__table__.c.point
    near = _near_skill(tasker_id, market_id, reach_m, now, here)
    if where_they_are:
        near = near.where(Chore.wanted_now)
    nearest = near.lateral("nearest")
    wanted = select(nearest.c.id).select_from(Skill)
    if where_they_are:
        wanted = wanted.join(Presence, Presence.tasker_id == Skill.tasker_id)
    return (
        wanted.join(nearest, true())
        .where(Skill.tasker_id == tasker_id, Skill.active)
        .order_by(nearest.c.metres)
        .limit(MOST_AT_ONCE)
    )


def _near_skill(
    tasker_id: UUID,
    market_id: int,
    reach_m: float,
    now: datetime,
    here: ColumnElement[MetricXY],
) -> Select[*tuple[Any, ...]]:
    """The nearest waiting chores of one skill's category, around `here`."""
    in_an_area = exists().where(
        ServiceArea.tasker_id == tasker_id,
        covers(ServiceArea.__table__.c.area, to_lonlat(_chore.metric_point)),
    )
    return (
        select(Chore.id, distance_m(_chore.metric_point, here).label("metres"))
        .where(
            Chore.market_id == market_id,
            Chore.category == Skill.category,
            _is_waiting(),
            in_box(_chore.metric_point, here, reach_m),
            distance_m(_chore.metric_point, here) <= reach_m,
            Chore.match_by > now,
            or_(Chore.budget_rate.is_(None), Chore.budget_rate >= Skill.rate),
            in_an_area,
        )
        .correlate(Skill, Presence)
        .order_by(nearest_first(_chore.metric_point, here))
        .limit(MOST_AT_ONCE)
    )


def _is_waiting() -> ColumnElement[bool]:
    """Written out, not bound: a generic plan must see that the partial index holds these."""
    return Chore.status.in_([literal_column("'open'"), literal_column("'unfilled'")])
