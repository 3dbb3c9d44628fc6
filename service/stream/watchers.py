"""The watchers: operators' lines on this node that follow a market, and one look for all of them.

A market is looked at while somebody here watches it: when the bus says that something happened
there, at most twice a second, and every few seconds in any case, for what nobody is told of. A line
that does not take what it is sent gets the whole anew once it does, instead of a backlog.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from notifications.market import MarketView, Refused, change, whole
from service.db.engine import Database
from service.live.watching import look, may_watch

if TYPE_CHECKING:
    from service.stream.line import Line

log = structlog.get_logger("dibs.stream")

REST_S = 0.5
"""Between two looks at a market, and between two tries at a line that is slow."""
POLL_S = 2.0
MOST_WAITING = 16
"""Frames that wait for a slow line before it is told everything anew instead."""
OVERLAP = timedelta(seconds=2)
"""How far back each look at presence reaches beyond the one before: commits come out of order."""


@dataclass(slots=True)
class Watched:
    """A market that is watched here: who by, what each still has to be sent, the last view."""

    id: int
    slug: str
    lines: dict[Line, deque[str] | None] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    view: MarketView | None = None


class Watchers:
    """The markets that are watched on one node."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._markets: dict[int, Watched] = {}
        self._wanted: dict[Line, str] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def hear(self, payloads: frozenset[str]) -> None:
        """Something happened in these markets; in any, where signals may have been missed."""
        for watched in self._markets.values():
            if not payloads or str(watched.id) in payloads:
                watched.woken.set()

    async def follow(self, line: Line, market: str | None) -> None:
        """Let a line follow this market and no other, if its person may."""
        self.leave(line)
        if market is None:
            return
        self._wanted[line] = market
        allowed = await self._database.run(may_watch, person_id=line.person_id, market=market)
        if self._wanted.get(line) != market:
            return
        if not allowed.is_operator:
            line.tell(Refused(watch=market, reason="not_allowed").model_dump_json())
            return
        if allowed.market_id is None:
            line.tell(Refused(watch=market, reason="unknown_market").model_dump_json())
            return
        watched = self._markets.get(allowed.market_id)
        if watched is None:
            watched = self._markets[allowed.market_id] = Watched(allowed.market_id, market)
            task = asyncio.create_task(self._watch(watched), name=f"watch {market}")
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        watched.lines[line] = None
        watched.woken.set()

    def leave(self, line: Line) -> None:
        """A line follows nothing any more, and waits for nothing to follow."""
        self._wanted.pop(line, None)
        for watched in self._markets.values():
            watched.lines.pop(line, None)

    async def _watch(self, watched: Watched) -> None:
        """Look and tell for as long as anybody watches."""
        try:
            while watched.lines:
                watched.woken.clear()
                try:
                    await self._look(watched)
                except Exception:
                    log.exception("watch_failed")
                await asyncio.sleep(REST_S)
                await self._pause(watched)
        finally:
            self._markets.pop(watched.id, None)

    async def _pause(self, watched: Watched) -> None:
        if any(watched.lines.values()):
            return
        try:
            async with asyncio.timeout(POLL_S - REST_S):
                await watched.woken.wait()
        except TimeoutError:
            pass

    async def _look(self, watched: Watched) -> None:
        now, before = self._clock(), watched.view
        view = await self._database.run(
            look,
            market_id=watched.id,
            market=watched.slug,
            since=(before.at if before else now) - OVERLAP,
            now=now,
        )
        changed = change(before, view) if before else None
        text = changed.model_dump_json() if changed else None
        pages: list[str] | None = None
        for line, waiting in watched.lines.items():
            if waiting is None or len(waiting) > MOST_WAITING:
                pages = pages or [page.model_dump_json() for page in whole(view)]
                watched.lines[line] = deque(pages)
            elif text:
                waiting.append(text)
            _tell(line, watched.lines[line])
        watched.view = view


def _tell(line: Line, waiting: deque[str] | None) -> None:
    """Send what waits for a line for as long as it takes more."""
    while waiting and line.takes_more:
        line.tell(waiting.popleft())
