"""A sweep's result for the eye: the table, and the curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.cli._failures import Refused

SHOWN: dict[str, Callable[[float], str]] = {
    "share": lambda value: f"{100 * value:.1f} %",
    "s": lambda value: f"{value / 60:.1f} min",
    "offers": lambda value: f"{value:.2f}",
    "Gini": lambda value: f"{value:.3f}",
}
"""How a value of each unit is written."""


def show(result: dict[str, Any]) -> None:
    """Print a row for each value and a column for each metric, today's value marked."""
    from rich.console import Console
    from rich.table import Table

    console, metrics = Console(), result["metrics"]
    where = f" for {result['category']}" if result["category"] else ""
    title = f"{result['market']}: {result['field']}{where}"
    table = Table(f"{result['field']}, {result['unit']}", title=title, show_lines=False)
    for metric in metrics:
        table.add_column(metric["label"], justify="right")
    for n, first in enumerate(metrics[0]["points"]):
        mark = "  today" if first["value"] == result["today"] else ""
        cells = [_cell(metric["unit"], metric["points"][n]) for metric in metrics]
        table.add_row(f"{first['value']:g}{mark}", *cells, style="bold" if mark else "")
    console.print(table)
    for why in dict.fromkeys(p["why"] for p in metrics[0]["points"] if p["why"]):
        console.print(f"[yellow]not told:[/yellow] {why}")
    console.print(
        f"{result['chores']} chores of {result['days']:g} days, {result['source']};"
        f" {result['draws']} draws, 90 % intervals; {result['took_s']:g} s"
    )


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw each metric's curve with its band. Raises Refused where nothing can draw."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise Refused("--plot draws with matplotlib, which is not installed") from None
    metrics = result["metrics"]
    figure = Figure(figsize=(4.2 * len(metrics), 3.6), layout="constrained")
    for axes, metric in zip(figure.subplots(1, len(metrics)), metrics, strict=True):
        told = sorted((p for p in metric["points"] if p["predictable"]), key=lambda p: p["value"])
        values = [float(p["value"]) for p in told]
        low, mean, high = ([p[name] for p in told] for name in ("low", "mean", "high"))
        axes.fill_between(values, low, high, alpha=0.2)
        axes.plot(values, mean, "o-")
        axes.axvline(float(result["today"]), color="0.6", linestyle=":")
        axes.set(title=metric["label"], xlabel=f"{result['field']}, {result['unit']}")
        axes.set_ylabel(metric["unit"])
    figure.savefig(path, dpi=120)


def _cell(unit: str, point: dict[str, Any]) -> str:
    if not point["predictable"]:
        return "not told"
    shown = SHOWN[unit]
    return f"{shown(point['mean'])}  [{shown(point['low'])}, {shown(point['high'])}]"
