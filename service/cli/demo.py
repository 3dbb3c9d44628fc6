"""`dibs demo`: a city that lives, through the public API, on real parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli._database import borrowed_url, migrated
from service.cli._failures import Refused
from service.cli._terminal import say

if TYPE_CHECKING:
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
    replay: Annotated[Path | None, typer.Option(help="Post this chores.csv instead.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="How much faster than recorded.")] = 60.0,
    apis: Annotated[int, typer.Option(min=1, max=8, help="How many api processes.")] = 1,
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Of the first api.")] = 8000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same people.")] = 1,
) -> None:
    """Watch a city's chores find their taskers: real HTTP, real websockets, a real PostGIS.

    Ctrl-C ends all it started. The data stays for the next run unless --reset is said. The exit
    code is 1 when an invariant broke: somebody booked twice, an event lost, a server error.
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
    console = Console(stderr=headless)
    chores = _chores(replay, rate, speed, seed)
    try:
        with borrowed_url() as url:
            if reset:
                drop_and_create(url)
                migrated(url)
            report = uvloop.run(
                _run(
                    url,
                    market,
                    taskers,
                    online,
                    chores,
                    seconds,
                    seed,
                    apis,
                    port,
                    console,
                    headless,
                    picture,
                )
            )
    except NotStarted as failure:
        raise Refused(str(failure)) from None
    except Problem as problem:
        raise Refused(problem.detail) from None
    raise typer.Exit(finish(report, console, json))


Chores = Callable[["City"], AsyncIterator[Mapping[str, Any]]]


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


async def _run(
    url: str,
    market: str,
    taskers: int,
    online: int,
    chores: Chores,
    seconds: float | None,
    seed: int,
    apis: int,
    port: int,
    console: Any,
    headless: bool,
    picture: Path | None,
) -> dict[str, Any]:
    import signal

    from service.db.cluster.places import REPOSITORY
    from service.db.engine import open_database
    from service.demo.run import Run, live
    from service.demo.setting import ensure_city, people_of

    async with open_database(url, application="dibs-demo") as database:
        city = await ensure_city(database, market=market, taskers=taskers, seed=seed, say=say)
        people = await database.run(people_of, market=market, online=online, seed=seed)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    logs = REPOSITORY / ".data" / "demo"
    posts = chores(city)
    run = Run(url, city.market.name, people, posts, seconds, seed, apis, port, logs)
    return await live(run, console, headless=headless, stop=stop, picture=picture)
