"""How honest what-if is: foretold from the record of one radius, then really run with another.

A town whose people answer by a rule of another form than the fitted model lives a day through the
service's own operations and rounds, on PostGIS, under a simulated clock: once with each radius.
From each record the model is refitted, resample by resample, and the other radius is foretold with
its 90 % interval; `inside` says whether what then happened lies in it. Luck is drawn anew in every
run.
"""

import argparse
import asyncio
import math
import multiprocessing
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.crowds import benchmark_server
from benchmarks.frame import Report
from benchmarks.honesty.foretelling import foretold, lived
from service.db.engine import open_database

RADII_M = (1_000.0, 3_000.0)
DRAWS = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first of the seeds")
    parser.add_argument("--radii", type=_radii, default=RADII_M, metavar="A,B")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--plot", type=Path)


def run(arguments: argparse.Namespace, report: Report) -> None:
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    context = multiprocessing.get_context("spawn")
    with benchmark_server() as url, ProcessPoolExecutor(arguments.jobs, context) as pool:
        tries = [
            pool.submit(try_seed, url, seed, arguments.radii, arguments.draws) for seed in seeds
        ]
        rows = [row for each in tries for row in each.result()]
    report.rows += rows
    report.notes += list(summed_up(rows))
    if arguments.plot:
        draw(rows, arguments.plot)


def try_seed(url: str, seed: int, radii: tuple[float, float], draws: int) -> list[dict[str, Any]]:
    """Both radii lived, and each foretold from the other."""
    return asyncio.run(_try_seed(url, seed, radii, draws))


async def _try_seed(
    url: str, seed: int, radii: tuple[float, float], draws: int
) -> list[dict[str, Any]]:
    async with open_database(url, pool=2, application="dibs-benchmark") as database:
        near, far = [
            await lived(
                database, seed=seed, radius_m=radius_m, luck=luck, draws=draws,
                name=f"town-{seed}-{luck}",
            )
            for luck, radius_m in enumerate(radii)
        ]  # fmt: skip
    return [*foretold(near, far, seed), *foretold(far, near, seed)]


def summed_up(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """For each metric and direction: how many inside, how wide, how large the effect, its sign."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["metric"], row["direction"]), []).append(row)
    for (metric, direction), found in groups.items():
        told = [row for row in found if row["inside"] is not None]
        inside = sum(row["inside"] for row in told)
        effects = [row["value_b"] - row["value_a"] for row in told]
        widths = [row["predicted_high"] - row["predicted_low"] for row in told]
        signs = sum(
            math.copysign(1, effect) == math.copysign(1, row["change"]["mean"])
            for effect, row in zip(effects, told, strict=True)
        )
        yield (
            f"{metric} {direction}: {inside} of {len(told)} inside ({len(found) - len(told)} not"
            f" told), mean width {_mean(widths):.4g}, mean effect {_mean(effects):+.4g},"
            f" sign right in {signs}"
        )


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Foretold against happened, one panel a metric."""
    from matplotlib.figure import Figure

    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    figure = Figure(figsize=(4 * len(metrics), 4), layout="constrained")
    for axes, metric in zip(figure.subplots(1, len(metrics)), metrics, strict=True):
        for direction, colour in (("up", "tab:blue"), ("down", "tab:orange")):
            told = [
                row
                for row in rows
                if (row["metric"], row["direction"]) == (metric, direction)
                and row["inside"] is not None
            ]
            below = [row["predicted"] - row["predicted_low"] for row in told]
            above = [row["predicted_high"] - row["predicted"] for row in told]
            axes.errorbar(
                [row["value_b"] for row in told], [row["predicted"] for row in told],
                yerr=[below, above], fmt="o", color=colour, label=direction, alpha=0.6,
            )  # fmt: skip
        edge = axes.get_xlim()
        axes.plot(edge, edge, color="0.6", linewidth=1)
        axes.set(title=metric, xlabel="happened", ylabel="foretold, 90 %")
        axes.legend()
    figure.savefig(path, dpi=110)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _radii(text: str) -> tuple[float, float]:
    first, second = text.split(",")
    return float(first), float(second)
