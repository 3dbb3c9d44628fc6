"""Statements that go to psycopg directly: in the session's transaction, with its types and
errors.
"""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import bindparam, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from geo.postgis import LonLatPoint
from service.db.constraints import sqlstate_of
from service.db.direct import Bare, Prepared
from service.db.engine import Database, open_database, wake
from service.errors import EmailTaken

PLACE = Prepared(select(bindparam("place", type_=LonLatPoint()), literal(7).label("seven")))
INSERT = Prepared(text("INSERT INTO event_counters (recipient_id, last_n) VALUES (:who, 1)"))
MADE = Prepared(text("CREATE TABLE kept AS SELECT 1 AS n"))
COUNTED = Prepared(text("SELECT count(*) FROM kept"))
DEADLOCKED = Prepared(
    text("DO $$ BEGIN RAISE EXCEPTION 'so' USING ERRCODE = 'deadlock_detected'; END $$")
)
NOBODY = "00000000-0000-0000-0000-000000000001"


async def test_values_go_in_and_come_out_as_their_types(database: Database) -> None:
    async def ask(session: AsyncSession) -> list[tuple[object, ...]]:
        return await PLACE.rows(session, {"place": LonLat(-0.05, 51.5)})

    assert await database.run(ask) == [(LonLat(-0.05, 51.5), 7)]


async def test_what_was_written_is_undone_with_the_transaction(
    database: Database, connection: psycopg.Connection
) -> None:
    async def write(session: AsyncSession) -> None:
        await session.execute(text("CREATE TABLE kept (n int)"))
        await Prepared(text("INSERT INTO kept VALUES (:n)")).rows(session, {"n": 1})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(write)
    assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)


async def test_a_broken_constraint_is_the_error_that_the_session_would_raise(
    database: Database,
) -> None:
    with pytest.raises(DBAPIError) as raised:
        await database.run(INSERT.rows, {"who": NOBODY})
    assert sqlstate_of(raised.value) == "23503"


async def test_connections_that_were_lost_together_are_dropped_together(
    database: Database, connection: psycopg.Connection
) -> None:
    async def ask(session: AsyncSession) -> None:
        await PLACE.rows(session, {"place": LonLat(0.0, 0.0)})

    async def ask_twice_at_once(session: AsyncSession) -> None:
        await ask(session)
        await database.run(ask)

    await database.run(ask_twice_at_once)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(DBAPIError) as raised:
        await database.run(ask)
    assert raised.value.connection_invalidated
    await database.run(ask_twice_at_once)


async def test_without_a_session_values_are_as_with_one(database: Database) -> None:
    place = {"place": LonLat(-0.05, 51.5)}
    assert await database.run_bare(PLACE.rows, place) == [(LonLat(-0.05, 51.5), 7)]
    assert await database.run_single(PLACE.rows, place) == [(LonLat(-0.05, 51.5), 7)]


async def test_without_a_session_what_was_written_is_undone_with_the_transaction(
    database: Database, connection: psycopg.Connection
) -> None:
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append

    async def write(bare: Bare) -> None:
        await MADE.rows(bare, {})
        wake(bare, "events")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run_bare(write)
    assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    assert woken == []


async def test_without_a_session_who_is_to_be_woken_is_woken_after_the_commit(
    database: Database,
) -> None:
    seen: list[object] = []

    async def write(bare: Bare) -> None:
        await MADE.rows(bare, {})
        wake(bare, "events")
        seen.append("written")

    database.on_wake = seen.append
    await database.run_bare(write)
    assert seen == ["written", frozenset({"events"})]
    assert await database.run_bare(COUNTED.value, {}) == 1


async def test_a_connection_that_one_statement_had_alone_has_transactions_again(
    database: Database, connection: psycopg.Connection
) -> None:
    async def fail(bare: Bare) -> None:
        await MADE.rows(bare, {})
        raise ZeroDivisionError

    await database.run_single(PLACE.rows, {"place": LonLat(0.0, 0.0)})
    with pytest.raises(DBAPIError):
        await database.run_single(INSERT.rows, {"who": NOBODY})
    with pytest.raises(ZeroDivisionError):
        await database.run_bare(fail)
    assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)


async def test_a_database_of_single_statements_stays_one(
    database_url: str, connection: psycopg.Connection
) -> None:
    async def fail(bare: Bare) -> None:
        await MADE.rows(bare, {})
        raise ZeroDivisionError

    async with open_database(database_url, pool=1, singly=True) as database:
        await database.run_single(PLACE.rows, {"place": LonLat(0.0, 0.0)})
        with pytest.raises(ZeroDivisionError):
            await database.run_bare(fail)
    assert connection.execute("SELECT to_regclass('kept')").fetchone() == ("kept",)


async def test_a_constraint_broken_without_a_session_means_the_same_refusal(
    database: Database,
) -> None:
    account = Prepared(
        text(
            "INSERT INTO accounts (id, email, password_hash, name, is_client, is_tasker,"
            " created_at) VALUES (gen_random_uuid(), 'a@b.example', '!', '', true, false, now())"
        )
    )
    await database.run_single(account.rows, {})
    with pytest.raises(EmailTaken):
        await database.run_bare(account.rows, {})


async def test_without_a_session_connections_lost_together_are_dropped_together(
    database: Database, connection: psycopg.Connection
) -> None:
    async def ask_twice_at_once(bare: Bare) -> None:
        await PLACE.rows(bare, {"place": LonLat(0.0, 0.0)})
        await database.run_bare(PLACE.rows, {"place": LonLat(0.0, 0.0)})

    await database.run_bare(ask_twice_at_once)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(DBAPIError) as raised:
        await database.run_bare(ask_twice_at_once)
    assert raised.value.connection_invalidated
    await database.run_bare(ask_twice_at_once)
    await database.run_single(PLACE.rows, {"place": LonLat(0.0, 0.0)})


async def test_a_deadlock_without_a_session_is_tried_once_more(database: Database) -> None:
    tries: list[int] = []

    async def fail_once(bare: Bare) -> int:
        tries.append(len(tries))
        if len(tries) == 1:
            await DEADLOCKED.rows(bare, {})
        return len(tries)

    assert await database.run_bare(fail_once) == 2
