"""Opening: a node, and the stream of an api process, for as long as a block lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from service.bus import Bus, open_bus
from service.db.engine import Database, open_database
from service.events.append import EVENTS_TOPIC, MARKET_TOPIC
from service.runtime import Runtime
from service.stream.loops import stop
from service.stream.node import Node
from service.stream.pace import Pace
from service.stream.registry import CLOSING_TOPIC, NODE_TOPIC
from service.stream.relay import TOLD

log = structlog.get_logger("dibs.stream")

APART = 4
"""Connections of relay, reader and watch alone, each with one statement at a time: what is live
waits for none of the thousands who come back at once, each of whom needs two transactions.
"""


@asynccontextmanager
async def open_node(
    database: Database, bus: Bus, clock: Callable[[], datetime], pace: Pace, apart: Database
) -> AsyncIterator[Node]:
    """A node that serves for as long as the block does, and writes down what it knows at the
    end.
    """
    node = Node(database, bus, clock, pace, apart)
    bus.subscribe(EVENTS_TOPIC, node.relay.wake, suffices=True)
    bus.subscribe(TOLD, node.hear)
    bus.subscribe(NODE_TOPIC, node.registry.heard_of_another)
    bus.subscribe(CLOSING_TOPIC, node.hear_closing)
    bus.subscribe(MARKET_TOPIC, node.watchers.hear)
    running = asyncio.create_task(node.run(), name="stream")
    try:
        yield node
    finally:
        await stop(running, *node.errands, *node.watchers.tasks)
        await node.recorder.flush(database, clock(), at_end=True)
        try:
            await node.registry.forget(database, clock(), itself=True)
        except SQLAlchemyError:  # the others forget a node that is not heard of
            log.warning("node_not_forgotten")


@asynccontextmanager
async def open_stream(
    app: FastAPI, runtime: Runtime, pace: Pace | None = None
) -> AsyncIterator[Node]:
    """The stream of one api process: its bus, which the database wakes after commits, and its
    node.
    """
    database, settings = runtime.database, runtime.settings
    pace = pace or Pace(
        relay_poll_s=settings.poll_s, events_kept=timedelta(seconds=settings.events_kept_s)
    )
    async with (
        open_bus(settings.url()) as bus,
        open_database(settings.url(), pool=APART, application="dibs-api", singly=True) as apart,
    ):
        database.on_wake = bus.publish
        async with open_node(database, bus, runtime.now, pace, apart) as node:
            app.state.node = node
            yield node
