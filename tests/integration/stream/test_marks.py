"""What the stream writes and reads besides events: claims, marks, devices, tickets, retention."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from notifications.effects import Position
from notifications.messages import ChoreExpired
from service.db.engine import Database
from service.events.append import Announcement, announce
from service.stream import queries
from service.stream.recorder import Recorder
from service.stream.tickets import issue_ticket, redeem_ticket
from tests.support.scene import MONDAY_NOON, Person, make_client

LATER = MONDAY_NOON + timedelta(seconds=31)


async def told(database: Database, count: int) -> Person:
    """Somebody with so many events."""
    person = await database.run(make_client)
    data = ChoreExpired(chore_id=UUID(int=1))
    events = [Announcement(person.id, None, "chore.expired", data)] * count
    await database.run(announce, events, now=MONDAY_NOON)
    return person


def marks(connection: psycopg.Connection, person: Person) -> list[tuple[int, bool, bool]]:
    """Each event's number, and whether it was delivered and acknowledged."""
    return connection.execute(
        "SELECT n, delivered_at IS NOT NULL, acked_at IS NOT NULL FROM events"
        " WHERE recipient_id = %s ORDER BY n",
        [person.id],
    ).fetchall()


async def test_two_relays_claim_every_row_once(database: Database) -> None:
    people = [await told(database, 40) for _ in range(3)]
    batches = await asyncio.gather(
        *(database.run(queries.claim, now=MONDAY_NOON, most=10) for _ in range(12))
    )
    claimed = [
        (who, event.n) for batch in batches for who, events in batch.items() for event in events
    ]
    assert sorted(claimed) == sorted((who.id, n) for who in people for n in range(1, 41))
    assert await database.run(queries.claim, now=MONDAY_NOON, most=10) == {}


async def test_a_claim_gives_each_persons_rows_in_order(database: Database) -> None:
    ada = await told(database, 30)
    claimed = await database.run(queries.claim, now=MONDAY_NOON, most=100)
    assert [event.n for event in claimed[ada.id]] == list(range(1, 31))
    assert claimed[ada.id][0].at == MONDAY_NOON


async def test_many_people_are_read_at_once_each_from_where_they_stand(database: Database) -> None:
    ada, bob = await told(database, 5), await told(database, 9)
    found = await database.run(queries.read_after, wanted={ada.id: 3, bob.id: 0}, most=4)
    assert [event.n for event in found[ada.id]] == [4, 5]
    assert [event.n for event in found[bob.id]] == [1, 2, 3, 4]


async def test_a_recorder_writes_what_was_delivered_and_acknowledged(
    database: Database, connection: psycopg.Connection
) -> None:
    ada = await told(database, 5)
    recorder = Recorder()
    for n in range(1, 5):
        recorder.delivered(ada.id, "line", n - 1, n)
    recorder.acked(ada.id, "phone", 0, 1)
    recorder.acked(ada.id, "phone", 1, 2)
    await recorder.flush(database, LATER)
    assert marks(connection, ada) == [
        (1, True, True), (2, True, True), (3, True, False), (4, True, False), (5, False, False),
    ]  # fmt: skip
    where = await database.run(queries.locate, person_id=ada.id, device="phone")
    assert where == Position(last=5, oldest=1, device_n=2)


async def test_ranges_that_do_not_follow_each_other_are_marked_apart(
    database: Database, connection: psycopg.Connection
) -> None:
    ada = await told(database, 5)
    recorder = Recorder()
    recorder.delivered(ada.id, "line", 0, 1)
    recorder.delivered(ada.id, "line", 3, 4)
    await recorder.flush(database, LATER)
    assert [n for n, delivered, _ in marks(connection, ada) if delivered] == [1, 4]


async def test_a_delivery_waits_for_its_acknowledgement_and_not_for_ever(
    database: Database, connection: psycopg.Connection
) -> None:
    ada, bob = await told(database, 3), await told(database, 2)
    recorder = Recorder(hold=2)
    for person in (ada, bob):
        recorder.delivered(person.id, "phone", 0, 2)
    await recorder.flush(database, LATER)
    assert not any(delivered for _, delivered, _ in marks(connection, ada))
    recorder.acked(ada.id, "phone", 0, 1)
    recorder.acked(bob.id, "phone", 0, 2)
    recorder.delivered(ada.id, "phone", 2, 3)
    await recorder.flush(database, LATER)
    assert marks(connection, ada) == [(1, True, True), (2, False, False), (3, False, False)]
    assert marks(connection, bob) == [(1, True, True), (2, True, True)]
    await recorder.flush(database, LATER)
    assert marks(connection, ada) == [(1, True, True), (2, True, False), (3, True, False)]


async def test_at_the_end_nothing_is_held_back(
    database: Database, connection: psycopg.Connection
) -> None:
    ada = await told(database, 1)
    recorder = Recorder(hold=9)
    recorder.delivered(ada.id, "phone", 0, 1)
    await recorder.flush(database, LATER, at_end=True)
    assert marks(connection, ada) == [(1, True, False)]


