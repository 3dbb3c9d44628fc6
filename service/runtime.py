"""The runtime: what one process holds and passes to its endpoints. Built once, in `app.py` or a
test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.db.engine import Database
from service.settings import Settings

if TYPE_CHECKING:
    from service.http.access import SessionWatch
    from service.http.limits import Limits
    from service.live.cache import Tiles
    from service.offers.turns import Turns


def utc_now() -> datetime:
    """The wall clock, aware and in UTC. Called at the edge only."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Runtime:
    """Settings, database and clock of a process, and what the edge remembers for seconds."""

    settings: Settings
    database: Database
    sessions: SessionWatch
    limits: Limits
    tiles: Tiles
    turns: Turns
    clock: Callable[[], datetime] = utc_now
    draining: bool = field(default=False)

    def now(self) -> datetime:
        """The time that operations are given."""
        return self.clock()


def runtime_of(connection: HTTPConnection) -> Runtime:
    """The runtime of the app that serves this connection."""
    return cast("Runtime", connection.app.state.runtime)


# Coroutines, though they wait for nothing: FastAPI sends plain functions to a thread each time.


async def _runtime(connection: HTTPConnection) -> Runtime:
    return runtime_of(connection)


async def _database(connection: HTTPConnection) -> Database:
    return runtime_of(connection).database


async def _now(connection: HTTPConnection) -> datetime:
    return runtime_of(connection).now()


Run = Annotated[Runtime, Depends(_runtime)]
Db = Annotated[Database, Depends(_database)]
Now = Annotated[datetime, Depends(_now)]
