"""The dispatcher as a process, or as a task of one that does more."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

import structlog
from prometheus_client import start_http_server

from matching.arrays import keep_freed_memory
from service.bus import Bus, open_bus
from service.db.engine import Database, make_engine
from service.dispatch.loop import Dispatcher
from service.http.logs import configure_logs
from service.retention import keep_sweeping
from service.runtime import utc_now
from service.settings import Settings

log = structlog.get_logger("dibs.dispatch")

POOL = 10
"""Connections of a dispatcher: rounds of one market take one at a time."""


@asynccontextmanager
async def running_dispatcher(
    database: Database,
    bus: Bus,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Dispatcher]:
    """A dispatcher that runs for as long as the block does, then lets go of its markets."""
    keep_freed_memory()
    dispatcher = Dispatcher(database, bus, settings, clock)
    running = [
        asyncio.create_task(dispatcher.run(), name="dispatcher"),
        asyncio.create_task(keep_sweeping(database, settings, clock), name="retention"),
    ]
    try:
        yield dispatcher
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        dispatcher.rounds.solving.process.close()


@contextmanager
def serving_metrics(settings: Settings) -> Iterator[None]:
    """`/metrics` of this process for as long as the block lasts, where the settings name a port:
    from a thread of its own, since a dispatcher serves nothing else. Raises OSError for a port
    that is taken.
    """
    if settings.dispatch_metrics_port is None:
        yield
        return
    server, thread = start_http_server(settings.dispatch_metrics_port, addr=settings.host)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def dispatch(settings: Settings) -> None:
    """Dispatch until SIGTERM or SIGINT. A round under way is given up: what it did not write is
    due.
    """
    configure_logs(settings)
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    url = settings.url()
    with serving_metrics(settings):
        await _dispatch_until(stop, url, settings)


async def _dispatch_until(stop: asyncio.Event, url: str, settings: Settings) -> None:
    async with open_bus(url) as bus:
        database = Database(make_engine(url, pool=POOL, application="dibs-dispatch"), bus.publish)
        try:
            async with running_dispatcher(database, bus, settings) as dispatcher:
                log.info("dispatching", holder=dispatcher.holder)
                await stop.wait()
        finally:
            await database.dispose()
