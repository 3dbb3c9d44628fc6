"""Append: events written with the change they tell of, numbered without gaps per recipient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import text

from notifications.messages import Wire, check_event
from notifications.push import push_until
from service.db.direct import Prepared, Transaction, number_array, uuid_array
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


# Takes the next numbers of each recipient, locking the counters in the order of the given ids, and
# writes all rows with them: `back` is how far a number lies behind its recipient's newest. The
# data travels as one JSON array: escaping each document for a text[] took psycopg ten times as long
# as everything else here.
APPEND = Prepared(
    text(
        """
        WITH numbered AS (
            INSERT INTO event_counters AS c (recipient_id, last_n)
            SELECT * FROM unnest(CAST(:people AS uuid[]), CAST(:counts AS bigint[]))
            ON CONFLICT (recipient_id) DO UPDATE SET last_n = c.last_n + excluded.last_n
            RETURNING recipient_id, last_n
        ), told AS (
            INSERT INTO events (recipient_id, n, market_id, type, data, at)
            SELECT recipient_id, numbered.last_n - t.back, market_id, type, data,
                   CAST(:now AS timestamptz)
            FROM ROWS FROM (
                unnest(CAST(:recipients AS uuid[]), CAST(:backs AS bigint[]),
                       CAST(:markets AS smallint[]), CAST(:types AS text[])),
                jsonb_array_elements(CAST(:data AS jsonb))
            ) AS t(recipient_id, back, market_id, type, data)
            JOIN numbered USING (recipient_id)
        )
        SELECT recipient_id, last_n FROM numbered
        """
    )
)


async def announce(
    session: Transaction, announcements: Iterable[Announcement], *, now: datetime
) -> list[int]:
    """Write the events and return their numbers, in the order given; the relay is woken after the
    commit.

    Each recipient's events are numbered in the order given. One statement, whatever the number of
    events, and a second where some of them are pushed to people who are away. It locks the
    recipients' counters until the end of the transaction, so it comes last in an operation;
    thousands of recipients are told in several transactions. Raises KeyError or TypeError for data
    that is not of its type.
    """
    told = list(announcements)
    if not told:
        return []
    data = [check_event(one.type, one.data) for one in told]
    people = sorted(Counter(one.recipient_id for one in told).items())
    backs = _backs(told)
    rows = await APPEND.rows(
        session,
        {
            "people": uuid_array(person for person, _ in people),
            "counts": number_array(count for _, count in people),
            "recipients": uuid_array(one.recipient_id for one in told),
            "backs": number_array(backs),
            "markets": number_array(one.market_id for one in told),
            "types": "{" + ",".join([one.type for one in told]) + "}",  # words, as was checked
            "data": f"[{','.join(data)}]",
            "now": now,
        },
    )
    newest: dict[UUID, int] = dict(cast("list[tuple[UUID, int]]", rows))
    numbers = [newest[one.recipient_id] - back for one, back in zip(told, backs, strict=True)]
    markets = {one.market_id for one in told if one.market_id is not None}
    wake(session, EVENTS_TOPIC, *(f"{MARKET_TOPIC}:{market_id}" for market_id in markets))
    await _have_pushed(session, told, numbers, now)
    return numbers


async def _have_pushed(
    session: Transaction, told: Sequence[Announcement], numbers: Sequence[int], now: datetime
) -> None:
    """Those of the events that are pushed to people who are away are so, if they subscribed."""
    due = [
        Due(one.recipient_id, n, until)
        for one, n in zip(told, numbers, strict=True)
        if (until := push_until(one.type, one.data, one.recipient_id, now)) is not None
    ]
    if due and await enqueue(session, due, now=now):
        wake(session, PUSHES_TOPIC)


def _backs(told: Sequence[Announcement]) -> list[int]:
    """How many of its recipient's come after each."""
    after: Counter[UUID] = Counter()
    backs = []
    for one in reversed(told):
        backs.append(after[one.recipient_id])
        after[one.recipient_id] += 1
    return backs[::-1]
