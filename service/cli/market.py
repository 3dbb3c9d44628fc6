"""`dibs market`: bring a city in, or only check the folder it comes in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli._failures import Refused
from service.cli._terminal import say

if TYPE_CHECKING:
    from seed_data.city import CityFolder

commands = typer.Typer(
    help="Markets: bring a city in from a folder, whose form seed_data/FORMAT.md documents.",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(help="The market folder.")]


def register(app: typer.Typer) -> None:
    """Add the `market` commands."""
    app.add_typer(commands, name="market")


@commands.command("import")
def import_folder(
    folder: Folder,
    clients: Annotated[
        int, typer.Option(min=0, max=9_999, help="Clients to make, for replaying chores.")
    ] = 100,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the market while nobody has used it.")
    ] = False,
) -> None:
    """Bring a market in with its taskers: all of it, or nothing and every fault told.

    Chores of the folder are not written: `dibs demo --replay` posts them through the API.
    """
    from service.cli._import import bring_in, tell
    from service.markets.importing.operations import Plan
    from service.markets.importing.people import shared_hash
    from service.settings import settings

    found = _read(folder)
    password = asyncio.run(shared_hash(settings()))
    plan = Plan(found.city, found.taskers, clients, password)
    bring_in(plan, replace=replace)
    _tell_simplified(found)
    tell(plan)


@commands.command()
def check(folder: Folder) -> None:
    """Say whether a folder could be imported, without touching a database."""
    found = _read(folder)
    _tell_simplified(found)
    say(
        f"{folder} is in order: {len(found.city.districts)} districts,"
        f" {len(found.city.categories)} categories, {len(found.taskers)} taskers,"
        f" {len(found.chores)} chores"
    )


def _read(folder: Path) -> CityFolder:
    from seed_data.folder import FolderRefused, read_folder

    try:
        return read_folder(folder)
    except FolderRefused as refused:
        raise Refused(f"{folder} was not imported:\n{refused}") from None


def _tell_simplified(found: CityFolder) -> None:
    """Which areas lost vertices: the worst of them, and how many in all."""
    if not found.simplified:
        return
    worst = max(found.simplified, key=lambda each: each[3])
    where, before, after, tolerance_m = worst
    say(
        f"{len(found.simplified)} areas were simplified to fit, most of all {where}:"
        f" {before} vertices to {after}, by {tolerance_m:g} m at most"
    )
