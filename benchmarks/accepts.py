"""Accepts: durable accepts a second over HTTP, against their own transaction under pgbench; and
races.

A chore is offered to three taskers, and one of them accepts: the offer, the booking, the chore, the
other two offers and four events are one transaction, committed to disk. `http` sends such accepts
to one api process; `pgbench` runs the very statements of the operation, the look before it
included, recorded as they pass, on chores alike, with as many clients. Turns alternate; medians.
A race is a wave to 200 taskers, all of whom accept at once; `--attempts` says how many tries there
are in all, a million in the long form, for which `--runs 0` leaves the turns out. It says how far
it is, and a SIGINT or SIGTERM ends it with what was tried. Every race has one winner, who has the
booking that they were answered, and losers who were told that the chore is taken, or the run fails;
double bookings are counted in the tables. `api_cpu_ms` is the api's CPU for an accept,
`attempt_cpu_ms` that for an attempt in a race, its relay included; `tried_again` are requests that
were answered 503 or whose connection was cut.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
from datetime import UTC, datetime

import psycopg

from benchmarks.frame import Report
from benchmarks.load.ground import connected, cpu_s, durable_server
from benchmarks.load.helpers import Helper
from benchmarks.load.races import RACE, Races, Tally
from benchmarks.load.running import running_service
from benchmarks.load.town import settle
from benchmarks.load.transactions import pgbench, recorded, script
from benchmarks.load.waves import BOOKING, CHORE, CLIENT, OFFER, TASKER, Waves, id_of, sql_id
from service.bookings.queries import BookingRow
from service.db.engine import Database, open_database
from service.offers.turns import Turns

WAVE = 3
GOAL = 0.4

DOUBLES = """
    SELECT (SELECT count(*) - count(DISTINCT chore_id) FROM bookings)
         + (SELECT count(*) FROM bookings AS a JOIN bookings AS b
            ON a.tasker_id = b.tasker_id AND a.id < b.id AND a.held && b.held)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accepts", type=int, default=3_000, help="of each turn")
    parser.add_argument("--runs", type=int, default=3, help="turns of each")
    parser.add_argument(
        "--at-once", type=int, default=32, help="connections, and pgbench's clients"
    )
    parser.add_argument("--attempts", type=int, default=20_000, help="in races of 200")


def run(arguments: argparse.Namespace, report: Report) -> None:
    with durable_server("load_accepts") as url:
        settle(url, 1)
        with connected(url) as connection:
            asyncio.run(_measure(url, connection, arguments, report))


async def _measure(
    url: str, connection: psycopg.Connection, arguments: argparse.Namespace, report: Report
) -> None:
    waves = Waves(connection, each=WAVE)
    written = await _script(url, waves)
    turns: dict[str, list[float]] = {"http": [], "pgbench": []}
    first, cpu = 2, 0.0
    async with running_service(url) as service:
        for _ in range(arguments.runs):
            for contender, rates in turns.items():
                waves.make(first, arguments.accepts)
                connection.execute("ANALYZE")
                connection.commit()
                if contender == "http":
                    before = cpu_s(service.api_pid)
                    rates.append(await _over_http(service.port, waves, first, arguments))
                    cpu += cpu_s(service.api_pid) - before
                else:
                    rates.append(await _with_pgbench(url, written, first, arguments))
                first += arguments.accepts
        before = cpu_s(service.api_pid)
        raced = await _races(service.port, connection, arguments.attempts)
        racing = cpu_s(service.api_pid) - before
    found = connection.execute(DOUBLES).fetchone()
    report.add(
        **_rates(turns, cpu / max(arguments.runs * arguments.accepts, 1)),
        double_bookings=found[0] if found else None, attempts=raced.attempts,
        **_raced(raced, racing),
    )  # fmt: skip
    if arguments.runs:
        report.notes.append(f"share of pgbench: {report.rows[0]['share']} (goal: at least {GOAL})")


def _rates(turns: dict[str, list[float]], cpu_each_s: float) -> dict[str, float]:
    """Medians of the turns; nothing where none was run."""
    if not turns["http"]:
        return {}
    per_s, pgbench_per_s = (round(statistics.median(rates), 1) for rates in turns.values())
    share = round(per_s / pgbench_per_s, 3)
    return {
        "per_s": per_s, "pgbench_per_s": pgbench_per_s, "share": share,
        "api_cpu_ms": round(cpu_each_s * 1000, 2),
    }  # fmt: skip


def _raced(tally: Tally, cpu_s: float) -> dict[str, float]:
    """What the races came to; nothing where none was run."""
    if not tally.attempts:
        return {}
    return {
        "attempts_per_s": round(tally.attempts / tally.seconds),
        "attempt_cpu_ms": round(cpu_s / tally.attempts * 1000, 2),
        "tried_again": tally.again.total(),
    }


async def _script(url: str, waves: Waves) -> str:
    """The statements of an accept, as pgbench runs them."""
    waves.make(0, 2)
    async with open_database(url, pool=1) as database:
        await _accepted(database, 1)
        with recorded() as statements:
            booking = await _accepted(database, 0)
    ids = {id_of(kind, 0): sql_id(kind, ":n") for kind in (CLIENT, CHORE)}
    ids |= {id_of(kind, j): sql_id(kind, f":n * {WAVE} + {j}")
            for kind in (TASKER, OFFER) for j in range(WAVE)}  # fmt: skip
    ids |= {booking.id: sql_id(BOOKING, ":n")}
    head = "\\set i :i + 1\n\\set n :first + :client_id * :share + :i"
    return script(statements, ids, head)


async def _accepted(database: Database, chore: int) -> BookingRow:
    """The first offer of a chore, accepted in this process."""
    offer, tasker = id_of(OFFER, chore * WAVE), id_of(TASKER, chore * WAVE)
    return await Turns().accept(database, offer_id=offer, tasker_id=tasker, now=datetime.now(UTC))


async def _with_pgbench(url: str, written: str, first: int, arguments: argparse.Namespace) -> float:
    share = arguments.accepts // arguments.at_once
    return await asyncio.to_thread(
        pgbench, url, written, clients=arguments.at_once, each=share, first=first, share=share, i=-1
    )


async def _over_http(port: int, waves: Waves, first: int, arguments: argparse.Namespace) -> float:
    """Accepts a second. Raises RuntimeError where one is refused."""
    offers = [n * WAVE for n in range(first, first + arguments.accepts)]
    requester = await Helper.start("requester")
    try:
        tokens = waves.tokens(offers)
        await requester.ask("open", port=port, connections=arguments.at_once, tokens=tokens,
                            bodies=[])  # fmt: skip
        requests = [[_path(offer), n, -1] for n, offer in enumerate(offers)]
        answer = await requester.ask("all", requests=requests)
    finally:
        await requester.stop()
    if answer["statuses"] != {"200": len(offers)}:
        raise RuntimeError(f"not every offer was accepted: {answer['statuses']}")
    return float(len(offers) / answer["us"] * 1e6)


async def _races(port: int, connection: psycopg.Connection, attempts: int) -> Tally:
    """Race after race, until a signal."""
    racer = await Helper.start("racer")
    try:
        races = Races(connection, racer)
        await races.open(port)
        await races.run(attempts // RACE, _stopped_by_signal())
    finally:
        await racer.stop()
    return races.tally


def _stopped_by_signal() -> asyncio.Event:
    """Set by SIGINT and SIGTERM from now on."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def _path(offer: int) -> str:
    return f"/v1/offers/{id_of(OFFER, offer)}/accept"
