"""The writer: appends events as the dispatcher does, a transaction at each tick, and wakes the
relays.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from benchmarks.load.frames import offer_at
from benchmarks.load.helpers import Answer, Command, serve
from benchmarks.load.schedule import now_us, on_schedule
from service.bus import open_bus
from service.db.engine import open_database
from service.events.append import Announcement, announce


class Writer:
    """Writes to some people, as commits on a schedule."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()
        self._running: set[asyncio.Task[None]] = set()
        self._commits: list[tuple[int, int]] = []

    async def open(self, command: Command) -> dict[str, Any]:
        """Connect, to write to these people."""
        self._people = [UUID(each) for each in command["people"]]
        self._database = await self._open.enter_async_context(
            open_database(command["url"], pool=8, application="writer")
        )
        bus = await self._open.enter_async_context(open_bus(command["url"]))
        self._database.on_wake = bus.publish
        return {}

    async def push(self, command: Command) -> dict[str, Any]:
        """Write events, so many a second; returns when each transaction was scheduled and
        committed.
        """
        await on_schedule(command["rate"], command["seconds"], self._push)
        await asyncio.gather(*self._running)
        commits, self._commits = self._commits, []
        return {"commits": commits}

    def _push(self, count: int, scheduled_us: int) -> None:
        task = asyncio.create_task(self._write(count, scheduled_us))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _write(self, count: int, scheduled_us: int) -> None:
        data = offer_at(scheduled_us)
        told = [
            Announcement(person, None, "offer.extended", data)
            for person in random.sample(self._people, count)
        ]
        await self._database.run(announce, told, now=datetime.now(UTC))
        self._commits.append((scheduled_us, now_us()))


async def _answers() -> dict[str, Answer]:
    writer = Writer()
    return {"open": writer.open, "push": writer.push}


if __name__ == "__main__":
    serve(_answers)
