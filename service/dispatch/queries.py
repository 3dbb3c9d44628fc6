"""The dispatcher's reading: what there is to do in a market, the due chores, facts of taskers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# What time or people have ended and nobody has dealt with. Each part is an index scan that stops at
# once where there is nothing.
ENDED = text(
    """
    (SELECT 'late_offer' AS kind, id FROM offers
     WHERE market_id = CAST(:market_id AS smallint) AND status = 'pending' AND expires_at <= :now
     ORDER BY expires_at LIMIT :most)
    UNION ALL
    (SELECT 'late_chore', id FROM chores
     WHERE market_id = CAST(:market_id AS smallint) AND match_by <= :now
     AND status IN ('open', 'offered', 'unfilled') ORDER BY match_by LIMIT :most)
    UNION ALL
    (SELECT 'ended_wave', c.id FROM chores AS c
     WHERE c.market_id = CAST(:market_id AS smallint) AND c.status = 'offered'
     AND NOT EXISTS (SELECT FROM offers AS o WHERE o.chore_id = c.id AND o.status = 'pending')
     LIMIT :most)
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

# The next moment at which time alone makes something of the above, or a chore due.
NEXT_MOMENT = text(
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

# The chores a round takes, longest due first.
DUE = text(
    """
    SELECT c.id, c.client_id, c.category, c.cell, c.window_start, c.window_end, c.duration_minutes,
           c.created_at, c.match_by, c.wanted_now, c.budget_rate, c.wave, c.status, c.due_at,
           c.policy_version,
           k.minimum_minutes,
           (SELECT d.outcome FROM decisions AS d WHERE d.chore_id = c.id ORDER BY d.id DESC LIMIT 1)
    FROM chores AS c JOIN categories AS k ON k.market_id = c.market_id AND k.slug = c.category
    WHERE c.market_id = CAST(:market_id AS smallint) AND c.due_at <= :now
    AND c.status IN ('open', 'unfilled') AND c.match_by > :now
    ORDER BY c.due_at LIMIT :most
    """
)

# Taskers as they are now, with where they were last heard of.
TASKERS = text(
    """
    SELECT t.id, t.revision, ST_X(t.base_point), ST_Y(t.base_point), t.mode,
           t.minimum_notice_minutes, t.most_minutes_a_day, t.furthest_m, p.cell, p.seen_at
    FROM taskers AS t LEFT JOIN presence AS p ON p.tasker_id = t.id
    WHERE t.id = ANY(CAST(:taskers AS uuid[])) AND t.active
    """
)

WEEKLY = text(
    """
    SELECT tasker_id, weekday, starts, ends FROM weekly_hours
    WHERE tasker_id = ANY(CAST(:taskers AS uuid[]))
    """
)
EXCEPTIONS = text(
    """
    SELECT tasker_id, on_date, starts, ends FROM hours_exceptions
    WHERE tasker_id = ANY(CAST(:taskers AS uuid[])) AND on_date BETWEEN :first AND :last
    """
)

# What taskers already have: live bookings, what they finished today (it counts for their day), and
# unanswered offers.
BUSY = text(
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

# Finished bookings, and the seconds booked since `since`.
STANDING = text(
    """
    SELECT tasker_id, count(*) FILTER (WHERE status = 'completed'),
           coalesce(sum(extract(epoch FROM ends_at - starts_at)) FILTER (
               WHERE starts_at > :since AND status NOT IN ('cancelled', 'no_show')), 0)
    FROM bookings WHERE tasker_id = ANY(CAST(:taskers AS uuid[])) GROUP BY tasker_id
    """
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

FAVOURITES = text(
    """
    SELECT client_id, tasker_id FROM favourites WHERE client_id = ANY(CAST(:clients AS uuid[]))
    """
)


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
    policy_version: int
    minimum_minutes: int
    last_outcome: str | None


@dataclass(frozen=True, slots=True)
class TaskerFacts:
    """A tasker as a round reads them. `cell` and `seen_at` are of their presence, if they are
    online.
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


class BusyFact(NamedTuple):
    """A booking or an unanswered offer of a tasker."""

    tasker_id: UUID
    starts_at: datetime
    ends_at: datetime
    cell: str
    is_offer: bool


@dataclass(frozen=True, slots=True)
class HoursFacts:
    """Weekly hours and exceptions by tasker; an exception without times is a day off."""

    weekly: dict[UUID, list[tuple[int, time, time]]]
    exceptions: dict[UUID, list[tuple[date, time | None, time | None]]]


async def ended(
    session: AsyncSession, market_id: int, moment: Moment, most: int
) -> dict[str, list[UUID]]:
    """What has ended by time or by people's answers, by kind, oldest first."""
    parameters = moment.values(market_id) | {"most": most}
    found: dict[str, list[UUID]] = defaultdict(list)
    for kind, each in await session.execute(ENDED, parameters):
        found[kind].append(each)
    return found


async def next_moment(session: AsyncSession, market_id: int, moment: Moment) -> datetime | None:
    """When to look again although nobody has said anything; None if nothing is waiting."""
    at: datetime | None = await session.scalar(NEXT_MOMENT, moment.values(market_id))
    return at


async def due_chores(
    session: AsyncSession, market_id: int, now: datetime, most: int
) -> list[DueChore]:
    """The chores a round takes."""
    rows = await session.execute(DUE, {"market_id": market_id, "now": now, "most": most})
    return [DueChore(*row) for row in rows]


async def tasker_facts(session: AsyncSession, taskers: Sequence[UUID]) -> list[TaskerFacts]:
    """Those of the taskers who are active."""
    rows = await session.execute(TASKERS, {"taskers": list(taskers)})
    return [TaskerFacts(*row) for row in rows]


async def hours_of(
    session: AsyncSession, taskers: Sequence[UUID], first: date, last: date
) -> HoursFacts:
    """Weekly hours, and the exceptions of these dates."""
    asked = {"taskers": list(taskers)}
    facts = HoursFacts(defaultdict(list), defaultdict(list))
    for tasker_id, weekday, starts, ends in await session.execute(WEEKLY, asked):
        facts.weekly[tasker_id].append((weekday, starts, ends))
    dates = {"first": first, "last": last}
    for tasker_id, on_date, starts, ends in await session.execute(EXCEPTIONS, asked | dates):
        facts.exceptions[tasker_id].append((on_date, starts, ends))
    return facts


async def busy_of(
    session: AsyncSession, taskers: Sequence[UUID], since: datetime, until: datetime
) -> list[BusyFact]:
    """What the taskers already have between `since` and `until`."""
    asked = {"taskers": list(taskers), "since": since, "until": until}
    return [BusyFact(*row) for row in await session.execute(BUSY, asked)]


async def standing_of(
    session: AsyncSession, taskers: Sequence[UUID], since: datetime
) -> dict[UUID, tuple[int, float]]:
    """Finished bookings, and seconds booked since `since`, of those who have any."""
    rows = await session.execute(STANDING, {"taskers": list(taskers), "since": since})
    return {tasker: (int(finished), float(booked_s)) for tasker, finished, booked_s in rows}


async def acceptance_of(
    session: AsyncSession, taskers: Sequence[UUID], since: datetime
) -> dict[UUID, float]:
    """The share of delivered offers accepted since `since`, of those who had any."""
    rows = await session.execute(ACCEPTANCE, {"taskers": list(taskers), "since": since})
    return {tasker: float(share) for tasker, share in rows}


async def favourites_of(
    session: AsyncSession, clients: Sequence[UUID]
) -> dict[UUID, frozenset[str]]:
    """Each client's favourite taskers."""
    found: dict[UUID, set[str]] = defaultdict(set)
    for client, tasker in await session.execute(FAVOURITES, {"clients": list(clients)}):
        found[client].add(str(tasker))
    return {client: frozenset(taskers) for client, taskers in found.items()}