async def test_marks_that_could_not_be_written_are_written_the_next_time(
    database: Database, connection: psycopg.Connection
) -> None:
    ada = await told(database, 2)
    recorder = Recorder()
    recorder.acked(ada.id, "phone", 0, 2)
    connection.execute("ALTER TABLE devices RENAME TO away")
    with pytest.raises(ProgrammingError, match="devices"):
        await recorder.flush(database, LATER)
    connection.execute("ALTER TABLE away RENAME TO devices")
    await recorder.flush(database, LATER)
    assert [acked for _, _, acked in marks(connection, ada)] == [True, True]
    assert (await database.run(queries.locate, person_id=ada.id, device="phone")).device_n == 2


async def test_a_device_never_goes_back(database: Database) -> None:
    ada = await told(database, 9)
    for n in (5, 3):
        recorder = Recorder()
        recorder.acked(ada.id, "phone", n, n)
        await recorder.flush(database, LATER)
    assert (await database.run(queries.locate, person_id=ada.id, device="phone")).device_n == 5


async def test_two_nodes_marking_the_same_events_take_turns(
    database: Database, connection: psycopg.Connection
) -> None:
    ada, bob = await told(database, 200), await told(database, 200)

    async def mark(device: str, first: Person, second: Person) -> None:
        for n in range(0, 200, 10):
            recorder = Recorder()
            for person in (first, second):
                recorder.delivered(person.id, device, n, n + 10)
                recorder.acked(person.id, device, n, n + 10)
            await recorder.flush(database, LATER)

    await asyncio.gather(mark("phone", ada, bob), mark("laptop", bob, ada))
    assert all(acked for person in (ada, bob) for _, _, acked in marks(connection, person))


async def test_somebody_without_events_stands_at_zero(database: Database) -> None:
    ada = await told(database, 0)
    where = await database.run(queries.locate, person_id=ada.id, device="phone")
    assert where == Position(last=0, oldest=1, device_n=None)


async def test_old_events_are_swept_and_their_numbers_remembered(database: Database) -> None:
    ada = await told(database, 7)

    async def swept(before: datetime) -> int:
        return await database.run(queries.sweep, before=before, now=LATER, most=5)

    assert await swept(MONDAY_NOON) == 0
    assert [await swept(LATER) for _ in range(3)] == [5, 2, 0]
    where = await database.run(queries.locate, person_id=ada.id, device="phone")
    assert where == Position(last=7, oldest=8, device_n=None)


async def test_of_many_who_use_a_ticket_at_once_one_gets_in(database: Database) -> None:
    ada = await told(database, 3)
    ids = {"account_id": ada.id, "session_id": ada.session_id}
    await database.run(issue_ticket, ticket="t", now=MONDAY_NOON, **ids)
    tries = [database.run(redeem_ticket, ticket="t", now=MONDAY_NOON) for _ in range(10)]
    opened = [one for one in await asyncio.gather(*tries) if one is not None]
    assert opened == [(ada.id, ada.session_id, 3)]


async def test_a_ticket_ends_after_thirty_seconds_and_with_its_session(
    database: Database, connection: psycopg.Connection
) -> None:
    ada = await told(database, 0)
    ids = {"account_id": ada.id, "session_id": ada.session_id}
    for name in ("late", "revoked"):
        await database.run(issue_ticket, ticket=name, now=MONDAY_NOON, **ids)
    assert await database.run(redeem_ticket, ticket="late", now=LATER) is None
    connection.execute("UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'out'")
    assert await database.run(redeem_ticket, ticket="revoked", now=MONDAY_NOON) is None


async def test_only_the_hash_of_a_ticket_is_kept(
    database: Database, connection: psycopg.Connection
) -> None:
    ada = await told(database, 0)
    ids = {"account_id": ada.id, "session_id": ada.session_id}
    await database.run(issue_ticket, ticket="secret", now=MONDAY_NOON, **ids)
    [(kept,)] = connection.execute("SELECT token_hash FROM stream_tickets").fetchall()
    assert b"secret" not in bytes(kept)
    assert len(kept) == 32


async def test_a_claim_uses_the_index_of_unrelayed_rows(
    database: Database, connection: psycopg.Connection
) -> None:
    await told(database, 500)
    await database.run(queries.claim, now=MONDAY_NOON, most=1000)
    connection.execute("ANALYZE events")
    plan = connection.execute(
        "EXPLAIN SELECT recipient_id, n FROM events WHERE relayed_at IS NULL"
        " ORDER BY at LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED"
    ).fetchall()
    assert any("ix_events_unrelayed" in line for (line,) in plan)


async def test_a_login_has_ended_when_signed_out_suspended_or_gone(
    database: Database, connection: psycopg.Connection
) -> None:
    stands, signed_out, suspended, gone = [await database.run(make_client) for _ in range(4)]
    connection.execute(
        "UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'out' WHERE id = %s",
        [signed_out.session_id],
    )
    connection.execute(
        "UPDATE accounts SET suspended_at = now(), suspended_reason = 'spam' WHERE id = %s",
        [suspended.id],
    )
    connection.execute("DELETE FROM login_sessions WHERE id = %s", [gone.session_id])
    people = (stands, signed_out, suspended, gone)
    sessions = [person.session_id for person in people]
    ended = await database.run(queries.ended_sessions, sessions=sessions)
    assert ended == {person.session_id for person in people if person is not stands}
