"""`dibs whatif`: what another value of a policy's field would do, before it is applied."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli._failures import Refused

if TYPE_CHECKING:
    from matching.policy import Knob, PolicyDocument
    from matching.replay.sweep import Basis, Sweep
    from seed_data.city import City
    from service.whatif.generated import Size


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(whatif)


def whatif(
    values: Annotated[str, typer.Option(help="What to try, such as 2000,4000,6000.")],
    market: Annotated[str, typer.Option(help="The market's name in paths.")] = "london",
    field: Annotated[str, typer.Option(help="The field of the policy.")] = "radius_m",
    category: Annotated[str | None, typer.Option(help="Only for this kind of chore.")] = None,
    days: Annotated[int, typer.Option(min=1, max=60, help="How many days to play.")] = 7,
    draws: Annotated[
        int, typer.Option(min=1, max=200, help="How often people's answers are drawn anew.")
    ] = 4,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same answer.")] = 1,
    taskers: Annotated[int, typer.Option(min=1, help="Of a generated city.")] = 5_000,
    chores: Annotated[int, typer.Option(min=1, help="A day, in a generated city.")] = 2_000,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Play the market's past days, from the database.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; as many as cores.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write it all there.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves to this PNG.")] = None,
) -> None:
    """Play a market's days again under other values of a field, and show what each would bring.

    Every figure comes with the 90 % interval for a period of that length. Nothing is changed.
    """
    from service.whatif.generated import Size

    size = Size(days, taskers, chores)
    started = time.monotonic()
    if recorded:
        policy, categories, basis = asyncio.run(_recorded(market, days, draws, seed))
        sweep = _sweep(policy, categories, field, values, category)
    else:
        city = _city(market)
        slugs = [each.slug for each in city.categories]
        sweep = _sweep(city.market.policy, slugs, field, values, category)
        basis = _generated(city, size, draws, seed)
    result = _run(sweep, basis, jobs or os.cpu_count() or 1)
    result |= {"market": market, "seed": seed, "took_s": round(time.monotonic() - started, 1)}
    from service.cli._whatif_shown import draw, show

    show(result)
    if plot is not None:
        draw(result, plot)
    if as_json is not None:
        as_json.write_text(json.dumps(result, indent=2) + "\n")


def _city(market: str) -> City:
    from seed_data import LONDON
    from seed_data.folder import FolderRefused, read_city

    try:
        return read_city(LONDON if market == "london" else Path(market))
    except FolderRefused as refused:
        raise Refused(str(refused)) from None


def _generated(city: City, size: Size, draws: int, seed: int) -> Basis:
    from service.whatif.generated import generated_basis

    return generated_basis(city, size, draws, seed)


async def _recorded(
    market: str, days: int, draws: int, seed: int
) -> tuple[PolicyDocument, list[str], Basis]:
    """The policy in force, the categories, and the newest days of a market in the database."""
    from matching.policy import PolicyDocument
    from service.cli._database import running_url
    from service.db.engine import open_database
    from service.policies.operations import read_policy
    from service.runtime import utc_now
    from service.whatif.basis import recorded_days

    async with open_database(running_url(), pool=1, application="dibs-whatif") as database:
        policy = await database.run(read_policy, market=market)
        basis = await recorded_days(
            database, market=market, days=days, draws=draws, seed=seed, now=utc_now()
        )
    if basis is None:
        raise Refused(f"nothing is on record of {market}: leave --recorded out to play its city")
    return PolicyDocument.model_validate(policy.version.document), policy.categories, basis


def _sweep(
    policy: PolicyDocument, known: list[str], field: str, values: str, category: str | None
) -> Sweep:
    from matching.replay.sweep import Sweep, SweepRefused

    if category is not None and category not in known:
        raise Refused(f"there is no category {category}: {', '.join(sorted(known))}")
    try:
        return Sweep(policy, field, tuple(map(_value, values.split(","))), category)
    except SweepRefused as refused:
        raise Refused(str(refused)) from None


def _value(text: str) -> Knob:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, bool | int | float):
        raise Refused(f"--values takes numbers, true or false, not {text!r}")
    return value


def _run(sweep: Sweep, basis: Basis, jobs: int) -> dict[str, Any]:
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from service.whatif.pool import run_sweep

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
    )
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn()) as bar:
        what = f"{len(sweep.labels)} policies, {basis.record.days:.0f} days"
        task = bar.add_task(f"{what}, {len(basis.record.chores)} chores", total=1.0)

        def told(share: float) -> bool:
            bar.update(task, completed=share)
            return True

        return run_sweep(sweep, basis, jobs, told)
