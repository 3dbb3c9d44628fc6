"""The bus: tells other processes that there is something to look at. A hint, never the truth.

A signal is a short text `topic` or `topic:payload`. Whoever publishes does so after its commit;
whoever subscribes hears the payloads, possibly twice, possibly never, and therefore also looks by
itself now and then. An empty set of payloads means "look around": signals may have been missed.

On PostgreSQL this is one channel. Each process sends what gathered while its last NOTIFY was under
way as one statement, on a connection of its own: NOTIFY inside write transactions costs 55-70 % of
their throughput, since it takes a global lock at their commit. Each process listens on one
connection. A channel per person would cost a LISTEN per connect.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from random import random
from uuid import uuid4

import psycopg
import structlog
from prometheus_client import Counter
from psycopg.conninfo import make_conninfo

from service.db.urls import for_psycopg

log = structlog.get_logger("dibs.bus")

Hearer = Callable[[frozenset[str]], None]

CHANNEL = "dibs"
NOTIFY_BYTES = 7900
"""PostgreSQL refuses payloads of 8000 bytes and more."""
MOST_PENDING = 20_000
"""While the database is away, older signals are dropped: everybody looks around afterwards."""
ALIVE_S = 10.0
"""How often the listening connection is asked whether it still is one."""
KEEPALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "connect_timeout": 5,
}

NOTIFIED = Counter("dibs_bus_notified", "NOTIFY payloads sent")
RECONNECTED = Counter("dibs_bus_reconnected", "Connections opened by the bus", ["for_"])


class Bus:
    """Signals within one process; enough where every part of the service shares it."""

    def __init__(self) -> None:
        self._hearers: dict[str, list[Hearer]] = defaultdict(list)
        self._settled: set[str] = set()

    def subscribe(self, topic: str, hearer: Hearer, *, suffices: bool = False) -> None:
        """Have `hearer` called with the payloads of `topic`, on the event loop.

        `suffices`: whoever hears deals with it for everybody, so that this process keeps its own
        signals to itself.
        """
        self._hearers[topic].append(hearer)
        if suffices:
            self._settled.add(topic)

    def publish(self, signals: Iterable[str]) -> None:
        """Pass signals on; never blocks and never fails."""
        self._hear(signals)

    def _hear(self, signals: Iterable[str]) -> None:
        """Call this process's hearers, once per topic, when the loop comes round."""
        loop = asyncio.get_running_loop()
        for topic, payloads in _by_topic(signals).items():
            for hearer in self._hearers.get(topic, ()):
                loop.call_soon(hearer, frozenset(payloads))

    def _look_around(self) -> None:
        for hearers in self._hearers.values():
            for hearer in hearers:
                hearer(frozenset())


class PostgresBus(Bus):
    """Signals among all processes on one database."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._conninfo = make_conninfo(for_psycopg(url), **KEEPALIVE)
        self._node = uuid4().hex[:12]
        self._pending: dict[str, None] = {}
        self._some = asyncio.Event()

    def publish(self, signals: Iterable[str]) -> None:
        """Pass signals on to this process at once and to the others with the next NOTIFY."""
        signals = list(signals)
        self._hear(signals)
        for signal in signals:
            if signal.partition(":")[0] not in self._settled:
                self._pending[signal] = None
        while len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        if self._pending:
            self._some.set()

    async def run(self) -> None:
        """Send and listen until cancelled, reconnecting as often as it takes."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep("notify", self._send))
            group.create_task(self._keep("listen", self._listen))

    async def _keep(
        self, purpose: str, use: Callable[[psycopg.AsyncConnection], Awaitable[None]]
    ) -> None:
        """Use a connection until it breaks, then another one, waiting longer each time in vain."""
        wait_s = 0.05
        while True:
            with suppress(psycopg.Error, OSError, TimeoutError):
                async with await self._connect(purpose) as connection:
                    RECONNECTED.labels(purpose).inc()
                    wait_s = 0.05
                    await use(connection)
            log.warning("bus_disconnected", purpose=purpose)
            await asyncio.sleep(wait_s * (0.5 + random()))  # noqa: S311 - spreads reconnects
            wait_s = min(2 * wait_s, 2.0)

    async def _connect(self, purpose: str) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, application_name=f"dibs-bus-{purpose}"
        )

    async def _send(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            sending, self._pending = self._pending, {}
            payloads = pack(self._node, sending)
            try:
                async with asyncio.timeout(ALIVE_S):
                    await connection.execute(
                        "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload",
                        [CHANNEL, payloads],
                    )
            except BaseException:
                self._pending = sending | self._pending
                self._some.set()
                raise
            NOTIFIED.inc(len(payloads))

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self._look_around()
        while True:
            async for notify in connection.notifies(timeout=ALIVE_S):
                node, signals = unpack(notify.payload)
                if node != self._node:
                    self._hear(signals)
            async with asyncio.timeout(ALIVE_S):
                await connection.execute("SELECT 1")


@asynccontextmanager
async def open_bus(url: str) -> AsyncIterator[PostgresBus]:
    """A bus that runs for as long as the block does."""
    bus = PostgresBus(url)
    running = asyncio.create_task(bus.run(), name="bus")
    try:
        yield bus
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def pack(node: str, signals: Iterable[str]) -> list[str]:
    """Signals as NOTIFY payloads, each headed by the node it comes from and short enough to be
    sent.

    Raises ValueError for a signal that does not fit one payload.
    """
    payloads: list[str] = []
    lines, size = [node], len(node)
    for signal in signals:
        needed = len(signal.encode()) + 1
        if needed + len(node) > NOTIFY_BYTES:
            raise ValueError(f"a signal of {needed} bytes is too long")
        if size + needed > NOTIFY_BYTES:
            payloads.append("\n".join(lines))
            lines, size = [node], len(node)
        lines.append(signal)
        size += needed
    if len(lines) > 1:
        payloads.append("\n".join(lines))
    return payloads


def unpack(payload: str) -> tuple[str, list[str]]:
    """The node and the signals of a NOTIFY payload."""
    node, *signals = payload.split("\n")
    return node, signals


def _by_topic(signals: Iterable[str]) -> dict[str, set[str]]:
    topics: dict[str, set[str]] = defaultdict(set)
    for signal in signals:
        topic, _, payload = signal.partition(":")
        topics[topic].add(payload)
    return topics
