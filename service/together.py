"""Together: what is asked for at the same time is read at once.

Questions that come while one read is under way form the next, so that a rush of them costs few
transactions, and what each is told was read after it asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

from service.db.engine import Database

K = TypeVar("K")
V = TypeVar("V")
Read = Callable[[Database, Collection[K]], Awaitable[Mapping[K, V]]]


class Together(Generic[K, V]):
    """Questions by key; `read` answers many at once, leaving out what is not there."""

    def __init__(self, read: Read[K, V]) -> None:
        self._read = read
        self._waiting: set[K] = set()
        self._reading: asyncio.Task[Mapping[K, V]] | None = None
        self._next: asyncio.Task[Mapping[K, V]] | None = None

    async def ask(self, key: K, database: Database) -> V | None:
        """What the database has for a key now; None if nothing. Raises what reading it raised."""
        self._waiting.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._answer(database, self._reading))
        return (await asyncio.shield(self._next)).get(key)

    async def _answer(
        self, database: Database, before: asyncio.Task[Mapping[K, V]] | None
    ) -> Mapping[K, V]:
        if before is not None:
            await asyncio.wait([before])
        asked, self._waiting = self._waiting, set()
        self._reading, self._next = self._next, None
        return await self._read(database, asked)
