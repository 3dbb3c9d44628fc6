"""Taskers as a round reads them: the rows of two queries, made what the matcher takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from shapely import MultiPolygon, box
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from geo.points import LonLat
from geo.travel import Mode
from matching.availability import Hours, Interval, WeeklyHours, available
from matching.building import Engagement, Tasker
from service.db.direct import Prepared
from service.dispatch.candidates import Found
from service.dispatch.market import RoundMarket
from service.dispatch.queries import DueChore

EVERYWHERE = MultiPolygon([box(-180, -90, 180, 90)])
MODES = {mode.label: mode for mode in Mode}
DAY = timedelta(days=1)
NEARBY = timedelta(hours=12)
"""Engagements further away in time than this cannot collide with a chore, whatever the travel."""
FAIRNESS_SPAN = timedelta(days=7)
ACCEPTANCE_SPAN = timedelta(days=90)

# Active taskers: where they are, when they work, and what they have done. Seconds booked are those
# of the fairness span.
TASKERS = Prepared(
    text(
        """
    SELECT t.id, t.revision, ST_X(t.base_point), ST_Y(t.base_point), t.mode,
           t.minimum_notice_minutes, t.most_minutes_a_day, t.furthest_m, p.cell, p.seen_at,
           (SELECT jsonb_agg(jsonb_build_array(w.weekday, w.starts, w.ends))
            FROM weekly_hours AS w WHERE w.tasker_id = t.id),
           (SELECT jsonb_agg(jsonb_build_array(x.on_date, x.starts, x.ends))
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
    online; an exception without times is a day off.
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
    weekly: list[tuple[int, str, str]] | None
    exceptions: list[tuple[str, str | None, str | None]] | None
    finished: int
    booked_s: float

    def week(self) -> list[WeeklyHours]:
        """The weekly hours."""
        return [WeeklyHours(day, _hours(starts, ends)) for day, starts, ends in self.weekly or ()]

    def other_days(self) -> dict[date, list[Hours]]:
        """The dates that differ from the week."""
        found: dict[date, list[Hours]] = defaultdict(list)
        for day, starts, ends in self.exceptions or ():
            found[date.fromisoformat(day)] += [_hours(starts, ends)] if starts and ends else []
        return found


class BusyFact(NamedTuple):
    """A booking or an unanswered offer of a tasker."""

    tasker_id: UUID
    starts_at: datetime
    ends_at: datetime
    cell: str
    is_offer: bool


async def read_taskers(
    session: AsyncSession,
    market: RoundMarket,
    chores: Sequence[DueChore],
    pairs: Sequence[Found],
    now: datetime,
) -> list[tuple[TaskerFacts, Tasker]]:
    """Everything the rules and costs ask about the candidates who are active."""
    wanted = sorted({pair.tasker_id for pair in pairs})
    if not wanted:
        return []
    spans = _spans(chores, pairs)
    facts = await _facts(session, market, wanted, spans, now)
    latest = max(chore.window_end for chore in chores) + NEARBY
    busy = await _busy(session, wanted, market.day_starts(now), latest)
    shares = await _shares_accepted(session, market, chores, wanted, now)
    rates = _rates(pairs)
    return [
        (each, _tasker(each, rates[each.id], busy.get(each.id, ()), spans, market, shares))
        for each in facts
    ]


async def _facts(
    session: AsyncSession,
    market: RoundMarket,
    wanted: Sequence[UUID],
    spans: Mapping[UUID, Interval],
    now: datetime,
) -> list[TaskerFacts]:
    asked = {
        "taskers": list(wanted),
        "first": market.local_date(min([now, *(span.start for span in spans.values())])) - DAY,
        "last": market.local_date(max([now, *(span.end for span in spans.values())])) + DAY,
        "booked_since": now - FAIRNESS_SPAN,
    }
    return [TaskerFacts(*row) for row in await TASKERS.rows(session, asked)]


async def _busy(
    session: AsyncSession, wanted: Sequence[UUID], since: datetime, until: datetime
) -> dict[UUID, list[BusyFact]]:
    asked = {"taskers": list(wanted), "since": since, "until": until}
    found: dict[UUID, list[BusyFact]] = defaultdict(list)
    for row in await BUSY.rows(session, asked):
        found[row[0]].append(BusyFact(*row))
    return found


async def _shares_accepted(
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


def _tasker(
    facts: TaskerFacts,
    rates: Mapping[str, int],
    busy: Sequence[BusyFact],
    spans: Mapping[UUID, Interval],
    market: RoundMarket,
    shares: Mapping[UUID, float],
) -> Tasker:
    week, span = facts.week(), spans.get(facts.id)
    free = available(week, facts.other_days(), market.zone, span) if span else []
    return Tasker(
        id=str(facts.id),
        base=LonLat(facts.lon, facts.lat),
        rates=rates,
        area=EVERYWHERE,
        free_s=[(each.start.timestamp(), each.end.timestamp()) for each in free],
        busy=[_engagement(each) for each in busy],
        mode=MODES[facts.mode],
        online=facts.cell is not None,
        presence=centre_of(facts.cell) if facts.cell else None,
        presence_at_s=facts.seen_at.timestamp() if facts.seen_at else None,
        min_notice_s=facts.minimum_notice_minutes * 60,
        max_day_s=facts.most_minutes_a_day * 60,
        max_distance_m=facts.furthest_m,
        active_s=sum(_length_s(each.hours) for each in week),
        booked_s=facts.booked_s,
        finished_bookings=facts.finished,
        acceptance_rate=shares.get(facts.id),
    )


def _engagement(busy: BusyFact) -> Engagement:
    starts_s, ends_s = busy.starts_at.timestamp(), busy.ends_at.timestamp()
    return Engagement(starts_s, ends_s, centre_of(busy.cell), busy.is_offer)


def _rates(pairs: Sequence[Found]) -> dict[UUID, dict[str, int]]:
    rates: dict[UUID, dict[str, int]] = defaultdict(dict)
    for pair in pairs:
        rates[pair.tasker_id][pair.category] = pair.rate
    return rates


def _spans(chores: Sequence[DueChore], pairs: Sequence[Found]) -> dict[UUID, Interval]:
    """For each tasker the time their hours are asked about: the windows of the later chores they
    might take. Chores for now go to people who are online, whatever their hours.
    """
    windows = {c.id: Interval(c.window_start, c.window_end) for c in chores if not c.wanted_now}
    spans: dict[UUID, Interval] = {}
    for pair in pairs:
        window = windows.get(pair.chore_id)
        if window is None:
            continue
        known = spans.get(pair.tasker_id, window)
        spans[pair.tasker_id] = Interval(min(known.start, window.start), max(known.end, window.end))
    return spans


def _hours(starts: str, ends: str) -> Hours:
    return Hours(time.fromisoformat(starts), time.fromisoformat(ends))


def _length_s(hours: Hours) -> float:
    """Seconds of the hours; an end at or before the start lies on the next day."""
    start, end = (timedelta(hours=t.hour, minutes=t.minute, seconds=t.second) for t in hours)
    return (end - start + (DAY if end <= start else timedelta(0))).total_seconds()
