"""How honest what-if is: foretold from the record of one radius, then really run with another.

A town whose people answer by a rule of another form than the fitted model lives a day through the
service's own operations and rounds, on PostGIS, under a simulated clock, with one radius; and
another, with the same people but other chores and other luck, with another. From each record the
model is refitted, resample by resample, and the other radius is foretold with its 90 % interval;
`inside` says whether what then happened lies in it.
"""

import argparse
import asyncio
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.crowds import benchmark_server
from benchmarks.frame import Report
from benchmarks.honesty.foretelling import Lived, foretold, lived
from benchmarks.honesty.verdict import draw, summed_up
from service.db.engine import open_database

RADII_M = (1_000.0, 3_000.0)
DRAWS = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first of the seeds")
    parser.add_argument("--radii", type=_radii, default=RADII_M, metavar="A,B")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--plot", type=Path, metavar="F", help="draw foretold against happened")
    parser.add_argument(
        "--kept", type=Path, metavar="FOLDER",
        help="keep each day that was lived there; those that are there are not lived again",
    )  # fmt: skip


def run(arguments: argparse.Namespace, report: Report) -> None:
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    with TemporaryDirectory() as passing:
        folder = arguments.kept or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        days = [
            _Day(folder, seed, day, radius_m, arguments.draws)
            for seed in seeds
            for day, radius_m in enumerate(arguments.radii)
        ]
        rows = _lived_and_told([day for day in days if not day.path.exists()], days, arguments.jobs)
    report.rows += rows
    report.notes += list(summed_up(rows))
    if arguments.plot:
        draw(rows, arguments.plot)


@dataclass(frozen=True)
class _Day:
    """A day to be lived, and where it is kept."""

    folder: Path
    seed: int
    day: int
    radius_m: float
    draws: int

    @property
    def path(self) -> Path:
        return self.folder / f"{self.seed}-{self.radius_m:g}.pickle"

    def live(self, url: str) -> None:
        """Live it, and keep it."""
        lived_then = asyncio.run(self._live(url))
        unfinished = self.path.with_suffix(".part")
        unfinished.write_bytes(pickle.dumps(lived_then))
        unfinished.rename(self.path)

    async def _live(self, url: str) -> Lived:
        name = f"town-{self.seed}-{self.day}"
        async with open_database(url, pool=2, application="dibs-benchmark") as database:
            return await lived(
                database, seed=self.seed, radius_m=self.radius_m, day=self.day, draws=self.draws,
                name=name,
            )  # fmt: skip


def _lived_and_told(left: list[_Day], days: list[_Day], jobs: int) -> list[dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context) as pool:
        if left:
            with benchmark_server() as url:
                for done in [pool.submit(day.live, url) for day in left]:
                    done.result()
        told = [pool.submit(_tell, *pair) for pair in zip(days[::2], days[1::2], strict=True)]
        return [row for each in told for row in each.result()]


def _tell(near: _Day, far: _Day) -> list[dict[str, Any]]:
    """Each of the two foretold from the other."""
    one, other = (pickle.loads(day.path.read_bytes()) for day in (near, far))
    return [*foretold(one, other, near.seed), *foretold(other, one, near.seed)]


def _radii(text: str) -> tuple[float, float]:
    first, second = text.split(",")
    return float(first), float(second)
