"""Writes: how fast chores are posted while 0, 10 and 100 nodes listen to the bus.

Posts go over HTTP to one api process, `--at-once` at a time, each a transaction with its chore, its
event and a wake-up. A listening node is a process's LISTEN connection, held and read as
`service.bus` does. `notify in transactions` is what the bus avoids: the same listeners, and a
trigger that sends a NOTIFY within each transaction that posts. Turns alternate; medians.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from benchmarks.frame import Report
from benchmarks.load.ground import connected, cpu_s, durable_server
from benchmarks.load.helpers import Helper
from benchmarks.load.people import Person
from benchmarks.load.running import running_service
from benchmarks.load.town import let_in, settle, wishes

TASKERS = 200
WITHIN = "notify in transactions"
NOTIFYING = """
    CREATE FUNCTION notify_post() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('dibs', 'x' || chr(10) || NEW.id); RETURN NULL; END $$;
    CREATE TRIGGER notify_post AFTER INSERT ON chores
        FOR EACH ROW EXECUTE FUNCTION notify_post();
    ALTER TABLE chores DISABLE TRIGGER notify_post
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listening", default="0,10,100", help="nodes")
    parser.add_argument("--posts", type=int, default=2_000, help="of each turn")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3, help="turns of each")


def run(arguments: argparse.Namespace, report: Report) -> None:
    with durable_server("load_writes") as url:
        settle(url, TASKERS)
        asyncio.run(_measure(url, arguments, report))


async def _measure(url: str, arguments: argparse.Namespace, report: Report) -> None:
    with connected(url) as connection:
        connection.execute(NOTIFYING)
        clients, neighbours = let_in(connection, TASKERS)
    rng = random.Random(1)
    bodies = [json.dumps(each) for each in wishes(neighbours, 500, rng)]
    listening = [int(each) for each in arguments.listening.split(",")]
    turns = [(nodes, "dibs") for nodes in listening] + [(listening[-1], WITHIN)]
    took: dict[tuple[int, str], list[float]] = {turn: [] for turn in turns}
    cpu: dict[tuple[int, str], list[float]] = {turn: [] for turn in turns}
    async with (
        running_service(url) as service,
        _requester(service.port, clients, bodies, arguments.at_once) as requester,
    ):
        await _post(requester, len(clients), len(bodies), arguments.posts)
        for _ in range(arguments.runs):
            for nodes, way in turns:
                async with _listening(url, nodes), _notifying(url, way == WITHIN):
                    before = cpu_s(service.api_pid)
                    seconds = await _post(requester, len(clients), len(bodies), arguments.posts)
                took[nodes, way].append(arguments.posts / seconds)
                cpu[nodes, way].append((cpu_s(service.api_pid) - before) / arguments.posts * 1000)
    for (nodes, way), rates in took.items():
        report.add(
            source=way,
            listening=nodes,
            posts_per_s=round(statistics.median(rates), 1),
            api_cpu_ms=round(statistics.median(cpu[nodes, way]), 2),
        )


@asynccontextmanager
async def _requester(
    port: int, clients: Sequence[Person], bodies: Sequence[str], at_once: int
) -> AsyncIterator[Helper]:
    requester, now = await Helper.start("requester"), datetime.now(UTC)
    try:
        tokens = [client.token(now) for client in clients]
        await requester.ask("open", port=port, connections=at_once, tokens=tokens, bodies=bodies)
        yield requester
    finally:
        await requester.stop()


async def _post(requester: Helper, clients: int, bodies: int, count: int) -> float:
    """Post; returns the seconds. Raises RuntimeError where a chore was refused."""
    requests = [["/v1/chores", n % clients, n % bodies] for n in range(count)]
    answer = await requester.ask("all", requests=requests)
    if answer["statuses"] != {"201": count}:
        raise RuntimeError(f"not everything was posted: {answer['statuses']}")
    return float(answer["us"]) / 1e6


@asynccontextmanager
async def _listening(url: str, nodes: int) -> AsyncIterator[None]:
    """So many LISTEN connections in a process of their own."""
    helper = await Helper.start("nodes")
    try:
        await helper.ask("listen", url=url, nodes=nodes)
        yield
    finally:
        await helper.stop()


@asynccontextmanager
async def _notifying(url: str, within: bool) -> AsyncIterator[None]:
    """The trigger, where it is wanted."""
    if not within:
        yield
        return
    with connected(url) as connection:
        connection.execute("ALTER TABLE chores ENABLE TRIGGER notify_post")
    try:
        yield
    finally:
        with connected(url) as connection:
            connection.execute("ALTER TABLE chores DISABLE TRIGGER notify_post")
