"""Direct: prepared statements given to psycopg itself, on the session's connection and in its
transaction, or without a session at all.

For what runs with every post, accept, round and event. An expression or a text is compiled once,
when its module is imported; its types still convert what goes in and what comes out. SQLAlchemy's
own way takes 0.5 ms of CPU a statement, 0.75 where it looks up a compiled expression; this takes
0.17 (on the busy machine of `benchmarks/README.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Executable, PoolProxiedConnection, Select, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import greenlet_spawn

CURSOR = "dibs.direct"
DIALECT = cast("Any", PGDialectAsync_psycopg)()
NOTHING = text("SELECT")

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]


class Bare:
    """A connection of the pool without SQLAlchemy's session, for operations that use nothing but
    prepared statements: 0.3 ms of CPU less a transaction.
    """

    def __init__(self, engine: AsyncEngine, borrowed: PoolProxiedConnection) -> None:
        self._engine, self._borrowed = engine, borrowed
        self._connection: psycopg.AsyncConnection[Row] = cast("Any", borrowed.driver_connection)
        self._cursor: psycopg.AsyncCursor[Row] = self._connection.cursor()
        self._single = False
        self.info: dict[str, Any] = {}

    @classmethod
    async def borrow(cls, engine: AsyncEngine, *, single: bool) -> Bare:
        """Take a connection from the pool, to be given back. `single`: every statement commits by
        itself. Raises sqlalchemy's TimeoutError where none becomes free, DBAPIError where none can
        be opened.
        """
        try:
            bare = cls(engine, await engine.raw_connection())
            if single and not bare._connection.autocommit:
                await bare._connection.set_autocommit(True)
                bare._single = True
        except psycopg.Error as error:
            raise _as_sqlalchemy("", error) from error
        return bare

    async def give_back(self) -> None:
        """Give the connection back as it was; what was not committed is undone."""
        if not self._borrowed.is_valid:
            return
        try:
            if self._single:
                await self._connection.set_autocommit(False)
        except psycopg.Error:
            await greenlet_spawn(self._borrowed.invalidate)
        else:
            await greenlet_spawn(self._borrowed.close)

    async def execute(self, statement: str, given: Mapping[str, Any]) -> psycopg.AsyncCursor[Row]:
        """Run one statement, whose rows are to be fetched before the next. Raises DBAPIError."""
        try:
            await self._cursor.execute(statement, given, prepare=True)
        except psycopg.Error as error:
            raise await self._failed(statement, error) from error
        return self._cursor

    async def commit(self) -> None:
        """Commit what is not yet. Raises DBAPIError."""
        if self._connection.autocommit:
            return
        try:
            await self._connection.commit()
        except psycopg.Error as error:
            raise await self._failed("COMMIT", error) from error

    async def _failed(self, said: str, error: psycopg.Error) -> BaseException:
        """The error as the session would raise it. Where the connection is lost, it raises that,
        and has the pool drop whatever was lost together with it.
        """
        if self._connection.closed:
            lost = Connection(self._engine.sync_engine, self._borrowed)
            await greenlet_spawn(lost.exec_driver_sql, "SELECT")
        return _as_sqlalchemy(said, error)


Transaction = AsyncSession | Bare
"""What a prepared statement runs in."""


class Prepared:
    """One statement. Values are given by the names of its parameters; those that the expression
    holds itself may be left out.
    """

    def __init__(self, statement: Executable) -> None:
        compiled: SQLCompiler = cast("Any", statement).compile(dialect=DIALECT)
        self.text = str(compiled)
        self._fixed = {n: value for n, value in compiled.params.items() if value is not None}
        self._into: dict[str, Convert] = {
            name: convert
            for name, bind in compiled.binds.items()
            if (convert := bind.type.dialect_impl(DIALECT).bind_processor(DIALECT))
        }
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._from: list[tuple[int, Convert]] = [
            (at, convert)
            for at, column in enumerate(columns)
            if (convert := column.type.dialect_impl(DIALECT).result_processor(DIALECT, None))
        ]

    async def rows(self, session: Transaction, values: Mapping[str, Any]) -> list[Row]:
        """Run it and return its rows; none where it gives none. Raises sqlalchemy's DBAPIError, as
        the session would.
        """
        given = {**self._fixed, **values}
        for name, convert in self._into.items():
            given[name] = convert(given[name])
        cursor = await self._run(session, given)
        if cursor.rownumber is None:
            return []
        found = await cursor.fetchall()
        return [self._converted(row) for row in found] if self._from else found

    async def row(self, session: Transaction, values: Mapping[str, Any]) -> Row | None:
        """The first row, None if there is none."""
        return next(iter(await self.rows(session, values)), None)

    async def value(self, session: Transaction, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, None if there is none."""
        row = await self.row(session, values)
        return None if row is None else row[0]

    async def _run(self, session: Transaction, given: Mapping[str, Any]) -> psycopg.AsyncCursor:
        if isinstance(session, Bare):
            return await session.execute(self.text, given)
        cursor = await _cursor_of(session)
        try:
            return await cursor.execute(self.text, given, prepare=True)
        except psycopg.Error as error:
            if cursor.connection.closed:
                # Raises, and has the pool drop whatever was lost together with this connection.
                await session.execute(NOTHING)
            raise _as_sqlalchemy(self.text, error) from error

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for at, convert in self._from:
            values[at] = convert(values[at])
        return tuple(values)


def uuid_array(ids: Iterable[UUID]) -> str:
    """Ids as the text of an array: psycopg writes a list one by one, which takes ten times as
    long.
    """
    return "{" + ",".join([f"{each.int:032x}" for each in ids]) + "}"


def number_array(numbers: Iterable[int | None]) -> str:
    """Whole numbers as the text of an array, for the same reason."""
    return "{" + ",".join(["NULL" if each is None else str(each) for each in numbers]) + "}"


def time_array(times: Iterable[datetime]) -> str:
    """Aware times as the text of an array, for the same reason."""
    return "{" + ",".join([each.isoformat() for each in times]) + "}"


async def plan_once(session: Transaction) -> None:
    """For the rest of the transaction, statements keep their first plan: where planning costs more
    than it can save, as with an expression of constants that PostGIS works out each time.
    """
    await ONE_PLAN.rows(session, {})


async def _cursor_of(session: AsyncSession) -> psycopg.AsyncCursor[Row]:
    """A cursor on the session's own connection. A session is one transaction (`service.db.engine`),
    and its statements follow one another, so that it stays the same.
    """
    known: psycopg.AsyncCursor[Row] | None = session.info.get(CURSOR)
    if known is None:
        raw = await (await session.connection()).get_raw_connection()
        known = session.info[CURSOR] = cast("Any", raw.driver_connection).cursor()
    return known


def _as_sqlalchemy(said: str, error: psycopg.Error) -> BaseException:
    return DBAPIError.instance(said, None, error, psycopg.Error)


ONE_PLAN = Prepared(text("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"))
