"""What `dibs seed` and `dibs market import` share: a plan into the database, with progress."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli._database import migrated_url
from service.cli._failures import Refused
from service.cli._terminal import say

if TYPE_CHECKING:
    from service.markets.importing.operations import Plan, Progress


def bring_in(plan: Plan, *, replace: bool) -> None:
    """Import a plan into the database that the settings name, or refuse with the reason."""
    from service.errors import Problem

    url = migrated_url()
    try:
        with progress_of(plan) as progress:
            asyncio.run(_write(url, plan, progress, replace=replace))
    except Problem as problem:
        raise Refused(f"{problem.detail}; nothing was changed") from None


@contextmanager
def progress_of(plan: Plan) -> Iterator[Progress]:
    """A bar for each step of an import, and what moves them."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {step: bars.add_task(step, total=rows) for step, rows in plan.sizes().items()}
        yield lambda step, rows: bars.advance(tasks[step], rows)


async def _write(url: str, plan: Plan, progress: Progress, *, replace: bool) -> None:
    from service.db.engine import open_database
    from service.markets.importing.operations import import_city
    from service.runtime import utc_now

    async with open_database(url, pool=1, application="dibs-import") as database:
        await database.run(
            import_city, plan=plan, now=utc_now(), replace=replace, progress=progress
        )


def tell(plan: Plan) -> None:
    """Say what came in."""
    market = plan.city.market
    say(
        f"{market.name}: {len(plan.city.districts)} districts, {len(plan.city.categories)}"
        f" categories, {len(plan.taskers)} taskers, {plan.clients} clients"
    )
