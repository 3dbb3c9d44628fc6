"""The record of a market: its tables of some past days as a replay takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from geo.points import LonLat
from geo.travel import Mode
from matching.availability import Interval, available
from matching.building import Chore, Engagement, Tasker, build_problem
from matching.policy import PolicyDocument
from matching.problem import Links, Market
from matching.replay.record import Record, Stays
from service.db.tables import ServiceArea
from service.dispatch.weeks import other_days, week_of
from service.markets.queries import MarketFacts
from service.whatif import queries

AHEAD = timedelta(days=16)
"""Hours are worked out so far beyond the end: chores are posted days ahead."""
HEARD_EVERY_S = 60.0
"""Who is online says so every minute at least; the log keeps changes only."""


@dataclass(frozen=True)
class Told:
    """What the tables say of a span, row by row."""

    chores: queries.Rows
    taskers: queries.Rows
    skills: queries.Rows
    busy: queries.Rows
    presence: queries.Rows
    blocks: queries.Rows
    favourites: queries.Rows
    areas: dict[tuple[UUID, str], Any]


async def read_record(
    session: AsyncSession, market: MarketFacts, during: Interval
) -> Record | None:
    """What the market saw in that span; None if nothing was posted in it.

    Taskers are as they are now, apart from where they were and what they had agreed to.
    """
    told = await _told(session, market.id, during)
    return record_of(market, told, during) if told.chores and told.taskers else None


async def _told(session: AsyncSession, market_id: int, during: Interval) -> Told:
    areas = await session.execute(
        select(ServiceArea.tasker_id, ServiceArea.kind, ServiceArea.area).where(
            ServiceArea.market_id == market_id
        )
    )
    return Told(
        chores=await queries.told(session, queries.CHORES, market_id, during),
        taskers=await queries.told(session, queries.TASKERS, market_id, during),
        skills=await queries.told(session, queries.SKILLS, market_id, during),
        busy=await queries.told(session, queries.BUSY, market_id, during),
        presence=await queries.told(session, queries.PRESENCE, market_id, during),
        blocks=await queries.told(session, queries.BLOCKS, market_id, during),
        favourites=await queries.told(session, queries.FAVOURITES, market_id, during),
        areas={(tasker, kind): area for tasker, kind, area in areas},
    )


def record_of(market: MarketFacts, told: Told, during: Interval) -> Record:
    """The rows as the tables of a problem, over days instead of one moment."""
    zone = ZoneInfo(market.zone)
    row_of = {row.id: n for n, row in enumerate(told.taskers)}
    problem = build_problem(
        market=Market(market.slug, zone, market.turn_around_s),
        now_s=during.start.timestamp(),
        policies=PolicyDocument(),
        chores=[_chore(row) for row in told.chores],
        taskers=_taskers(told, zone, Interval(during.start, during.end + AHEAD)),
    )
    return Record(
        market=problem.market,
        categories=problem.categories,
        starts_s=during.start.timestamp(),
        ends_s=during.end.timestamp(),
        chores=problem.chores,
        leaves_at_s=np.array(
            [np.inf if row.left_at is None else row.left_at.timestamp() for row in told.chores]
        ),
        taskers=problem.taskers,
        skills=problem.skills,
        free=problem.free,
        busy=problem.busy,
        stays=_stays(told.presence, row_of, during),
        blocked=_links(told.chores, told.blocks, row_of),
        favourites=_links(told.chores, told.favourites, row_of),
    )


def _chore(row: Any) -> Chore:
    end_s, duration_s = row.window_end.timestamp(), 60.0 * row.duration_minutes
    return Chore(
        id=str(row.id),
        client_id=str(row.client_id),
        category=row.category,
        cell=row.cell,
        window_start_s=row.window_start.timestamp(),
        window_end_s=end_s,
        duration_s=duration_s,
        posted_at_s=row.created_at.timestamp(),
        match_by_s=end_s - duration_s,
        wanted_now=row.wanted_now,
        budget_per_h=row.budget_rate,
        minimum_s=60 * row.minimum_minutes,
    )


def _taskers(told: Told, zone: ZoneInfo, during: Interval) -> list[Tasker]:
    rates: dict[UUID, dict[str, int]] = {}
    for skill in told.skills:
        rates.setdefault(skill.tasker_id, {})[skill.category] = skill.rate
    busy: dict[UUID, list[Engagement]] = {}
    for row in told.busy:
        span = row.starts_at.timestamp(), row.ends_at.timestamp()
        busy.setdefault(row.tasker_id, []).append(Engagement(*span, centre_of(row.cell)))
    return [
        _tasker(row, told, rates.get(row.id, {}), busy.get(row.id, []), zone, during)
        for row in told.taskers
    ]


def _tasker(
    row: Any,
    told: Told,
    rates: dict[str, int],
    busy: Sequence[Engagement],
    zone: ZoneInfo,
    during: Interval,
) -> Tasker:
    week = week_of(row.weekly)
    free = available(week.hours, other_days(row.exceptions), zone, during)
    return Tasker(
        id=str(row.id),
        base=LonLat(row.lon, row.lat),
        rates=rates,
        area=told.areas.get((row.id, "regular")),
        same_day_area=told.areas.get((row.id, "same_day")),
        free_s=[(span.start.timestamp(), span.end.timestamp()) for span in free],
        busy=busy,
        mode=Mode.named(row.mode),
        min_notice_s=60.0 * row.minimum_notice_minutes,
        max_day_s=60.0 * row.most_minutes_a_day,
        max_distance_m=float(row.furthest_m),
        active_s=week.length_s,
        booked_s=row.booked_s,
        finished_bookings=row.finished,
    )


def _stays(rows: Sequence[Any], row_of: dict[UUID, int], during: Interval) -> Stays:
    """From each change to the next of the same tasker, or to the end."""
    starts_s, ends_s = during.start.timestamp(), during.end.timestamp()
    stays = []
    for n, row in enumerate(rows):
        after = rows[n + 1] if n + 1 < len(rows) else None
        is_theirs = after is not None and after.tasker_id == row.tasker_id
        until_s = after.at.timestamp() if after is not None and is_theirs else ends_s
        from_s = max(row.at.timestamp(), starts_s)
        if row.cell is not None and row.tasker_id in row_of and until_s > from_s:
            stays.append((row_of[row.tasker_id], from_s, until_s, *centre_of(row.cell)))
    columns = np.array(sorted(stays), dtype=float).reshape(-1, 5)
    every_s = np.full(len(columns), HEARD_EVERY_S)
    return Stays(
        columns[:, 0].astype(np.int64), columns[:, 1], columns[:, 2], columns[:, 3:], every_s
    )


def _links(chores: Sequence[Any], pairs: Sequence[Any], row_of: dict[UUID, int]) -> Links:
    """Pairs of clients and taskers as pairs of these clients' chores and taskers."""
    with_whom: dict[UUID, list[int]] = {}
    for client_id, tasker_id in pairs:
        if tasker_id in row_of:
            with_whom.setdefault(client_id, []).append(row_of[tasker_id])
    found = [(n, each) for n, row in enumerate(chores) for each in with_whom.get(row.client_id, ())]
    columns = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    return Links(columns[:, 0], columns[:, 1])
