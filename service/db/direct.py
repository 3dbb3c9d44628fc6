"""Direct: prepared statements given to psycopg itself, on the session's connection and in its
transaction.

For what runs with every post, accept, round and event. An expression or a text is compiled once,
when its module is imported; its types still convert what goes in and what comes out. SQLAlchemy's
own way takes 0.5 ms of CPU a statement, 0.75 where it looks up a compiled expression; this takes
0.17 (on the busy machine of `benchmarks/README.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Executable, Select, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

CONNECTION = "dibs.direct"
DIALECT = cast("Any", PGDialectAsync_psycopg)()
NOTHING = text("SELECT")

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]


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

    async def rows(self, session: AsyncSession, values: Mapping[str, Any]) -> list[Row]:
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

    async def row(self, session: AsyncSession, values: Mapping[str, Any]) -> Row | None:
        """The first row, None if there is none."""
        return next(iter(await self.rows(session, values)), None)

    async def value(self, session: AsyncSession, values: Mapping[str, Any]) -> Any:
        """The first column of the first row, None if there is none."""
        row = await self.row(session, values)
        return None if row is None else row[0]

    async def _run(self, session: AsyncSession, given: Mapping[str, Any]) -> psycopg.AsyncCursor:
        connection = await _connection_of(session)
        try:
            return await connection.execute(self.text, given, prepare=True)
        except psycopg.Error as error:
            if connection.closed:
                # Raises, and has the pool drop whatever was lost together with this connection.
                await session.execute(NOTHING)
            raise DBAPIError.instance(self.text, None, error, psycopg.Error) from error

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


def number_array(numbers: Iterable[int]) -> str:
    """Whole numbers as the text of an array, for the same reason."""
    return "{" + ",".join(map(str, numbers)) + "}"


async def _connection_of(session: AsyncSession) -> psycopg.AsyncConnection[Row]:
    """The session's own connection. A session is one transaction (`service.db.engine`), so that it
    stays the same.
    """
    known: psycopg.AsyncConnection[Row] | None = session.info.get(CONNECTION)
    if known is None:
        raw = await (await session.connection()).get_raw_connection()
        known = session.info[CONNECTION] = cast("Any", raw.driver_connection)
    return known
