"""The stream's SQL: claiming, reading, marking and sweeping event rows, and where people and
devices stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.effects import Position
from notifications.frames import StoredEvent
from service.db.direct import Prepared, Transaction, number_array, uuid_array


class Range(NamedTuple):
    """The events of a person with numbers in (after, n]."""

    person_id: UUID
    after: int
    n: int


class Standing(NamedTuple):
    """A device of a person and the number it has acknowledged."""

    person_id: UUID
    device: str
    n: int


# Unrelayed rows, oldest first, those that nobody else is claiming. Losing this commit in a crash
# only relays them again, so it does not wait for the disk.
CLAIM = Prepared(
    text(
        """
    WITH due AS (
        SELECT recipient_id, n FROM events,
               (SELECT set_config('synchronous_commit', 'off', true)) AS soon
        WHERE relayed_at IS NULL ORDER BY at LIMIT :most FOR NO KEY UPDATE OF events SKIP LOCKED
    )
    UPDATE events AS e SET relayed_at = :now FROM due
    WHERE e.recipient_id = due.recipient_id AND e.n = due.n
    RETURNING e.recipient_id, e.n, e.type, e.at, CAST(e.data AS text)
    """
    )
)

# The next rows of each of many people after the number each was sent, in order.
READ = Prepared(
    text(
        """
    SELECT e.recipient_id, e.n, e.type, e.at, CAST(e.data AS text)
    FROM unnest(CAST(:people AS uuid[]), CAST(:afters AS bigint[])) AS w(person_id, after)
    CROSS JOIN LATERAL (
        SELECT * FROM events WHERE recipient_id = w.person_id AND n > w.after ORDER BY n LIMIT :most
    ) AS e
    """
    )
)

# The newest number, the oldest kept, and the device's own.
LOCATE = Prepared(
    text(
        """
    SELECT coalesce(c.last_n, 0) AS last,
           (SELECT min(n) FROM events WHERE recipient_id = :person) AS oldest,
           (SELECT acked_n FROM devices
            WHERE account_id = :person AND device = :device) AS device_n
    FROM (SELECT 1) AS always LEFT JOIN event_counters AS c ON c.recipient_id = :person
    """
    )
)

# The newest numbers of those among many people who have newer ones than are known of.
NEWER = Prepared(
    text(
        """
    SELECT c.recipient_id, c.last_n
    FROM unnest(CAST(:people AS uuid[]), CAST(:known AS bigint[])) AS w(person_id, known)
    JOIN event_counters AS c ON c.recipient_id = w.person_id AND c.last_n > w.known
    """
    )
)

# Login sessions among these that no longer stand, or whose account does not; one that expired is
# not there any more.
ENDED = Prepared(
    text(
        """
    SELECT w.id FROM unnest(CAST(:sessions AS uuid[])) AS w(id)
    WHERE NOT EXISTS (
        SELECT FROM login_sessions AS s JOIN accounts AS a ON a.id = s.account_id
        WHERE s.id = w.id AND s.revoked_at IS NULL AND a.suspended_at IS NULL
    )
    """
    )
)

# Rows are locked in the order of their key, so that two nodes marking one person's rows take turns.
MARK_ACKED = Prepared(
    text(
        """
    UPDATE events AS e SET acked_at = :now, delivered_at = coalesce(e.delivered_at, :now)
    FROM (
        SELECT e.recipient_id, e.n
        FROM unnest(CAST(:people AS uuid[]), CAST(:afters AS bigint[]), CAST(:numbers AS bigint[]))
             AS w(person_id, after, n)
        JOIN events AS e ON e.recipient_id = w.person_id AND e.n > w.after AND e.n <= w.n
        WHERE e.acked_at IS NULL ORDER BY e.recipient_id, e.n FOR NO KEY UPDATE OF e
    ) AS marked
    WHERE e.recipient_id = marked.recipient_id AND e.n = marked.n
    """
    )
)
MARK_DELIVERED = Prepared(
    text(
        """
    UPDATE events AS e SET delivered_at = :now
    FROM (
        SELECT e.recipient_id, e.n
        FROM unnest(CAST(:people AS uuid[]), CAST(:afters AS bigint[]), CAST(:numbers AS bigint[]))
             AS w(person_id, after, n)
        JOIN events AS e ON e.recipient_id = w.person_id AND e.n > w.after AND e.n <= w.n
        WHERE e.delivered_at IS NULL ORDER BY e.recipient_id, e.n FOR NO KEY UPDATE OF e
    ) AS marked
    WHERE e.recipient_id = marked.recipient_id AND e.n = marked.n
    """
    )
)

# A device never goes back: an old ack that arrives late changes nothing.
MOVE_DEVICES = Prepared(
    text(
        """
    INSERT INTO devices AS d (account_id, device, acked_n, seen_at)
    SELECT person_id, device, n, CAST(:now AS timestamptz)
    FROM unnest(CAST(:people AS uuid[]), CAST(:devices AS text[]), CAST(:numbers AS bigint[]))
         AS w(person_id, device, n)
    ORDER BY person_id, device
    ON CONFLICT (account_id, device) DO UPDATE
    SET acked_n = greatest(d.acked_n, excluded.acked_n), seen_at = excluded.seen_at
    """
    )
)

# Events past their retention, a bounded number at a time; what somebody is marking is left for the
# next time.
SWEEP_EVENTS = text(
    """
    DELETE FROM events AS e USING (
        SELECT recipient_id, n FROM events WHERE at < :before
        ORDER BY at LIMIT :most FOR UPDATE SKIP LOCKED
    ) AS old
    WHERE e.recipient_id = old.recipient_id AND e.n = old.n
    RETURNING 1
    """
)
SWEEP_TICKETS = text("DELETE FROM stream_tickets WHERE expires_at < :before")


async def claim(session: Transaction, *, now: datetime, most: int) -> dict[UUID, list[StoredEvent]]:
    """Claim unrelayed rows: each recipient's, in order of number."""
    return _by_person(await CLAIM.rows(session, {"now": now, "most": most}))


