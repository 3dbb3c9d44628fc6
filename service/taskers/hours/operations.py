"""Writing hours down, and reading them as the instants they come to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from matching.availability import Hours, Interval, WeeklyHours, available
from service.errors import HoursNotUsable, NotFound
from service.taskers.changes import begin_change, end_change
from service.taskers.hours.queries import (
    Calendar,
    calendar_of,
    drop_exception,
    replace_exception,
    replace_week,
)
from service.taskers.queries import Profile, profile_of

A_DAY = timedelta(days=1)
FURTHEST_AHEAD = timedelta(days=400)
LONGEST_LOOK = timedelta(days=62)


async def read_calendar(session: AsyncSession, *, tasker_id: UUID, now: datetime) -> Calendar:
    """The week and the exceptions from today on, by the market's calendar. Raises NotFound."""
    profile = await _profile(session, tasker_id)
    today = now.astimezone(ZoneInfo(profile.zone)).date()
    return await calendar_of(session, tasker_id, first=today, last=today + FURTHEST_AHEAD)


async def put_week(
    session: AsyncSession, *, tasker_id: UUID, weekly: Sequence[WeeklyHours], now: datetime
) -> Calendar:
    """Replace the weekly hours. Raises ProfileNeeded, HoursNotUsable for a start given twice."""
    _refuse_twice([(day, hours.start) for day, hours in weekly])
    profile = await begin_change(session, tasker_id)
    before = await read_calendar(session, tasker_id=tasker_id, now=now)
    wanted = sorted(weekly)
    if before.weekly != wanted:
        await replace_week(session, tasker_id, wanted)
        await end_change(session, profile, now=now)
    return Calendar(wanted, before.exceptions)


async def put_exception(
    session: AsyncSession, *, tasker_id: UUID, day: date, hours: Sequence[Hours], now: datetime
) -> None:
    """Write a date that differs. Raises ProfileNeeded, HoursNotUsable for a date out of reach."""
    _refuse_twice([span.start for span in hours])
    profile = await begin_change(session, tasker_id)
    _refuse_out_of_reach(day, now.astimezone(ZoneInfo(profile.zone)).date())
    before = await calendar_of(session, tasker_id, first=day, last=day)
    if before.exceptions.get(day) != sorted(hours):
        await replace_exception(session, tasker_id, day, sorted(hours))
        await end_change(session, profile, now=now)


async def delete_exception(
    session: AsyncSession, *, tasker_id: UUID, day: date, now: datetime
) -> None:
    """Let a date be as the week says. Raises ProfileNeeded."""
    profile = await begin_change(session, tasker_id)
    if await drop_exception(session, tasker_id, day):
        await end_change(session, profile, now=now)


async def read_availability(
    session: AsyncSession, *, tasker_id: UUID, during: Interval, now: datetime
) -> tuple[str, list[Interval]]:
    """The zone of the market, and when the tasker is available within `during`.

    Raises NotFound, HoursNotUsable for a range that is empty, over two months or out of reach.
    """
    if not during.start < during.end or during.end - during.start > LONGEST_LOOK:
        message = "`to` lies after `from`, by at most 62 days."
        raise HoursNotUsable.field("to", "range", message)
    if abs(during.start - now) > FURTHEST_AHEAD:
        message = f"`from` lies within {FURTHEST_AHEAD.days} days of now."
        raise HoursNotUsable.field("from", "date_out_of_reach", message)
    profile = await _profile(session, tasker_id)
    # A night that began the day before still runs, and a date begins earlier or later than in UTC.
    first, last = during.start.date() - 2 * A_DAY, during.end.date() + 2 * A_DAY
    calendar = await calendar_of(session, tasker_id, first=first, last=last)
    zone = ZoneInfo(profile.zone)
    return profile.zone, available(calendar.weekly, calendar.exceptions, zone, during)


async def _profile(session: AsyncSession, tasker_id: UUID) -> Profile:
    profile = await profile_of(session, tasker_id)
    if profile is None:
        raise NotFound("There is no such tasker profile.")
    return profile


def _refuse_twice(starts: Sequence[object]) -> None:
    if len(set(starts)) < len(starts):
        raise HoursNotUsable.field("hours", "start_given_twice", "Two spans start at one time.")


def _refuse_out_of_reach(day: date, today: date) -> None:
    if not today - A_DAY <= day <= today + FURTHEST_AHEAD:
        message = f"A date lies between yesterday and {FURTHEST_AHEAD.days} days ahead."
        raise HoursNotUsable.field("day", "date_out_of_reach", message)
