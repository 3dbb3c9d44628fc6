"""`dibs acceptance`: what a market's offers teach about how likely the next ones are accepted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli._failures import Refused
from service.cli._terminal import say

if TYPE_CHECKING:
    from service.acceptance.operations import Fit

commands = typer.Typer(
    help="The chance that an offer is accepted: fit it to what taskers answered.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the `acceptance` commands."""
    app.add_typer(commands, name="acceptance")


@commands.callback()
def acceptance() -> None:
    """Keep `fit` a command of its own, though it is the only one."""


@commands.command("fit")
def fit(
    market: Annotated[str, typer.Option(help="The market's name in paths.")],
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How far back offers count.")] = 30,
    note: Annotated[str, typer.Option(help="Kept with the model.")] = "",
    keep: Annotated[
        bool, typer.Option("--keep/--dry-run", help="Keep it for the rounds to come, or only show.")
    ] = True,
    plot: Annotated[Path | None, typer.Option(help="Draw the calibration to this PNG.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write it all there.")] = None,
) -> None:
    """Fit a market's model of acceptance, show how good it is, and let rounds use it.

    Accepted offers count against those declined or left to expire on a device that had them;
    withdrawn and undelivered ones do not count. The scores are of offers that were not in the fit.
    """
    from service.cli._database import running_url

    found = asyncio.run(_fit(running_url(), market, days, note, keep))
    if not found.offers:
        raise Refused(
            f"{market} has no answered offers of the last {days} days: the prior stays in force"
        )
    _show(found)
    if plot is not None:
        _draw(found, plot)
    if as_json is not None:
        as_json.write_text(json.dumps(found.document(), indent=2) + "\n")
    say(f"kept as version {found.version}" if found.version else "not kept")


async def _fit(url: str, market: str, days: int, note: str, keep: bool) -> Fit:
    from service.acceptance.operations import fit_market
    from service.db.engine import open_database
    from service.runtime import utc_now

    async with open_database(url, pool=1, application="dibs-acceptance") as database:
        return await database.run(
            fit_market, market=market, days=days, note=note, keep=keep, now=utc_now()
        )


def _show(found: Fit) -> None:
    from rich.console import Console
    from rich.table import Table

    document, console = found.document(), Console()
    console.print(f"{found.market}: {found.accepted} of {found.offers} offers were accepted")
    weights = Table("feature", "prior", "fitted", title="weights")
    for name, fitted in document["coefficients"].items():
        weights.add_row(name, f"{document['prior_coefficients'][name]:.3f}", f"{fitted:.3f}")
    console.print(weights)
    scores = Table("offers not in the fit", "log loss", "Brier score", title="scores")
    for name in ("ours", "prior"):
        score = document[name]
        scores.add_row(name, f"{score['log_loss']:.4f}", f"{score['brier']:.4f}")
    console.print(scores)
    bins = Table("offers", "predicted", "accepted", title="calibration")
    for each in found.bins:
        bins.add_row(str(each.offers), f"{each.predicted:.3f}", f"{each.accepted:.3f}")
    console.print(bins)


def _draw(found: Fit, path: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise Refused("--plot draws with matplotlib, which is not installed") from None
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot([each.predicted for each in found.bins], [each.accepted for each in found.bins], "o-")
    axes.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="chance foretold", ylabel="share accepted",
        title=f"{found.market}: {found.offers} offers, not in the fit",
    )  # fmt: skip
    figure.savefig(path, dpi=120)
