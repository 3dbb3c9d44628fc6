"""Single values of a row: text -> number, place, time, hours; each refused with its reason."""

import math
import re
from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import TypeVar, cast

from geo.points import BadPoint, LonLat, lonlat
from matching.availability import Hours, WeeklyHours
from seed_data.folder.faults import BadValue

T = TypeVar("T", bound=str)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_TEXT = 2_000
HIGHEST_RATE = 10_000_000
SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,58}[a-z0-9])?")
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


def text(row: Mapping[str, str], column: str, most: int = 200) -> str:
    """A cell that must say something, at most so many characters. Raises BadValue."""
    value = row[column].strip()
    if not value:
        raise BadValue("missing_value", f"{column} is empty")
    if len(value) > most:
        raise BadValue(
            "too_long", f"{column} has {len(value)} characters; at most {most} are taken"
        )
    if _UNWRITABLE.search(value):
        raise BadValue("bad_text", f"{column} {value!r} holds a character that is none")
    return value


def slug(row: Mapping[str, str], column: str) -> str:
    """A short name for addresses: lower case, digits and dashes. Raises BadValue."""
    value = text(row, column)
    if not SLUG.fullmatch(value):
        raise BadValue("bad_slug", f"{column} {value!r} is not of the form {SLUG.pattern}")
    return value


def name(row: Mapping[str, str], column: str) -> str:
    """A tasker's id in lower case: it becomes the first part of an address. Raises BadValue."""
    value = text(row, column).lower()
    if not _NAME.fullmatch(value):
        raise BadValue("bad_id", f"{column} {value!r} is not of the form {_NAME.pattern}")
    return value


def number(row: Mapping[str, str], column: str, low: float, high: float) -> float:
    """A finite decimal number within [low, high]. Raises BadValue."""
    value = text(row, column)
    try:
        parsed = float(value)
    except ValueError:
        raise BadValue("not_a_number", f"{column} {value!r} is not a number") from None
    if not math.isfinite(parsed):
        raise BadValue("not_finite", f"{column} is {value}")
    if not low <= parsed <= high:
        raise BadValue("out_of_range", f"{column} {value} is not within {low:g} to {high:g}")
    return parsed


def integer(row: Mapping[str, str], column: str, low: int, high: int) -> int:
    """A whole number within [low, high]. Raises BadValue."""
    parsed = number(row, column, low, high)
    if not parsed.is_integer():
        raise BadValue("not_a_number", f"{column} {row[column]} is not a whole number")
    return int(parsed)


def rate(row: Mapping[str, str], column: str, most: int = HIGHEST_RATE, least: int = 1) -> int:
    """An hourly rate in minor units, 10,000,000 at most. Raises BadValue `bad_rate`."""
    try:
        return integer(row, column, least, min(most, HIGHEST_RATE))
    except BadValue as bad:
        raise BadValue("bad_rate", str(bad)) from None


def optional_integer(row: Mapping[str, str], column: str, low: int, high: int, default: int) -> int:
    """A whole number, or the default where the column is missing or empty. Raises BadValue."""
    return integer(row, column, low, high) if row.get(column, "").strip() else default


def choice(row: Mapping[str, str], column: str, allowed: Collection[T], reason: str) -> T:
    """One of a few words. Raises BadValue with `reason`."""
    value = text(row, column)
    if value not in allowed:
        known = ", ".join(sorted(allowed)[:12])
        raise BadValue(reason, f"{column} {value!r} is none of: {known}")
    return cast("T", value)


def place(row: Mapping[str, str]) -> LonLat:
    """The place in the columns lon and lat. Raises BadValue."""
    values = [number(row, column, -1e9, 1e9) for column in ("lon", "lat")]
    try:
        return lonlat(*values)
    except BadPoint as bad:
        raise BadValue(bad.reason, str(bad)) from None


def moment(value: str) -> datetime:
    """An RFC 3339 time with its offset. Raises BadValue `bad_time`."""
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        raise BadValue("bad_time", f"{value!r} is no RFC 3339 time") from None
    if parsed.tzinfo is None:
        raise BadValue("bad_time", f"{value!r} has no offset from UTC")
    return parsed


def weekly_hours(value: str) -> tuple[WeeklyHours, ...]:
    """Hours of a week such as `mon-fri 09:00-17:30; sat 10:00-14:00 16:00-18:00`; empty for none.

    An end at or before its start lies on the next day; 24:00 is midnight. Raises BadValue
    `bad_hours`.
    """
    found: dict[tuple[int, time], WeeklyHours] = {}
    for part in filter(None, (part.strip() for part in value.split(";"))):
        days, *spans = part.split()
        for weekday in _weekdays(days):
            for hours in map(_hours, spans):
                if (weekday, hours.start) in found:
                    raise BadValue("bad_hours", f"{part!r}: two spans begin at one time")
                found[weekday, hours.start] = WeeklyHours(weekday, hours)
        if not spans:
            raise BadValue("bad_hours", f"{part!r} has days but no hours")
    return tuple(sorted(found.values()))


def _weekdays(days: str) -> range:
    first, _, last = days.lower().partition("-")
    try:
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    except ValueError:
        raise BadValue("bad_hours", f"{days!r} is no weekday (mon to sun) or range") from None
    if end < start:
        raise BadValue("bad_hours", f"{days!r} runs backwards")
    return range(start, end + 1)


def _hours(span: str) -> Hours:
    if not (match := _SPAN.fullmatch(span)):
        raise BadValue("bad_hours", f"{span!r} is not of the form 09:00-17:30")
    start_h, start_m, end_h, end_m = map(int, match.groups())
    if (end_h, end_m) == (24, 0):
        end_h = 0
    try:
        return Hours(time(start_h, start_m), time(end_h, end_m))
    except ValueError:
        raise BadValue("bad_hours", f"{span!r} is no time of day") from None


def hours_as_text(hours: tuple[WeeklyHours, ...]) -> str:
    """What `weekly_hours` reads: a part a weekday."""
    by_day: dict[int, list[str]] = {}
    for weekday, (start, end) in hours:
        by_day.setdefault(weekday, []).append(f"{start:%H:%M}-{end:%H:%M}")
    return "; ".join(f"{WEEKDAYS[day]} {' '.join(spans)}" for day, spans in sorted(by_day.items()))


def as_slug(name: str) -> str:
    """A name as a slug: `Castro/Upper Market` -> `castro-upper-market`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
