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
AXES = {"share": ("%", 100.0), "s": ("min", 1 / 60), "offers": ("offers", 1.0), "Gini": ("", 1.0)}
"""What the axis of each unit says, and what a value is multiplied by there."""
TEAL, GREY, INK = "#0b7285", "#868e96", "#343a40"


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
    """Draw each metric's curve with its band, today's value marked, what cannot be told left out
    and said. Raises Refused where nothing can draw.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise Refused("--plot draws with matplotlib, which is not installed") from None
    metrics = result["metrics"]
    figure = Figure(figsize=(3.3 * len(metrics), 3.6), layout="constrained")
    figure.suptitle(_heading(result), x=0.01, ha="left", fontsize=11, color=INK)
    for axes, metric in zip(figure.subplots(1, len(metrics)), metrics, strict=True):
        _curve(axes, metric, result)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def _curve(axes: Any, metric: dict[str, Any], result: dict[str, Any]) -> None:
    name, scale = AXES[metric["unit"]]
    points = sorted(metric["points"], key=lambda point: point["value"])
    told = [point for point in points if point["predictable"]]
    values = [float(point["value"]) for point in told]
    low, mean, high = ([scale * p[which] for p in told] for which in ("low", "mean", "high"))
    axes.fill_between(values, low, high, color=TEAL, alpha=0.18, linewidth=0)
    axes.plot(values, mean, "o-", color=TEAL, linewidth=1.8, markersize=4)
    axes.axvline(float(result["today"]), color=GREY, linestyle=(0, (2, 2)), linewidth=1)
    axes.annotate(
        "today", (float(result["today"]), 1), xycoords=("data", "axes fraction"), xytext=(3, -9),
        textcoords="offset points", fontsize=8, color=GREY,
    )  # fmt: skip
    for point in points:
        if not point["predictable"]:
            axes.annotate(
                "not told", (float(point["value"]), 0.03), xycoords=("data", "axes fraction"),
                rotation=90, ha="center", fontsize=8, color=GREY,
            )  # fmt: skip
    axes.set_title(metric["label"], fontsize=10, loc="left", color=INK)
    axes.set_xlabel(f"{result['field']}, {result['unit']}", fontsize=9, color=INK)
    axes.set_ylabel(name, fontsize=9, color=INK)
    axes.set_xlim(_with_room([float(point["value"]) for point in points]))
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _heading(result: dict[str, Any]) -> str:
    where = f" for {result['category']}" if result["category"] else ""
    return (
        f"What if {result['market']} had another {result['field']}{where}?  "
        f"{result['chores']:,} chores of {result['days']:.3g} days, {result['source']}; bands hold"
        " what such a time would show, nine times of ten"
    )


def _with_room(values: list[float]) -> tuple[float, float]:
    """From the least to the greatest, and a little beyond."""
    room = 0.06 * (max(values) - min(values)) or 1.0
    return min(values) - room, max(values) + room


def _cell(unit: str, point: dict[str, Any]) -> str:
    if not point["predictable"]:
        return "not told"
    shown = SHOWN[unit]
    return f"{shown(point['mean'])}  [{shown(point['low'])}, {shown(point['high'])}]"
