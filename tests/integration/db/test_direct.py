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
from service.db.direct import Prepared
from service.db.engine import Database

PLACE = Prepared(select(bindparam("place", type_=LonLatPoint()), literal(7).label("seven")))
INSERT = Prepared(text("INSERT INTO event_counters (recipient_id, last_n) VALUES (:who, 1)"))
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
