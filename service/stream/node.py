"""The node: one process's part in the stream, its lines and the loops that serve them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from random import random
from uuid import UUID, uuid4

import structlog

from notifications import close_codes
from notifications.close_codes import CloseCode
from notifications.frames import StoredEvent
from notifications.hub import Hub
from notifications.session import Session
from service.bus import Bus
from service.collector import spare_what_grew
from service.db.engine import Database
from service.stream import metrics, queries
from service.stream.line import Line
from service.stream.loops import every, for_ever
from service.stream.pace import Pace
from service.stream.reader import Reader
from service.stream.recorder import Recorder
from service.stream.registry import Opened, Registry
from service.stream.relay import Relay, heard
from service.stream.socket import StreamSocket
from service.stream.tickets import Admitted
from service.stream.watch import compare_counters, end_marked, end_revoked
from service.stream.watchers import Watchers

log = structlog.get_logger("dibs.stream")

SWEEP_ROWS = 5000
SPARED_AT_ONCE = 100
"""So many lines more than there ever were, and the garbage collector is told to spare them."""
TICKS_AT_ONCE = 20
"""Pings written before what is live has its turn."""
HELD = 5
"""Times of recording that a delivery waits for its acknowledgement: longer than clients take."""


class Node:
    """The lines of one process. `service.stream.opening` runs it."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Callable[[], datetime],
        pace: Pace,
        apart: Database,
    ) -> None:
        self.database, self.bus, self.clock, self.pace = database, bus, clock, pace
        self._apart = apart
        self.hub: Hub[Line] = Hub()
        self.reader = Reader(apart)
        self.recorder = Recorder(HELD)
        self.registry = Registry(uuid4())
        self.watchers = Watchers(database, clock)
        self.relay = Relay(apart, self._tell, self._feed, clock, pace.relay_poll_s)
        self._look, self._closing = asyncio.Event(), asyncio.Event()
        self.errands: set[asyncio.Task[None]] = set()
        self._spared = 0

    # Lines come and go.

    def join(self, socket: StreamSocket, admitted: Admitted) -> Line:
        """A person is connected: their line, known to the hub and greeted."""
        now = asyncio.get_running_loop().time
        session = Session(uuid4(), self.pace.terms, now=now(), random=random)
        line = Line(
            self,
            socket,
            session,
            person_id=admitted.person_id,
            login_id=admitted.session_id,
            clock=now,
        )
        for surplus in self.hub.join(admitted.person_id, line):
            surplus.end(close_codes.TOO_MANY_STREAMS)
        metrics.LINES.inc()
        if len(self.hub) >= self._spared + SPARED_AT_ONCE:
            self._spared = len(self.hub)
            spare_what_grew()
        line.hello(admitted.last)
        return line

    def leave(self, line: Line, code: CloseCode) -> None:
        """A line is being closed from here: nothing more goes to it."""
        self.hub.leave(line.person_id, line)
        self.watchers.leave(line)
        self.registry.closed(line.session.id)
        metrics.CLOSED.labels(code.name).inc()

    def lost(self, line: Line) -> None:
        """A line's connection has ended, whoever ended it."""
        self.hub.leave(line.person_id, line)
        self.watchers.leave(line)
        self.registry.closed(line.session.id)
        line.lost()
        metrics.LINES.dec()

    def locate(self, line: Line) -> None:
        """A line says which device it is: the newest line of a device stands, then the store is
        asked.
        """
        for replaced in self.hub.name(line.person_id, line, line.device):
            replaced.end(close_codes.SUPERSEDED)
        self.registry.opened(Opened(line.session.id, line.person_id, line.device, self.clock()))
        self._send_out(self._locate(line))

    def follow(self, line: Line, market: str | None) -> None:
        """A line wants to watch a market, or none."""
        self._send_out(self._follow(line, market))

    def _send_out(self, work: Coroutine[None, None, None]) -> None:
        errand = asyncio.create_task(work)
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)

    async def _follow(self, line: Line, market: str | None) -> None:
        try:
            await self.watchers.follow(line, market)
        except Exception:
            log.exception("follow_failed")
            line.end(close_codes.SERVER_ERROR)

    async def _locate(self, line: Line) -> None:
        try:
            position = await self.database.run_single(
                queries.locate, person_id=line.person_id, device=line.device
            )
        except Exception:
            log.exception("locate_failed")
            line.end(close_codes.SERVER_ERROR)
        else:
            line.located(position)

    # Events come in.

    def _feed(self, person: UUID, events: Sequence[StoredEvent]) -> None:
        for line in self.hub.of(person):
            line.feed(events)

    def _tell(self, signals: Iterable[str]) -> None:
        """What was relayed is news to other nodes, where there are any."""
        if self.registry.has_company:
            self.bus.publish(signals)

    def hear(self, payloads: frozenset[str]) -> None:
        """Another node relayed something, or signals may have been missed."""
        if not payloads:
            self._look.set()
        for payload in payloads:
            for person, last in heard(payload).items():
                for line in self.hub.of(person):
                    line.notice(last)

    def hear_closing(self, _payloads: frozenset[str]) -> None:
        """Some node has lines to close."""
        self._closing.set()

    # The loops.

    async def run(self) -> None:
        """Serve the lines until cancelled."""
        pace = self.pace
        async with asyncio.TaskGroup() as group:
            group.create_task(for_ever(self.relay.run))
            group.create_task(for_ever(self.reader.run))
            group.create_task(every(pace.record_s, self._record))
            group.create_task(every(pace.tick_s, self._tick))
            group.create_task(every(pace.compare_s, self._compare, sooner=self._look))
            group.create_task(every(pace.revoked_s, self._end_revoked))
            group.create_task(every(pace.revoked_s, self._end_marked, sooner=self._closing))
            group.create_task(every(pace.sweep_s, self._sweep))

    async def _record(self) -> None:
        await self.recorder.flush(self.database, self.clock())
        if self.registry.pending:
            await self.registry.write(self.database, self.clock())

    async def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        due = [line for line in self.hub if line.session.due_at <= now]
        for i, line in enumerate(due, 1):
            line.tick(now)
            if i % TICKS_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _compare(self) -> None:
        try:
            await self.registry.write(self.database, self.clock())
        finally:
            await compare_counters(self.hub, self._apart)

    async def _end_revoked(self) -> None:
        await end_revoked(self.hub, self._apart)

    async def _end_marked(self) -> None:
        end_marked(self.hub, await self.registry.marked(self.database))

    async def _sweep(self) -> None:
        now = self.clock()
        await self.registry.forget(self.database, now)
        before = now - self.pace.events_kept
        while await self.database.run(queries.sweep, before=before, now=now, most=SWEEP_ROWS):
            pass
