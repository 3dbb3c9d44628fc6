"""The reader: what lines lack, read from the store for many of them in one query.

Many who come back at once lack thousands of rows. A query takes a few thousand at most, shared out
evenly, and after each person's rows everybody else has a turn: events that are live do not wait for
those who catch up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from notifications.frames import StoredEvent
from service.db.engine import Database
from service.stream import queries

PEOPLE_PER_QUERY = 200
ROWS_PER_QUERY = 2000
ROWS_PER_PERSON = 128

Deliver = Callable[[Sequence[StoredEvent]], None]


class Reader:
    """Open requests for rows. Two lines of one person share a read where they lack the same."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted: dict[tuple[UUID, int], list[Deliver]] = {}
        self._some = asyncio.Event()

    def want(self, person: UUID, after: int, deliver: Deliver) -> None:
        """Have `deliver` called with the person's next rows after a number."""
        self._wanted.setdefault((person, after), []).append(deliver)
        self._some.set()

    async def run(self) -> None:
        """Serve requests, many at once, until cancelled. A failed query is raised; its requests
        stay open.
        """
        while True:
            await self._some.wait()
            while self._wanted:
                await self._read_some()
            self._some.clear()

    async def _read_some(self) -> None:
        wanted: dict[UUID, int] = {}
        for person, after in self._wanted:
            if len(wanted) >= PEOPLE_PER_QUERY:
                break
            wanted.setdefault(person, after)
        most = min(ROWS_PER_PERSON, ROWS_PER_QUERY // len(wanted))
        found = await self._database.run_single(queries.read_after, wanted=wanted, most=most)
        for key in wanted.items():
            for deliver in self._wanted.pop(key):
                deliver(found.get(key[0], ()))
            await asyncio.sleep(0)
