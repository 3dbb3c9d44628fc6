"""What `dibs seed` and `dibs market import` share: a plan into the database, with progress."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from service.cli._database import migrated_url
from service.cli._failures import Refused
from service.cli._terminal import say

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from service.markets.importing.operations import Plan


def bring_in(plan: Plan, *, replace: bool) -> None:
    """Import a plan into the database that the settings name, or refuse with the reason."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from service.errors import Problem

    url = migrated_url()
    columns = (
        TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bars:
        try:
            asyncio.run(_write(url, plan, bars, replace=replace))
        except Problem as problem:
            raise Refused(f"{problem.detail}; nothing was changed") from None


async def _write(url: str, plan: Plan, bars: Bars, *, replace: bool) -> None:
    from service.db.engine import open_database
    from service.markets.importing.operations import import_city
    from service.runtime import utc_now

    tasks = {step: bars.add_task(step, total=rows) for step, rows in plan.sizes().items()}

    def progress(step: str, rows: int) -> None:
        bars.advance(tasks[step], rows)

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