async def read_after(
    session: Transaction, *, wanted: Mapping[UUID, int], most: int
) -> dict[UUID, list[StoredEvent]]:
    """The next `most` rows of each person after the number given."""
    people, afters = uuid_array(wanted), number_array(wanted.values())
    given = {"people": people, "afters": afters, "most": most}
    return _by_person(await READ.rows(session, given))


async def locate(session: Transaction, *, person_id: UUID, device: str) -> Position:
    """Where a person and one of their devices stand."""
    ((last, oldest, device_n),) = await LOCATE.rows(
        session, {"person": person_id, "device": device}
    )
    return Position(last, last + 1 if oldest is None else oldest, device_n)


async def newer(session: Transaction, *, known: Mapping[UUID, int]) -> dict[UUID, int]:
    """The newest numbers of those who have newer events than the number given with them."""
    people = {"people": uuid_array(known), "known": number_array(known.values())}
    return dict(cast("list[tuple[UUID, int]]", await NEWER.rows(session, people)))


async def ended_sessions(session: Transaction, *, sessions: Iterable[UUID]) -> set[UUID]:
    """Those login sessions that were signed out, have expired or whose account is suspended."""
    return {ended for (ended,) in await ENDED.rows(session, {"sessions": uuid_array(sessions)})}


async def mark(
    session: Transaction,
    *,
    delivered: Iterable[Range],
    acked: Iterable[Range],
    devices: Iterable[Standing],
    now: datetime,
) -> None:
    """Write down what was delivered and acknowledged, and where devices stand."""
    for statement, ranges in ((MARK_ACKED, acked), (MARK_DELIVERED, delivered)):
        if columns := _columns(ranges):
            marked = {
                "people": uuid_array(columns[0]),
                "afters": number_array(columns[1]),
                "numbers": number_array(columns[2]),
            }
            await statement.rows(session, marked | {"now": now})
    if columns := _columns(devices):
        moved = {
            "people": uuid_array(columns[0]),
            "devices": columns[1],
            "numbers": number_array(columns[2]),
        }
        await MOVE_DEVICES.rows(session, moved | {"now": now})


async def sweep(session: AsyncSession, *, before: datetime, now: datetime, most: int) -> int:
    """Delete at most `most` events older than `before`, and expired tickets; returns how many
    events.
    """
    await session.execute(SWEEP_TICKETS, {"before": now})
    swept = await session.execute(SWEEP_EVENTS, {"before": before, "most": most})
    return len(swept.all())


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _by_person(rows: Iterable[Sequence[object]]) -> dict[UUID, list[StoredEvent]]:
    people: dict[UUID, list[StoredEvent]] = {}
    for person, *event in rows:
        people.setdefault(person, []).append(StoredEvent(*event))  # type: ignore[arg-type]
    for events in people.values():
        events.sort()
    return people
