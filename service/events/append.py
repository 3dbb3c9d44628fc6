"""Append: events written with the change they tell of, numbered without gaps per recipient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.messages import Wire, check_event
from notifications.push import push_until
from service.db.engine import wake
from service.push.queries import Due, enqueue

EVENTS_TOPIC = "events"
"""Woken after the commit: there are rows that nobody has relayed."""
MARKET_TOPIC = "market"
"""Woken after the commit: `market:<id>`, something happened there that somebody was told of."""
PUSHES_TOPIC = "pushes"
"""Woken after the commit: somebody is to be pushed something, at once or in a moment."""


class Announcement(NamedTuple):
    """One event for one person. `data` is the model that `notifications.messages.EVENTS` holds for
    `type`.
    """

    recipient_id: UUID
    market_id: int | None
    type: str
    data: Wire


# Takes the next numbers of each recipient; locks the counters in the order of the given ids.
NUMBER = text(
    """
    INSERT INTO event_counters AS c (recipient_id, last_n)
    SELECT * FROM unnest(CAST(:recipients AS uuid[]), CAST(:counts AS bigint[]))
    ON CONFLICT (recipient_id) DO UPDATE SET last_n = c.last_n + excluded.last_n
    RETURNING recipient_id, last_n
    """
)

# Writes all rows of one announcement at once. The data travels as one JSON array: escaping each
# document for a text[] took psycopg ten times as long as everything else here.
APPEND = text(
    """
    INSERT INTO events (recipient_id, n, market_id, type, data, at)
    SELECT recipient_id, n, market_id, type, data, CAST(:now AS timestamptz)
    FROM ROWS FROM (
        unnest(CAST(:recipients AS uuid[]), CAST(:numbers AS bigint[]),
               CAST(:markets AS smallint[]), CAST(:types AS text[])),
        jsonb_array_elements(CAST(:data AS jsonb))
    ) AS t(recipient_id, n, market_id, type, data)
    """
)


async def announce(
    session: AsyncSession, announcements: Iterable[Announcement], *, now: datetime
) -> list[int]:
    """Write the events and return their numbers, in the order given; the relay is woken after the
    commit.

    Each recipient's events are numbered in the order given. Two statements, whatever the number of
    events, and a third where some of them are pushed to people who are away. It locks the
    recipients' counters until the end of the transaction, so it comes last in an operation;
    thousands of recipients are told in several transactions. Raises KeyError or TypeError for data
    that is not of its type.
    """
    told = list(announcements)
    if not told:
        return []
    data = [check_event(one.type, one.data) for one in told]
    numbers = await _take_numbers(session, told)
    await session.execute(
        APPEND,
        {
            "recipients": [one.recipient_id for one in told],
            "numbers": numbers,
            "markets": [one.market_id for one in told],
            "types": [one.type for one in told],
            "data": f"[{','.join(data)}]",
            "now": now,
        },
    )
    markets = {one.market_id for one in told if one.market_id is not None}
    wake(session, EVENTS_TOPIC, *(f"{MARKET_TOPIC}:{market_id}" for market_id in markets))
    await _have_pushed(session, told, numbers, now)
    return numbers


async def _have_pushed(
    session: AsyncSession, told: Sequence[Announcement], numbers: Sequence[int], now: datetime
) -> None:
    """Those of the events that are pushed to people who are away are so, if they subscribed."""
    due = [
        Due(one.recipient_id, n, until)
        for one, n in zip(told, numbers, strict=True)
        if (until := push_until(one.type, one.data, one.recipient_id, now)) is not None
    ]
    if due and await enqueue(session, due, now=now):
        wake(session, PUSHES_TOPIC)


async def _take_numbers(session: AsyncSession, told: Sequence[Announcement]) -> list[int]:
    """A number for each announcement, from its recipient's counter."""
    wanted = sorted(Counter(one.recipient_id for one in told).items())
    rows = await session.execute(
        NUMBER, {"recipients": [r for r, _ in wanted], "counts": [c for _, c in wanted]}
    )
    counts = dict(wanted)
    following = {recipient: last - counts[recipient] for recipient, last in rows.all()}
    numbers = []
    for one in told:
        following[one.recipient_id] += 1
        numbers.append(following[one.recipient_id])
    return numbers
