"""Stream: what a socket costs, and how soon an event reaches it, against bare websockets.

Rows are of `server`: `dibs` is one api process; events are written and committed by another process
on a schedule of a hundred transactions a second, as a dispatcher would, and listeners acknowledge
like the reference client. `bare` is a server of the `websockets` library that pushes the same
frames from memory on the same schedule, `rooms` python-socketio that emits the same data. The
sockets are idle but for that.

`p50_ms` and `p99_ms` are from when an event was scheduled to when its listener read it, medians of
the runs; `from_commit_*` from its commit. `delivered_per_s` counts until the last one was read: it
is less than the rate where the server does not keep up. Everything shares the machine: listeners,
writer, server and PostgreSQL, whose `fsync` and `synchronous_commit` are on.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.frame import Report
from benchmarks.load.audience import Audience
from benchmarks.load.ground import connected, cpu_s, durable_server, resident_kib
from benchmarks.load.helpers import Helper
from benchmarks.load.people import give_tickets, make_clients
from benchmarks.load.running import running_service
from benchmarks.load.schedule import now_us, percentiles

SETTLE_S = 1.5
LATEST_S = 30.0
"""How long after a run its last events are waited for: a server that is slower than the rate is
behind by then.
"""
PEERS = ("bare", "rooms")
GOAL_KIB, GOAL_RATE, GOAL_TIMES, GOAL_P99_MS = 40, 1_000, 3.0, 50.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=15_000)
    parser.add_argument("--rates", default="100,1000,5000", help="events a second")
    parser.add_argument("--runs", type=int, default=3, help="of each rate")
    parser.add_argument("--seconds", type=float, default=8, help="of each run")
    parser.add_argument("--servers", default="dibs,bare,rooms")
    parser.add_argument("--listeners", type=int, default=3, help="processes that hold the sockets")


def run(arguments: argparse.Namespace, report: Report) -> None:
    for server in arguments.servers.split(","):
        if server in PEERS:
            asyncio.run(_peer(server, arguments, report))
        else:
            with durable_server("load_stream") as url:
                asyncio.run(_dibs(url, arguments, report))
    _judge(report)


@dataclass
class Pushed:
    """The runs of one rate: latencies in ms, events delivered a second, CPU of the server."""

    runs: list[dict[str, float]] = field(default_factory=list)

    def add(
        self, reads: Sequence[tuple[int, int]], commits: dict[int, int], took_s: float, cpu: float
    ) -> None:
        """One run: what was read, and when what was scheduled was committed."""
        p50, p99 = percentiles([at - mark for mark, at in reads], 50, 99)
        run = {
            "p50_ms": p50,
            "p99_ms": p99,
            "delivered_per_s": round(len(reads) / took_s),
            "cpu_us_per_event": round(cpu * 1e6 / max(len(reads), 1)),
        }
        if commits:
            from_commit = percentiles([at - commits[mark] for mark, at in reads], 50, 99)
            committed = percentiles([at - mark for mark, at in commits.items()], 50)
            run |= dict(zip(("from_commit_p50_ms", "from_commit_p99_ms"), from_commit, strict=True))
            run |= {"commit_p50_ms": committed[0]}
        self.runs.append(run)

    def medians(self) -> dict[str, float]:
        """The median of each figure."""
        return {name: statistics.median(run[name] for run in self.runs) for name in self.runs[0]}


async def _dibs(url: str, arguments: argparse.Namespace, report: Report) -> None:
    with connected(url) as connection:
        people = make_clients(connection, arguments.sockets)
        tickets = give_tickets(connection, people)
    async with running_service(url) as service:
        writer = await Helper.start("writer")
        try:
            await writer.ask("open", url=url, people=[str(each.id) for each in people])
            await _measure("dibs", service.api_pid, service.port, tickets, writer,
                           arguments, report)  # fmt: skip
        finally:
            await writer.stop()


async def _peer(kind: str, arguments: argparse.Namespace, report: Report) -> None:
    server = await Helper.start(kind)
    try:
        port = (await server.ask("listen"))["port"]
        keys = [""] * arguments.sockets
        await _measure(kind, server.pid, port, keys, server, arguments, report)
    finally:
        await server.stop()


async def _measure(
    kind: str,
    pid: int,
    port: int,
    keys: Sequence[str],
    pusher: Helper,
    arguments: argparse.Namespace,
    report: Report,
) -> None:
    """Connect everybody, then push at each rate."""
    audience = await Audience.start(arguments.listeners)
    try:
        before = resident_kib(pid)
        connects_per_s = await audience.connect(kind, port, keys)
        await asyncio.sleep(SETTLE_S)
        kib = (resident_kib(pid) - before) / len(keys)
        for rate in map(int, arguments.rates.split(",")):
            pushed = Pushed()
            for _ in range(arguments.runs):
                await _push(rate, arguments.seconds, pid, pusher, audience, pushed)
            report.add(
                server=kind, sockets=len(keys), rate=rate, **pushed.medians(),
                kib_per_connection=round(kib, 1), connects_per_s=round(connects_per_s),
            )  # fmt: skip
    finally:
        await audience.stop()


async def _push(
    rate: int, seconds: float, pid: int, pusher: Helper, audience: Audience, pushed: Pushed
) -> None:
    await audience.collect()
    cpu, started = cpu_s(pid), now_us()
    answer = await pusher.ask("push", rate=rate, seconds=seconds)
    reads: list[tuple[int, int]] = []
    while len(reads) < rate * seconds - 1:
        if now_us() > started + (seconds + LATEST_S) * 1e6:
            raise RuntimeError(f"of {rate * seconds:.0f} events {len(reads)} arrived")
        await asyncio.sleep(SETTLE_S)
        reads += await audience.collect()
    took_s = max(seconds, (max(at for _, at in reads) - started) / 1e6)
    pushed.add(reads, dict(answer.get("commits", ())), took_s, cpu_s(pid) - cpu)


def _judge(report: Report) -> None:
    """Say how the goals fare."""
    found = {(row["server"], row["rate"]): row for row in report.rows}
    ours, bare = found.get(("dibs", GOAL_RATE)), found.get(("bare", GOAL_RATE))
    if ours is None or bare is None:
        return
    most = GOAL_TIMES * bare["p50_ms"] + ours["commit_p50_ms"]
    report.notes += [
        f"KiB a connection: {ours['kib_per_connection']} (goal: at most {GOAL_KIB})",
        f"p50 at {GOAL_RATE}/s: {ours['p50_ms']:.2f} ms (goal: at most {most:.2f})",
        f"p99 at {GOAL_RATE}/s: {ours['p99_ms']:.1f} ms (goal: at most {GOAL_P99_MS:.0f})",
    ]
