"""The dispatcher's reading: what there is to do in a market, the due chores, facts of taskers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from shapely import MultiPolygon
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared
from service.db.tables import ServiceArea
from service.dispatch.planner import index_scans

# What time has ended and nobody has dealt with. Each part is an index scan that stops at once where
# there is nothing.
ENDED = Prepared(
    text(
        """
    (SELECT 'late_offer' AS kind, id FROM offers
     WHERE market_id = CAST(:market_id AS smallint) AND status = 'pending' AND expires_at <= :now
     ORDER BY expires_at LIMIT :most)
    UNION ALL
    (SELECT 'late_chore', id FROM chores
     WHERE market_id = CAST(:market_id AS smallint) AND match_by <= :now
     AND status IN ('open', 'offered', 'unfilled') ORDER BY match_by LIMIT :most)
    UNION ALL
    (SELECT 'no_show', id FROM bookings
     WHERE market_id = CAST(:market_id AS smallint) AND starts_at <= :awaited_since
     AND status IN ('scheduled', 'en_route') ORDER BY starts_at LIMIT :most)
    UNION ALL
    (SELECT 'overrun', id FROM bookings
     WHERE market_id = CAST(:market_id AS smallint) AND ends_at <= :now
     AND status = 'in_progress' AND overrun_at IS NULL ORDER BY ends_at LIMIT :most)
    """
    )
)

# Chores whose last pending offer was answered: a walk over all that are offered.
ENDED_WAVES = Prepared(
    text(
        """
    SELECT c.id FROM chores AS c
    WHERE c.market_id = CAST(:market_id AS smallint) AND c.status = 'offered'
    AND NOT EXISTS (SELECT FROM offers AS o WHERE o.chore_id = c.id AND o.status = 'pending')
    LIMIT :most
    """
    )
)

# The next moment at which time alone makes something of the above, or a chore due.
NEXT_MOMENT = Prepared(
    text(
        """
    SELECT least(
        (SELECT min(due_at) FROM chores
         WHERE market_id = CAST(:market_id AS smallint) AND due_at > :now),
        (SELECT min(match_by) FROM chores WHERE market_id = CAST(:market_id AS smallint)
         AND match_by > :now AND status IN ('open', 'offered', 'unfilled')),
        (SELECT min(expires_at) FROM offers WHERE market_id = CAST(:market_id AS smallint)
         AND status = 'pending' AND expires_at > :now),
        (SELECT min(starts_at) FROM bookings WHERE market_id = CAST(:market_id AS smallint)
         AND starts_at > :awaited_since AND status IN ('scheduled', 'en_route'))
        + CAST(:grace AS interval),
        (SELECT min(ends_at) FROM bookings WHERE market_id = CAST(:market_id AS smallint)
         AND ends_at > :now AND status = 'in_progress' AND overrun_at IS NULL)
    )
    """
    )
)

# A chore as a round sees it.
CHORES = """
    SELECT c.id, c.client_id, c.category, c.cell, c.window_start, c.window_end, c.duration_minutes,
           c.created_at, c.match_by, c.wanted_now, c.budget_rate, c.wave, c.status, c.due_at,
           c.next_wave_at, c.policy_version,
           k.minimum_minutes,
           (SELECT d.outcome FROM decisions AS d WHERE d.chore_id = c.id ORDER BY d.id DESC LIMIT 1)
    FROM chores AS c JOIN categories AS k ON k.market_id = c.market_id AND k.slug = c.category
"""
ONE_CHORE = text(f"{CHORES} WHERE c.id = :chore")

# The chores a round takes, longest due first.
DUE = Prepared(
    text(
        f"""
    {CHORES}
    WHERE c.market_id = CAST(:market_id AS smallint) AND c.due_at <= :now
    AND c.status IN ('open', 'unfilled') AND c.match_by > :now
    ORDER BY c.due_at LIMIT :most
    """
    )
)

FAVOURITES = text(
    """
    SELECT client_id, tasker_id FROM favourites WHERE client_id = ANY(CAST(:clients AS uuid[]))
    """
)


Ended: TypeAlias = dict[str, list[UUID]]
"""Ids of what has ended, by kind; empty if nothing has."""


class Moment(NamedTuple):
    """When time makes work: no-shows are those awaited since before `now - grace`."""

    now: datetime
    grace: timedelta

    def values(self, market_id: int) -> dict[str, object]:
        """The parameters of the queries about time."""
        return {
            "market_id": market_id,
            "now": self.now,
            "awaited_since": self.now - self.grace,
            "grace": self.grace,
        }


@dataclass(frozen=True, slots=True)
class DueChore:
    """A chore that a round takes, as it was read; `last_outcome` is that of its newest decision."""

    id: UUID
    client_id: UUID
    category: str
    cell: str
    window_start: datetime
    window_end: datetime
    duration_minutes: int
    created_at: datetime
    match_by: datetime
    wanted_now: bool
    budget_rate: int | None
    wave: int
    status: str
    due_at: datetime
    next_wave_at: datetime | None
    policy_version: int
    minimum_minutes: int
    last_outcome: str | None


async def ended(
    session: AsyncSession, market_id: int, moment: Moment, most: int, *, waves: bool
) -> Ended:
    """What has ended by time, by kind, oldest first; and, if they are asked for, the waves that
    people's answers have ended.
    """
    parameters = moment.values(market_id) | {"most": most}
    found: Ended = defaultdict(list)
    for kind, each in await ENDED.rows(session, parameters):
        found[kind].append(each)
    if waves:
        async with index_scans(session):
            over = await ENDED_WAVES.rows(session, parameters)
        if over:
            found["ended_wave"] = [each for (each,) in over]
    return found


async def next_moment(session: AsyncSession, market_id: int, moment: Moment) -> datetime | None:
    """When to look again although nobody has said anything; None if nothing is waiting."""
    at: datetime | None = await NEXT_MOMENT.value(session, moment.values(market_id))
    return at


async def due_chores(
    session: AsyncSession, market_id: int, now: datetime, most: int
) -> list[DueChore]:
    """The chores a round takes."""
    rows = await DUE.rows(session, {"market_id": market_id, "now": now, "most": most})
    return [DueChore(*row) for row in rows]


async def chore_as_due(session: AsyncSession, chore_id: UUID) -> DueChore | None:
    """A chore as a round would see it, whether it is due or not."""
    row = (await session.execute(ONE_CHORE, {"chore": chore_id})).one_or_none()
    return DueChore(*row) if row else None


async def areas_of(
    session: AsyncSession, taskers: Sequence[UUID]
) -> dict[tuple[UUID, str], MultiPolygon]:
    """The areas that these taskers drew, by tasker and kind."""
    rows = await session.execute(
        select(ServiceArea.tasker_id, ServiceArea.kind, ServiceArea.area).where(
            ServiceArea.tasker_id.in_(taskers)
        )
    )
    return {(tasker_id, kind): area for tasker_id, kind, area in rows}


async def favourites_of(
    session: AsyncSession, clients: Sequence[UUID]
) -> dict[UUID, frozenset[str]]:
    """Each client's favourite taskers."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for client, tasker in await session.execute(FAVOURITES, {"clients": list(clients)}):
        found[client].add(str(tasker))
    return {client: frozenset(taskers) for client, taskers in found.items()}
