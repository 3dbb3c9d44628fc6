"""`dibs whatif`: what another value of a policy's field would do, before it is applied."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli._failures import Refused

if TYPE_CHECKING:
    from matching.policy import Knob
    from matching.replay.sweep import Basis, Sweep
    from seed_data.city import City


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
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; as many as cores.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write it all there.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves to this PNG.")] = None,
) -> None:
    """Play a market's days again under other values of a field, and show what each would bring.

    Every figure comes with the 90 % interval for a period of that length. Nothing is changed.
    """
    from service.whatif.generated import Size, generated_basis

    city = _city(market)
    sweep = _sweep(city, field, values, category)
    started = time.monotonic()
    basis = generated_basis(city, Size(days, taskers, chores), draws, seed)
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


def _sweep(city: City, field: str, values: str, category: str | None) -> Sweep:
    from matching.replay.sweep import Sweep, SweepRefused

    known = sorted(each.slug for each in city.categories)
    if category is not None and category not in known:
        raise Refused(f"{city.market.name} has no category {category}: {', '.join(known)}")
    try:
        return Sweep(city.market.policy, field, tuple(map(_value, values.split(","))), category)
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
