"""Post to offer: from a client's POST to the frame on a tasker's socket, through dispatcher and
solver.

London with `--taskers`, of whom `--sockets` listen; an api process, a dispatcher and a durable
PostgreSQL. Chores are posted on a schedule (`--rates` a second), each near the home of a listener
and of a kind that they do, in windows of four hours on one of twelve days, so that supply lasts.
Of the offers that reach a socket a fixed `--share` is answered over HTTP, half of them accepted,
half declined. A latency is from when a post was scheduled to the first frame of its offers that a
listener read; most offers go to people who do not listen, so `seen` says of how many posts one was.
`offered` is the share of posts that had an offer in the tables at the end of the run.

Where the time goes, in ms and medians: `post_ms` until the client has the answer; `wait_ms` from
the chore's row to the start of its round; `snapshot_ms`, `solve_ms`, `write_ms` as the round
recorded them; `relay_ms` from the event's row to the mark that it was relayed. And the cores that
each part kept busy until the last offer was out: api, dispatcher, PostgreSQL, and the load itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks.frame import Report
from benchmarks.load.audience import Audience
from benchmarks.load.ground import connected, cpu_s, durable_server
from benchmarks.load.helpers import Helper
from benchmarks.load.people import give_tickets
from benchmarks.load.running import Service, running_service
from benchmarks.load.schedule import percentiles
from benchmarks.load.town import let_in, settle, wishes

SETTLE_S, WARM_S, WARM_RATE = 3.0, 5.0, 20
CONNECTIONS = 64
GOAL_RATE, GOAL_P50_MS, GOAL_P99_MS = 100, 25, 100

OFFERED = """
    SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM offers AS o WHERE o.chore_id = c.id)),
           count(*) FROM chores AS c WHERE c.created_at >= %s
"""
SPENT = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM (
        SELECT extract(epoch FROM {value}) * 1000 AS v FROM {source} WHERE {at} >= %s) AS t
"""
WAITED = SPENT.format(
    value="r.started_at - c.created_at",
    source="decisions AS d JOIN rounds AS r ON r.id = d.round_id JOIN chores AS c"
    " ON c.id = d.chore_id AND d.wave = 1",
    at="c.created_at",
)
RELAYED = SPENT.format(
    value="relayed_at - at", source="events", at="type = 'offer.extended' AND at"
)
ROUNDS = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY chores),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY snapshot_ms),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY solve_ms),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY write_ms)
    FROM rounds WHERE started_at >= %s AND offers > 0
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--taskers", type=int, default=100_000)
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--rates", default="10,100,300", help="posts a second")
    parser.add_argument("--seconds", type=float, default=20, help="of each rate")
    parser.add_argument("--share", type=float, default=0.2, help="of the offers seen, answered")
    parser.add_argument("--listeners", type=int, default=2, help="processes that hold the sockets")
    parser.add_argument("--keep", action="store_true", help="keep the town for another run")


def run(arguments: argparse.Namespace, report: Report) -> None:
    with durable_server("load_town", keep=arguments.keep) as url:
        settle(url, arguments.taskers)
        with connected(url) as connection:
            asyncio.run(_measure(url, connection, arguments, report))
    for row in report.rows:
        if row["rate"] == GOAL_RATE:
            report.notes.append(
                f"at {GOAL_RATE}/s: p50 {row['p50_ms']} ms (goal: {GOAL_P50_MS}),"
                f" p99 {row['p99_ms']} ms (goal: {GOAL_P99_MS})"
            )


