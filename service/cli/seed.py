"""`dibs seed`: a city of generated people, for trying things out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from service.cli._failures import Refused
from service.cli._terminal import say


def register(app: typer.Typer) -> None:
    """Add the `seed` command."""
    app.command()(seed)


def seed(
    city: Annotated[
        str, typer.Option(help="london, or the folder of a market to fill with generated people.")
    ] = "london",
    taskers: Annotated[int, typer.Option(min=0, max=1_000_000, help="How many taskers.")] = 5_000,
    clients: Annotated[int, typer.Option(min=0, max=9_999, help="How many clients.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same city.")] = 1,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the market while nobody has used it.")
    ] = False,
) -> None:
    """Make a market with generated taskers and clients, who all sign in with one known password.

    Taskers are tasker-00001@london.example and so on, clients client-0001@london.example. Their
    password works where DIBS_CHEAP_PASSWORD_HASHES is on, and never in production.
    """
    import numpy as np

    from seed_data import LONDON
    from seed_data.folder import FolderRefused, read_city
    from seed_data.taskers import generate_taskers
    from service.cli._import import bring_in, tell
    from service.markets.importing.operations import Plan
    from service.markets.importing.people import PASSWORD, shared_hash
    from service.settings import settings

    if settings().environment == "production":
        raise Refused("generated people share one known password; production takes none of them")
    try:
        place = read_city(LONDON if city == "london" else Path(city))
    except FolderRefused as refused:
        raise Refused(str(refused)) from None
    say(f"drawing {taskers} taskers of {place.market.name}")
    people = generate_taskers(place, taskers, np.random.default_rng(seed))
    plan = Plan(place, people, clients, asyncio.run(shared_hash(settings())))
    bring_in(plan, replace=replace)
    tell(plan)
    say(f"everybody's password is {PASSWORD}")
