"""The engine: one operation, one transaction, committed at the edge.

`Database.run(operation, ...)` and its bare forms are the only place where a transaction begins and
ends. It gives the operation a session, commits when it returns and rolls back when it raises; runs
it once more after a deadlock or a serialization failure, and counts that; turns a broken constraint
into the refusal it stands for; and, after the commit and never before, passes on whom the operation
asked to wake.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from prometheus_client import Counter
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from service.db.constraints import DEADLOCK, SERIALIZATION, meaning_of, sqlstate_of
from service.db.direct import Bare, Transaction

P = ParamSpec("P")
T = TypeVar("T")
Operation = Callable[Concatenate[AsyncSession, P], Awaitable[T]]
BareOperation = Callable[Concatenate[Bare, P], Awaitable[T]]

RETRIED = Counter("dibs_transactions_retried", "Transactions run again, by SQLSTATE", ["sqlstate"])
WAKES = "dibs.wakes"


BY_KEY = " -c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off"
"""Rows are looked up by key, in the order of an index. A sorted bitmap of the events that were not
relayed yet would visit all that were since the last vacuum, each time: only a scan in order marks
dead entries to be passed over. 170 ms a claim where 1 is enough."""


def wake(session: Transaction, *topics: str) -> None:
    """Ask that whoever waits for `topics` (such as "events" or "work:3") be woken after this
    commit.
    """
    session.info.setdefault(WAKES, set()).update(topics)


def make_engine(
    url: str, *, pool: int = 20, application: str = "dibs", singly: bool = False
) -> AsyncEngine:
    """An engine on psycopg 3. UTC sessions; jit off, which costs more than it gives on short
    queries. `singly`: each statement is a transaction, one round trip instead of three; meant for
    looking rows up by key, whatever the planner has heard of how many there are.
    """
    target = make_url(url).set(drivername="postgresql+psycopg")
    options = (
        "-c jit=off -c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
    )
    options += BY_KEY if singly else ""
    return create_async_engine(
        target,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        # The connection used last knows the statements, the tables and the projections already.
        pool_use_lifo=True,
        connect_args={"options": options, "application_name": application},
        **({"isolation_level": "AUTOCOMMIT"} if singly else {}),
    )


class Database:
    """The database as the edge sees it. `on_wake` gets the wanted topics after a commit."""

    def __init__(
        self, engine: AsyncEngine, on_wake: Callable[[frozenset[str]], None] = lambda _: None
    ) -> None:
        self.engine = engine
        self.on_wake = on_wake

    async def run(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one operation in one transaction and return what it returns.

        Raises the operation's own Problem, the Problem a broken constraint stands for, or the
        database's error.
        """
        return await self._retried(lambda: self._once(operation, *args, **kwargs))

    async def run_bare(
        self, operation: BareOperation[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `run`, for an operation that uses nothing but prepared statements: it gets psycopg's
        connection instead of a session.
        """
        return await self._retried(
            lambda: self._bare(lambda bare: operation(bare, *args, **kwargs))
        )

    async def run_single(
        self, operation: BareOperation[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `run_bare`, for an operation of one statement, which commits by itself: two round
        trips less. Of several statements, each would be a transaction of its own.
        """
        return await self._retried(
            lambda: self._bare(lambda bare: operation(bare, *args, **kwargs), single=True)
        )

    async def _retried(self, once: Callable[[], Awaitable[T]]) -> T:
        try:
            return await once()
        except DBAPIError as error:
            state = sqlstate_of(error)
            if state not in (DEADLOCK, SERIALIZATION):
                raise
            RETRIED.labels(state).inc()
        return await once()

    async def _once(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            with _meant():
                result = await operation(session, *args, **kwargs)
                await session.commit()
            wanted = session.info.get(WAKES)
        self._wake(wanted)
        return result

    async def _bare(self, operation: Callable[[Bare], Awaitable[T]], *, single: bool = False) -> T:
        bare = await Bare.borrow(self.engine, single=single)
        try:
            with _meant():
                result = await operation(bare)
                await bare.commit()
        except BaseException:
            await asyncio.shield(asyncio.create_task(bare.give_back()))
            raise
        await bare.give_back()
        self._wake(bare.info.get(WAKES))
        return result

    def _wake(self, wanted: set[str] | None) -> None:
        if wanted:
            self.on_wake(frozenset(wanted))

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


@contextmanager
def _meant() -> Iterator[None]:
    """Raises what a broken constraint means instead of the constraint."""
    try:
        yield
    except DBAPIError as error:
        if meaning := meaning_of(error):
            raise meaning from error
        raise


@asynccontextmanager
async def open_database(
    url: str, *, pool: int = 5, application: str = "dibs", singly: bool = False
) -> AsyncIterator[Database]:
    """A database for a command or a test, closed at the end. `singly`: for operations of one
    statement.
    """
    database = Database(make_engine(url, pool=pool, application=application, singly=singly))
    try:
        yield database
    finally:
        await database.dispose()