async def _measure(
    url: str, connection: psycopg.Connection, arguments: argparse.Namespace, report: Report
) -> None:
    clients, neighbours = let_in(connection, arguments.sockets)
    tickets = give_tickets(connection, [each.person for each in neighbours])
    connection.commit()
    connection.autocommit = True
    rng, now = random.Random(1), datetime.now(UTC)
    bodies = [json.dumps(each) for each in wishes(neighbours, 5_000, rng)]
    audience, poster = await Audience.start(arguments.listeners), await Helper.start("requester")
    try:
        async with running_service(url, dispatching=True) as service:
            tokens = [each.person.token(now) for each in neighbours]
            await audience.connect("dibs", service.port, tickets, tokens)
            await audience.answer(service.port, arguments.share)
            await poster.ask("open", port=service.port, connections=CONNECTIONS, bodies=bodies,
                             tokens=[each.token(now) for each in clients])  # fmt: skip
            posting = _Posting(poster, audience, connection, service, len(clients), len(bodies))
            await posting.run(WARM_RATE, WARM_S)
            for rate in map(int, arguments.rates.split(",")):
                report.add(**await posting.run(rate, arguments.seconds))
    finally:
        await audience.stop()
        await poster.stop()


class _Posting:
    """Runs of one rate after the other, and what each came to."""

    def __init__(
        self,
        poster: Helper,
        audience: Audience,
        connection: psycopg.Connection,
        service: Service,
        clients: int,
        bodies: int,
    ) -> None:
        self._poster, self._audience, self._connection = poster, audience, connection
        self._service, self._clients, self._bodies = service, clients, bodies
        self._posted = 0

    async def run(self, rate: int, seconds: float) -> dict[str, Any]:
        """Post so many a second, and wait a little for the last offers."""
        await self._audience.collect()
        since, answered = datetime.now(UTC), self._audience.answers
        started, cpu = time.perf_counter(), self._cpu()
        count = round(rate * seconds)
        requests = [["/v1/chores", n % self._clients, n % self._bodies]
                    for n in range(self._posted, self._posted + count)]  # fmt: skip
        self._posted += count
        posted = (await self._poster.ask("scheduled", rate=rate, seconds=seconds,
                                         requests=requests))["answers"]  # fmt: skip
        await asyncio.sleep(SETTLE_S)
        took_s = time.perf_counter() - started
        cores = {name: round((now - cpu[name]) / took_s, 2) for name, now in self._cpu().items()}
        first: dict[str, int] = {}
        for chore, at in await self._audience.collect():
            first[chore] = min(at, first.get(chore, at))
        latencies = [first[made] - due for due, _, _, made in posted if made in first]
        p50, p99 = percentiles(latencies, 50, 99)
        return {
            "rate": rate, "p50_ms": p50, "p99_ms": p99,
            "refused": sum(status != 201 for _, _, status, _ in posted),
            "seen": round(len(latencies) / count, 3),
            **self._breakdown(since, posted),
            "answers": (self._audience.answers - answered).total(),
            **cores,
        }  # fmt: skip

    def _cpu(self) -> dict[str, float]:
        """What each part has computed so far, in seconds."""
        servers = self._connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
        load = [self._poster.pid, *(each.pid for each in self._audience.listeners), os.getpid()]
        return {
            "api_cores": cpu_s(self._service.api_pid),
            "dispatcher_cores": cpu_s(self._service.dispatcher_pid or 0),
            "postgres_cores": sum(cpu_s(pid) for (pid,) in servers),
            "load_cores": sum(map(cpu_s, load)),
        }

    def _breakdown(
        self, since: datetime, posted: list[tuple[int, int, int, str]]
    ) -> dict[str, Any]:
        offered, chores = self._row(OFFERED, since)
        in_round, snapshot_ms, solve_ms, write_ms = self._row(ROUNDS, since)
        return {
            "offered": round(offered / max(chores, 1), 3),
            "post_ms": percentiles([at - due for due, at, _, _ in posted], 50)[0],
            "wait_ms": self._row(WAITED, since)[0],
            "chores_a_round": in_round,
            "snapshot_ms": snapshot_ms,
            "solve_ms": solve_ms,
            "write_ms": write_ms,
            "relay_ms": self._row(RELAYED, since)[0],
        }

    def _row(self, query: str, since: datetime) -> tuple[Any, ...]:
        found = self._connection.execute(query, [since]).fetchone() or ()
        return tuple(float(value) if value is not None else None for value in found)
