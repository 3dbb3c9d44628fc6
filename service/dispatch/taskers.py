"""Taskers as a round reads them: facts of theirs, made what the matcher takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from shapely import MultiPolygon, box
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from geo.points import LonLat
from geo.travel import Mode
from matching.availability import Interval, available
from matching.building import Engagement, Tasker
from service.dispatch.candidates import Found
from service.dispatch.facts import BusyFact, TaskerFacts, busy_of, facts_of, shares_accepted
from service.dispatch.market import RoundMarket
from service.dispatch.planner import index_scans
from service.dispatch.queries import DueChore
from service.dispatch.weeks import other_days, week_of

EVERYWHERE = MultiPolygon([box(-180, -90, 180, 90)])
MODES = {mode.label: mode for mode in Mode}
NOBODY: Mapping[UUID, Read] = MappingProxyType({})


class Read(NamedTuple):
    """A tasker as a round has read them, and as the matcher takes them: with the rates, and free
    within the span, that their pairs ask about.
    """

    facts: TaskerFacts
    busy: Sequence[BusyFact]
    share: float | None
    rates: Mapping[str, int]
    span: Interval | None
    tasker: Tasker


async def read_taskers(
    session: AsyncSession,
    market: RoundMarket,
    chores: Sequence[DueChore],
    pairs: Sequence[Found],
    now: datetime,
    known: Mapping[UUID, Read] = NOBODY,
) -> dict[UUID, Read]:
    """Everything the rules and costs ask about the candidates who are active. Who is `known` from a
    reading for the same chores is not read again.
    """
    rates, spans = _rates(pairs), _spans(chores, pairs)
    read = {
        who: _again(known[who], each, spans.get(who), market)
        for who, each in rates.items()
        if who in known
    }
    wanted = sorted(rates.keys() - read.keys())
    if not wanted:
        return read
    # The revisions first: of what changes while the rest is read, writing then hears.
    async with index_scans(session):
        facts = await facts_of(session, market, wanted, chores, now)
        busy = await busy_of(session, market, wanted, chores, now)
        shares = await shares_accepted(session, market, chores, wanted, now)
    for each in facts:
        asked = rates[each.id], spans.get(each.id)
        read[each.id] = _read(each, busy.get(each.id, ()), shares.get(each.id), *asked, market)
    return read


def _again(
    known: Read, rates: Mapping[str, int], span: Interval | None, market: RoundMarket
) -> Read:
    """Somebody known, asked about these rates and this span."""
    if (known.rates, known.span) == (rates, span):
        return known
    return _read(known.facts, known.busy, known.share, rates, span, market)


def _read(
    facts: TaskerFacts,
    busy: Sequence[BusyFact],
    share: float | None,
    rates: Mapping[str, int],
    span: Interval | None,
    market: RoundMarket,
) -> Read:
    week, days = week_of(facts.week), other_days(facts.exceptions)
    free = available(week.hours, days, market.zone, span) if span else []
    tasker = Tasker(
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
        active_s=week.length_s,
        booked_s=facts.booked_s,
        finished_bookings=facts.finished,
        acceptance_rate=share,
    )
    return Read(facts, busy, share, rates, span, tasker)


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
