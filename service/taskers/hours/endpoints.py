"""Hours over HTTP: the week, the dates that differ, and what they come to."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query
from pydantic import BeforeValidator, Field

from matching.availability import Hours, Interval, WeeklyHours
from service.errors import HoursNotUsable, NotFound, ProfileNeeded
from service.http.access import Tasker
from service.http.documentation import refuses
from service.http.schemas import In, Out, TimeIn, UtcTime
from service.runtime import Db, Now
from service.taskers.hours import operations
from service.taskers.hours.queries import Calendar

router = APIRouter(prefix="/v1/taskers/me", tags=["taskers"])

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

WallTime = Annotated[
    str,
    Field(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="wall-clock of the market",
        examples=["09:00"],
    ),
]


def _written(day: object) -> object:
    """A bare number would be read as seconds since 1970."""
    if isinstance(day, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise ValueError("a date is written as 2026-12-25")
    return day


Day = Annotated[
    date, BeforeValidator(_written), Path(description="a date in the market's calendar")
]


class SpanIn(In):
    """Hours of a day. An end at or before the start is on the next day."""

    starts: WallTime
    ends: WallTime = Field(examples=["17:30"])

    def hours(self) -> Hours:
        """The span as matching has it."""
        return Hours(time.fromisoformat(self.starts), time.fromisoformat(self.ends))


class WeekdaySpanIn(SpanIn):
    """Hours that begin on a weekday."""

    weekday: Weekday

    def on_weekday(self) -> WeeklyHours:
        """The span with its weekday as matching has it."""
        return WeeklyHours(WEEKDAYS.index(self.weekday), self.hours())


class WeekIn(In):
    """The whole week; a day that is not named is off."""

    weekly: list[WeekdaySpanIn] = Field(max_length=70)


class DifferentDayIn(In):
    """The hours of one date, in place of the week's; none is a day off."""

    hours: list[SpanIn] = Field(max_length=10)


class SpanOut(Out):
    """Hours of a day."""

    starts: WallTime
    ends: WallTime = Field(examples=["17:30"])

    @classmethod
    def of(cls, hours: Hours) -> SpanOut:
        """The wire form."""
        return cls(starts=hours.start.strftime("%H:%M"), ends=hours.end.strftime("%H:%M"))


class WeekdaySpanOut(SpanOut):
    """Hours that begin on a weekday."""

    weekday: Weekday


class DifferentDayOut(Out):
    """A date that differs from the week."""

    day: date = Field(examples=["2026-12-25"])
    hours: list[SpanOut]


class HoursOut(Out):
    """A tasker's week and the dates that differ, from today on."""

    weekly: list[WeekdaySpanOut]
    exceptions: list[DifferentDayOut]

    @classmethod
    def of(cls, calendar: Calendar) -> HoursOut:
        """The wire form."""
        return cls(
            weekly=[
                WeekdaySpanOut(weekday=WEEKDAYS[day], **dict(SpanOut.of(hours)))
                for day, hours in calendar.weekly
            ],
            exceptions=[
                DifferentDayOut(day=day, hours=[SpanOut.of(span) for span in spans])
                for day, spans in calendar.exceptions.items()
            ],
        )


class AvailableOut(Out):
    """A stretch in which the tasker is available, in UTC and as clocks on the wall show it."""

    starts_at: UtcTime
    ends_at: UtcTime
    starts_local: str = Field(examples=["2026-10-25T00:30:00+01:00"])
    ends_local: str = Field(examples=["2026-10-25T04:00:00+00:00"])

    @classmethod
    def of(cls, stretch: Interval, zone: ZoneInfo) -> AvailableOut:
        """The wire form."""
        local_start, local_end = (at.astimezone(zone).isoformat() for at in stretch)
        return cls(
            starts_at=stretch.start,
            ends_at=stretch.end,
            starts_local=local_start,
            ends_local=local_end,
        )


class AvailabilityOut(Out):
    """What a tasker's hours come to."""

    zone: str = Field(examples=["Europe/London"])
    available: list[AvailableOut]


@router.get("/hours", responses=refuses(NotFound))
async def read_hours(caller: Tasker, db: Db, now: Now) -> HoursOut:
    """The caller's week, and the dates that differ from today on."""
    return HoursOut.of(await db.run(operations.read_calendar, tasker_id=caller.account_id, now=now))


@router.put("/hours", responses=refuses(ProfileNeeded, HoursNotUsable))
async def put_hours(body: WeekIn, caller: Tasker, db: Db, now: Now) -> HoursOut:
    """Replace the caller's weekly hours."""
    weekly = [span.on_weekday() for span in body.weekly]
    return HoursOut.of(
        await db.run(operations.put_week, tasker_id=caller.account_id, weekly=weekly, now=now)
    )


@router.put("/hours/exceptions/{day}", responses=refuses(ProfileNeeded, HoursNotUsable))
async def put_hours_exception(
    day: Day, body: DifferentDayIn, caller: Tasker, db: Db, now: Now
) -> DifferentDayOut:
    """Give one date hours of its own, or take it off."""
    hours = [span.hours() for span in body.hours]
    await db.run(
        operations.put_exception, tasker_id=caller.account_id, day=day, hours=hours, now=now
    )
    return DifferentDayOut(day=day, hours=[SpanOut.of(span) for span in sorted(hours)])


@router.delete("/hours/exceptions/{day}", status_code=204, responses=refuses(ProfileNeeded))
async def delete_hours_exception(day: Day, caller: Tasker, db: Db, now: Now) -> None:
    """Let one date be as the week says."""
    await db.run(operations.delete_exception, tasker_id=caller.account_id, day=day, now=now)


@router.get("/availability", responses=refuses(NotFound, HoursNotUsable))
async def read_availability(
    caller: Tasker,
    db: Db,
    now: Now,
    from_: Annotated[TimeIn, Query(alias="from")],
    to: Annotated[TimeIn, Query()],
) -> AvailabilityOut:
    """When the caller is available by their hours, as instants; at most 62 days at once."""
    zone, stretches = await db.run(
        operations.read_availability,
        tasker_id=caller.account_id,
        during=Interval(from_, to),
        now=now,
    )
    return AvailabilityOut(
        zone=zone, available=[AvailableOut.of(one, ZoneInfo(zone)) for one in stretches]
    )
