"""One run of the demo from nothing to report: database, seed, processes, life, quiet, checks."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from service.db.engine import open_database
from service.demo import checks, screen
from service.demo.city import City, People
from service.demo.picture import save_picture
from service.demo.processes import Processes, free_ports
from service.demo.tally import broken
from service.runtime import utc_now

ARRIVED_S = 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """What to run: on which database, for whom, how long (`seconds` None: until Ctrl-C).

    `operator` is the e-mail of somebody who may sign in at the console.
    """

    database_url: str
    market: str
    people: People
    operator: str
    chores: AsyncIterator[Mapping[str, Any]]
    seconds: float | None
    seed: int
    apis: int
    port: int
    logs: Path

    def environment(self) -> dict[str, str]:
        """The settings of the demo's own processes: development, one cheap hash, loopback
        unlimited.
        """
        return {
            "DATABASE_URL": self.database_url,
            "DIBS_ENVIRONMENT": "development",
            "DIBS_CHEAP_PASSWORD_HASHES": "true",
            "DIBS_UNLIMITED_ADDRESSES": "127.0.0.1",
        }


@asynccontextmanager
async def started(
    run: Run, console: Console, stop: asyncio.Event
) -> AsyncIterator[tuple[Processes, City]]:
    """The api processes and the dispatcher, ready, with the city's people signed in."""
    processes = Processes(run.logs, run.environment())
    ports = [run.port, *free_ports(run.apis - 1)]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for number, port in enumerate(ports):
            await processes.start(f"api-{number}", "api", "--port", str(port))
        await processes.start("dispatch", "dispatch")
        for number, url in enumerate(urls):
            await processes.ready(f"api-{number}", url)
        async with open_database(run.database_url, application="dibs-demo") as database:
            since = await database.run(checks.last_numbers)
        city = City(urls, run.people, run.seed, since)
        try:
            await _gather_people(city, console, stop)
            yield processes, city
        finally:
            await city.close()
    finally:
        await processes.stop()


async def live(
    run: Run,
    console: Console,
    *,
    headless: bool,
    stop: asyncio.Event,
    picture: Path | None = None,
) -> dict[str, Any]:
    """Let the city live, then settle and be checked. Returns the report; `picture` gets the view
    of the moment the posting ended.
    """
    began_at = utc_now()
    async with started(run, console, stop) as (processes, city):
        console.print(f"console: {city.urls[0]}/console/ ({run.operator}, {run.people.password})")
        began = time.monotonic()
        posting = asyncio.create_task(city.post(run.chores))
        showing = asyncio.create_task(
            _tell(city, console, began) if headless else _show(run, city, console, began)
        )
        try:
            await asyncio.wait_for(stop.wait(), run.seconds)
        except TimeoutError:
            pass
        finally:
            posting.cancel()
        if picture is not None:
            save_picture(_view(run, city, began), picture)
        if headless:
            console.print("settling: what is under way ends; Ctrl-C again ends at once")
        await city.settle()
        await processes.end("dispatch")
        report = await _report(run, city, began_at)
        showing.cancel()
        await _over(posting, showing)
        return report


async def _over(*tasks: asyncio.Task[None]) -> None:
    """Wait for tasks that were cancelled; what one of them died of before is raised."""
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


async def _gather_people(city: City, console: Console, stop: asyncio.Event) -> None:
    """Sign everybody in, or as many as there are when `stop` is set."""
    columns = (TextColumn("everybody signs in"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        total = len(city.people.clients) + len(city.people.taskers)
        task = bars.add_task("", total=total)
        opening = asyncio.create_task(city.open(lambda: bars.advance(task)))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not opening.done():
            opening.cancel()
        await _over(opening)


async def _report(run: Run, city: City, began_at: datetime) -> dict[str, Any]:
    """The report, once every event was read; what has not arrived after `ARRIVED_S` is lost."""
    async with open_database(run.database_url, application="dibs-demo") as database:
        waited = time.monotonic()
        while unread := await database.run(checks.lost_events, city.read()):
            if time.monotonic() - waited > ARRIVED_S:
                break
            await asyncio.sleep(0.5)
        city.tally.count("lost_events", unread)
        doubled = await database.run(checks.double_bookings, since=began_at)
        city.tally.count("double_bookings", doubled)
        return city.tally.report(await database.run(checks.rounds, since=began_at))


async def _show(run: Run, city: City, console: Console, began: float) -> None:
    with Live(console=console, screen=True, auto_refresh=False) as shown:
        while True:
            shown.update(_view(run, city, began), refresh=True)
            await asyncio.sleep(0.25)


def _view(run: Run, city: City, began: float) -> RenderableType:
    return screen.view(
        city.tally,
        market=run.market,
        elapsed_s=time.monotonic() - began,
        urls={
            "console": f"{city.urls[0]}/console/",
            "sign in": f"{run.operator}, {run.people.password}",
            "api docs": f"{city.urls[0]}/v1/docs",
            "metrics": f"{city.urls[0]}/metrics",
        },
        trend=city.bookings_by_second,
    )


async def _tell(city: City, console: Console, began: float) -> None:
    """A line every few seconds, for a log."""
    while True:
        await asyncio.sleep(5.0)
        counts = city.tally.counts
        console.print(
            f"{time.monotonic() - began:5.0f} s  {counts['online']} online  "
            + "  ".join(
                f"{name} {counts[name]}"
                for name in ("posted", "offers_delivered", "accepted", "booked", "completed")
            ),
            highlight=False,
            soft_wrap=True,
        )


def finish(report: dict[str, Any], console: Console, json_file: Path | None) -> int:
    """Print the report, write it where wanted; the exit code: 1 when an invariant broke."""
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    faults = broken(report)
    screen.summary(console, report, faults)
    return 1 if faults else 0
