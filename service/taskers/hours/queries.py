"""Hours in SQL: the week, and the dates that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from matching.availability import Hours
from matching.availability import WeeklyHours as WeekdayHours
from service.db.tables import HoursException, WeeklyHours


@dataclass(frozen=True, slots=True)
class Calendar:
    """A tasker's week and the dates that differ; a date with no hours is off."""

    weekly: list[WeekdayHours]
    exceptions: Mapping[date, list[Hours]]


async def calendar_of(
    session: AsyncSession, tasker_id: UUID, *, first: date, last: date
) -> Calendar:
    """The week, and the exceptions on the dates from `first` to `last`."""
    week = await session.execute(
        select(WeeklyHours.weekday, WeeklyHours.starts, WeeklyHours.ends)
        .where(WeeklyHours.tasker_id == tasker_id)
        .order_by(WeeklyHours.weekday, WeeklyHours.starts)
    )
    different = await session.execute(
        select(HoursException.on_date, HoursException.starts, HoursException.ends)
        .where(HoursException.tasker_id == tasker_id, HoursException.on_date.between(first, last))
        .order_by(HoursException.on_date, HoursException.starts)
    )
    return Calendar(
        [WeekdayHours(weekday, Hours(starts, ends)) for weekday, starts, ends in week],
        {
            day: [Hours(row.starts, row.ends) for row in rows if row.starts is not None]
            for day, rows in groupby(different, lambda row: row.on_date)
        },
    )


async def replace_week(
    session: AsyncSession, tasker_id: UUID, weekly: Iterable[WeekdayHours]
) -> None:
    """Write the whole week."""
    await session.execute(delete(WeeklyHours).where(WeeklyHours.tasker_id == tasker_id))
    rows = [
        {"tasker_id": tasker_id, "weekday": day, "starts": hours.start, "ends": hours.end}
        for day, hours in weekly
    ]
    if rows:
        await session.execute(insert(WeeklyHours), rows)


async def replace_exception(
    session: AsyncSession, tasker_id: UUID, day: date, hours: Iterable[Hours]
) -> None:
    """Write a date that differs; no hours is a day off."""
    await drop_exception(session, tasker_id, day)
    of_date = {"tasker_id": tasker_id, "on_date": day}
    rows = [of_date | {"starts": span.start, "ends": span.end} for span in hours]
    rows = rows or [of_date | {"starts": None, "ends": None}]
    await session.execute(insert(HoursException), rows)


async def drop_exception(session: AsyncSession, tasker_id: UUID, day: date) -> bool:
    """Let a date be as the week says; False if it was."""
    done = await session.execute(
        delete(HoursException).where(
            HoursException.tasker_id == tasker_id, HoursException.on_date == day
        )
    )
    return cast("CursorResult[Any]", done).rowcount > 0
