"""Facts of taskers: what the rules and costs of a round ask about them, read from the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared
from service.dispatch.market import RoundMarket
from service.dispatch.queries import DueChore
from service.dispatch.weeks import DAY

FAIRNESS_SPAN = timedelta(days=7)
ACCEPTANCE_SPAN = timedelta(days=90)
NEARBY = timedelta(hours=12)
"""Engagements further away in time than this cannot collide with a chore, whatever the travel."""

# Active taskers: where they are, when they work, and what they have done. Seconds booked are those
# of the fairness span.
TASKERS = Prepared(
    text(
        """
    SELECT t.id, t.revision, ST_X(t.base_point), ST_Y(t.base_point), t.mode,
           t.minimum_notice_minutes, t.most_minutes_a_day, t.furthest_m, p.cell, p.seen_at,
           (SELECT string_agg(concat_ws(' ', w.weekday, w.starts, w.ends), ',')
            FROM weekly_hours AS w WHERE w.tasker_id = t.id),
           (SELECT string_agg(
                concat_ws(' ', to_char(x.on_date, 'YYYY-MM-DD'), x.starts, x.ends), ',')
            FROM hours_exceptions AS x
            WHERE x.tasker_id = t.id AND x.on_date BETWEEN :first AND :last),
           done.finished, done.booked_s
    FROM taskers AS t LEFT JOIN presence AS p ON p.tasker_id = t.id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE b.status = 'completed') AS finished,
               CAST(coalesce(sum(extract(epoch FROM b.ends_at - b.starts_at)) FILTER (
                   WHERE b.starts_at > :booked_since AND b.status NOT IN ('cancelled', 'no_show')
               ), 0) AS float8) AS booked_s
        FROM bookings AS b WHERE b.tasker_id = t.id
    ) AS done
    WHERE t.id = ANY(CAST(:taskers AS uuid[])) AND t.active
    """
    )
)

# What taskers already have: live bookings, what they finished today (it counts for their day), and
# unanswered offers.
BUSY = Prepared(
    text(
        """
    SELECT b.tasker_id, b.starts_at, b.ends_at, c.cell, false
    FROM bookings AS b JOIN chores AS c ON c.id = b.chore_id
    WHERE b.tasker_id = ANY(CAST(:taskers AS uuid[]))
    AND b.status IN ('scheduled', 'en_route', 'in_progress')
    AND b.held && tstzrange(CAST(:since AS timestamptz), CAST(:until AS timestamptz))
    UNION ALL
    SELECT b.tasker_id, b.started_at, b.finished_at, c.cell, false
    FROM bookings AS b JOIN chores AS c ON c.id = b.chore_id
    WHERE b.tasker_id = ANY(CAST(:taskers AS uuid[])) AND b.status = 'completed'
    AND b.finished_at >= :since AND b.finished_at > b.started_at
    UNION ALL
    SELECT o.tasker_id, o.starts_at, o.ends_at, c.cell, true
    FROM offers AS o JOIN chores AS c ON c.id = o.chore_id
    WHERE o.tasker_id = ANY(CAST(:taskers AS uuid[])) AND o.status = 'pending'
    """
    )
)

# Of the delivered offers since `since` that were answered or left to expire, the share accepted.
ACCEPTANCE = text(
    """
    SELECT tasker_id, avg(CASE WHEN status = 'accepted' THEN 1.0 ELSE 0.0 END)
    FROM offers WHERE tasker_id = ANY(CAST(:taskers AS uuid[])) AND extended_at > :since
    AND (status IN ('accepted', 'declined') OR (status = 'expired' AND delivered_at IS NOT NULL))
    GROUP BY tasker_id
    """
)


@dataclass(frozen=True, slots=True)
class TaskerFacts:
    """A tasker as a round reads them. `cell` and `seen_at` are of their presence, if they are
    online; `week` and `exceptions` as `service.dispatch.weeks` reads them.
    """

    id: UUID
    revision: int
    lon: float
    lat: float
    mode: str
    minimum_notice_minutes: int
    most_minutes_a_day: int
    furthest_m: int
    cell: str | None
    seen_at: datetime | None
    week: str | None
    exceptions: str | None
    finished: int
    booked_s: float


class BusyFact(NamedTuple):
    """A booking or an unanswered offer of a tasker."""

    tasker_id: UUID
    starts_at: datetime
    ends_at: datetime
    cell: str
    is_offer: bool


async def facts_of(
    session: AsyncSession,
    market: RoundMarket,
    wanted: Sequence[UUID],
    chores: Sequence[DueChore],
    now: datetime,
) -> list[TaskerFacts]:
    """Of those wanted who are active; their exceptions on the dates that the chores touch."""
    asked = {
        "taskers": list(wanted),
        "first": market.local_date(min([now, *(c.window_start for c in chores)])) - DAY,
        "last": market.local_date(max([now, *(c.window_end for c in chores)])) + DAY,
        "booked_since": now - FAIRNESS_SPAN,
    }
    return [TaskerFacts(*row) for row in await TASKERS.rows(session, asked)]


async def busy_of(
    session: AsyncSession,
    market: RoundMarket,
    wanted: Sequence[UUID],
    chores: Sequence[DueChore],
    now: datetime,
) -> dict[UUID, list[BusyFact]]:
    """What each has from today's beginning to well after the last of the chores."""
    until = max(chore.window_end for chore in chores) + NEARBY
    asked = {"taskers": list(wanted), "since": market.day_starts(now), "until": until}
    found: dict[UUID, list[BusyFact]] = defaultdict(list)
    for row in await BUSY.rows(session, asked):
        found[row[0]].append(BusyFact(*row))
    return found


async def shares_accepted(
    session: AsyncSession,
    market: RoundMarket,
    chores: Sequence[DueChore],
    wanted: Sequence[UUID],
    now: datetime,
) -> dict[UUID, float]:
    """How much each has accepted of what was delivered; empty where no policy asks for it."""
    keys = {(chore.policy_version, chore.category) for chore in chores}
    if not any(market.policy(*key).use_acceptance_rate for key in keys):
        return {}
    asked = {"taskers": list(wanted), "since": now - ACCEPTANCE_SPAN}
    rows = await session.execute(ACCEPTANCE, asked)
    return {tasker: float(share) for tasker, share in rows}
