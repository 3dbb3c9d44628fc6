"""When a client wants a chore done: now, later today, or on another day, in wall-clock time."""

from datetime import UTC, datetime, time, timedelta

import numpy as np

from seed_data.city import City

Window = tuple[datetime, datetime]

MORNING, EVENING = time(8), time(21)
HALF_HOUR = timedelta(minutes=30)
AHEAD = timedelta(hours=1)
PARTS_OF_DAY = ((8, 12), (12, 16), (16, 20), (9, 18))
NEXT_DAYS = 14


def draw_window(
    city: City, posted_at: datetime, minutes: int, rng: np.random.Generator
) -> Window | None:
    """None for now, else a half-open window in UTC that is at least as long as the chore.

    Who posts too late for today gets a part of the next day.
    """
    shares = city.windows
    wanted = rng.random()
    if wanted < shares.now:
        return None
    if wanted < shares.now + shares.today:
        slack = timedelta(minutes=30 * int(rng.integers(2, 7)))
        if window := _today(city, posted_at, timedelta(minutes=minutes) + slack):
            return window
        return _on_day(city, posted_at, 1, minutes, rng)
    days = min(int(rng.geometric(0.28)), NEXT_DAYS)
    return _on_day(city, posted_at, days, minutes, rng)


def _today(city: City, posted_at: datetime, length: timedelta) -> Window | None:
    """From about an hour on, on the half hour, if it ends by the evening; never by night."""
    zone = city.market.zone
    local = posted_at.astimezone(zone)
    midnight = datetime.combine(local.date(), time(), zone)
    waited = local.replace(tzinfo=None) + AHEAD - midnight.replace(tzinfo=None)
    start = midnight + -(-waited // HALF_HOUR) * HALF_HOUR
    start = max(start, datetime.combine(local.date(), MORNING, zone))
    end = start + length
    if end.date() > local.date() or end.time() > EVENING:
        return None
    return _in_utc(start, end)


def _on_day(
    city: City, posted_at: datetime, days: int, minutes: int, rng: np.random.Generator
) -> Window:
    """A part of a later day: morning, afternoon, evening, or all of it where the chore is long."""
    zone = city.market.zone
    day = posted_at.astimezone(zone).date() + timedelta(days=days)
    first, last = PARTS_OF_DAY[int(rng.integers(0, len(PARTS_OF_DAY)))]
    if (last - first) * 60 < minutes:
        first = 8
    start = datetime.combine(day, time(first), zone)
    end = max(datetime.combine(day, time(last), zone), start + timedelta(minutes=minutes))
    return _in_utc(start, end)


def _in_utc(start: datetime, end: datetime) -> Window:
    return start.astimezone(UTC), end.astimezone(UTC)
