"""`dibs demo`: a city that lives, through the public API, on real parts."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli._database import borrowed_url, given_url, migrated
from service.cli._failures import Refused

if TYPE_CHECKING:
    from rich.console import Console

    from seed_data.city import City

RATE = 6.0


def register(app: typer.Typer) -> None:
    """Add the `demo` command."""
    app.command()(demo)


def demo(
    market: Annotated[str, typer.Option(help="A market that was imported; London is made.")] = (
        "london"
    ),
    taskers: Annotated[int, typer.Option(min=1, help="How many live in a new London.")] = 5_000,
    online: Annotated[int, typer.Option(min=1, help="How many of them hold a phone.")] = 800,
    rate: Annotated[float, typer.Option(min=0.01, help="Chores posted a second.")] = RATE,
    seconds: Annotated[float | None, typer.Option(min=1, help="Else until Ctrl-C.")] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Lines instead of a screen.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Save the last live view to this SVG file.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Begin with an empty database.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Reset even a database that was given.")] = (
        False
    ),
    replay: Annotated[Path | None, typer.Option(help="Post this chores.csv instead.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="How much faster than recorded.")] = 60.0,
    apis: Annotated[int, typer.Option(min=1, max=8, help="How many api processes.")] = 1,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Of the first api.")] = 8000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same people.")] = 1,
) -> None:
    """Watch a city's chores find their taskers: real HTTP, real websockets, a real PostGIS.

    Ctrl-C lets what is under way end, a second one ends at once; either way all that was started
    is ended. The data stays for the next run unless --reset is said. The exit code is 1 when an
    invariant broke: somebody booked twice, an event lost, a server error, nothing booked.
    """
    import uvloop
    from rich.console import Console

    from service.db.emptying import drop_and_create
    from service.demo.processes import NotStarted
    from service.demo.run import finish
    from service.errors import Problem
    from service.settings import settings

    if settings().environment == "production":
        raise Refused("the demo's people share one known password; production takes none of them")
    if reset and given_url() is not None and not yes:
        raise Refused("--reset drops the database that DATABASE_URL names; say --yes to do so")
    options = _Options(
        market, taskers, online, seconds, headless, picture, apis, port, seed,
        chores=_chores(replay, rate, speed, seed),
    )  # fmt: skip
    console = Console(stderr=headless)
    try:
        with borrowed_url() as url:
            if reset:
                drop_and_create(url)
                migrated(url)
            report = uvloop.run(_run(url, options, console))
    except NotStarted as failure:
        raise Refused(str(failure)) from None
    except Problem as problem:
        raise Refused(problem.detail) from None
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    raise typer.Exit(finish(report, console, json))


Chores = Callable[["City"], AsyncIterator[Mapping[str, Any]]]


@dataclass(frozen=True)
class _Options:
    """What was asked for on the command line."""

    market: str
    taskers: int
    online: int
    seconds: float | None
    headless: bool
    picture: Path | None
    apis: int
    port: int
    seed: int
    chores: Chores


def _chores(replay: Path | None, rate: float, speed: float, seed: int) -> Chores:
    from seed_data.folder import FolderRefused
    from seed_data.folder.reader import read_chores_file
    from service.demo.demand import replayed, steady

    def chores(city: City) -> AsyncIterator[Mapping[str, Any]]:
        if replay is None:
            return steady(city, rate, seed)
        try:
            return replayed(city, read_chores_file(replay, city), speed)
        except FolderRefused as refused:
            raise Refused(str(refused)) from None

    return chores


async def _run(url: str, options: _Options, console: Console) -> dict[str, Any]:
    from service.cli._import import progress_of
    from service.db.cluster.places import REPOSITORY
    from service.db.engine import open_database
    from service.demo.run import Run, live
    from service.demo.setting import ensure_city, ensure_operator, people_of

    stop = _stopped_by_signals()
    async with open_database(url, application="dibs-demo") as database:
        city = await ensure_city(
            database,
            market=options.market,
            taskers=options.taskers,
            seed=options.seed,
            watched=progress_of,
        )
        people = await database.run(
            people_of, market=options.market, online=options.online, seed=options.seed
        )
        operator = await database.run(ensure_operator, market=options.market)
    if not people.clients or not people.taskers:
        raise Refused(f"nobody lives in {city.market.name}: dibs seed, or dibs market import")
    run = Run(
        database_url=url,
        market=city.market.name,
        people=people,
        operator=operator,
        chores=options.chores(city),
        seconds=options.seconds,
        seed=options.seed,
        apis=options.apis,
        port=options.port,
        logs=REPOSITORY / ".data" / "demo",
    )
    return await live(run, console, headless=options.headless, stop=stop, picture=options.picture)


def _stopped_by_signals() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM; the second cancels the task that asked."""
    loop, stop, running = asyncio.get_running_loop(), asyncio.Event(), asyncio.current_task()

    def heard() -> None:
        if stop.is_set() and running is not None:
            running.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, heard)
    return stop
