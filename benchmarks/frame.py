"""What every benchmark shares: the machine, alternated runs, the table and the rows as JSON."""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table

Row = Mapping[str, Any]

MEASURED_WITH = ("numpy", "ortools", "scipy", "lapx", "shapely")


class Benchmark(Protocol):
    """A module with these two functions; its first docstring line is its help."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the benchmark's own arguments."""
        ...

    def run(self, arguments: argparse.Namespace, report: "Report") -> None:
        """Measures, and adds rows to the report."""
        ...


@dataclass
class Report:
    """The rows of one benchmark, shown and written."""

    name: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(width=220, soft_wrap=True))

    def add(self, **row: Any) -> None:
        """Adds a row, and says on the screen that it is there."""
        self.rows.append(row)
        self.console.print(
            "  " + "  ".join(f"{name} {shown(value)}" for name, value in row.items())
        )

    def show(self) -> None:
        """Prints the machine, the table and the notes."""
        self.console.print(f"\n[bold]{self.name}[/bold] on {machine()['cpu']}, {_loads()}")
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        table = Table(*columns)
        for row in self.rows:
            table.add_row(*(shown(row.get(name)) for name in columns))
        self.console.print(table)
        for note in self.notes:
            self.console.print(note)

    def write(self, path: Path) -> None:
        """Writes {"name", "machine", "rows"} as JSON."""
        document = {"name": self.name, "machine": machine(), "rows": self.rows}
        path.write_text(json.dumps(document, indent=2) + "\n")


def alternated(contenders: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, float]:
    """Median seconds of each contender over `runs` turns, all of them running once a turn; every
    other turn backwards, since who runs after whom finds the caches as that one left them.

    Seconds of this process's CPU: on a machine that is busy with other things, a clock on the wall
    measures those. What is compared this way runs on one core and waits for nothing.
    """
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(runs):
        for name in list(contenders)[:: -1 if turn % 2 else 1]:
            started = time.process_time()
            contenders[name]()
            took[name].append(time.process_time() - started)
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "versions": {name: version(name) for name in MEASURED_WITH},
    }


def shown(value: object) -> str:
    """A value as the table shows it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "-" if value is None else str(value)


def sizes(text: str) -> list[tuple[int, int]]:
    """Sizes like 1000x2000,10000x20000 as pairs, for argparse."""
    pairs: list[Sequence[str]] = [each.split("x") for each in text.split(",")]
    return [(int(chores), int(taskers)) for chores, taskers in pairs]


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _loads() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
