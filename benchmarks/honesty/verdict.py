"""The verdict over all seeds: in numbers, and as a picture."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]

TITLES = {
    "fill_rate": ("fill rate", 1.0),
    "time_to_accept_s": ("time to accept, min", 60.0),
    "travel_s": ("travel to a booking, min", 60.0),
    "offers": ("offers a booking", 1.0),
    "income_gini": ("incomes, Gini", 1.0),
}
"""What a metric is called in the picture, and what it is divided by."""
UP, DOWN, MISSED, GREY = "#0b7285", "#e8590c", "#c92a2a", "#868e96"


def summed_up(rows: Rows) -> Iterable[str]:
    """For each metric and direction: how many inside, how wide, how large the effect, its sign."""
    for (metric, direction), found in _groups(rows).items():
        told = [row for row in found if row["inside"] is not None]
        effects = [row["value_b"] - row["value_a"] for row in told]
        widths = [row["predicted_high"] - row["predicted_low"] for row in told]
        narrow = sum(w < abs(e) for w, e in zip(widths, effects, strict=True))
        signs = sum(
            math.copysign(1, effect) == math.copysign(1, row["change"]["mean"])
            for effect, row in zip(effects, told, strict=True)
        )
        yield (
            f"{metric} {direction}: {sum(row['inside'] for row in told)} of {len(told)} inside"
            f" ({len(found) - len(told)} not told), mean width {_mean(widths):.4g}, mean effect"
            f" {_mean(effects):+.4g}, narrower than the effect in {narrow}, sign right in {signs}"
        )


def draw(rows: Rows, path: Path) -> None:
    """Foretold against happened, a panel for each metric, an interval for each seed and direction;
    those that missed are red. A dot on the line was foretold exactly.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 3.6), layout="constrained")
    for axes, (metric, (title, unit)) in zip(figure.subplots(1, 5), TITLES.items(), strict=True):
        told = [row for row in rows if row["metric"] == metric and row["inside"] is not None]
        for row in told:
            _interval(axes, row, unit)
        ends = [row[name] / unit for row in told for name in ("value_b", "predicted")]
        axes.axline((min(ends), min(ends)), slope=1, color=GREY, linewidth=0.8, zorder=0)
        inside = sum(row["inside"] for row in told)
        axes.set_title(f"{title}\n{inside} of {len(told)} inside", fontsize=10)
        axes.set_xlabel("happened")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("foretold, with its 90 % interval")
    for colour, label in (
        (UP, "to the larger radius"),
        (DOWN, "to the smaller"),
        (MISSED, "missed"),
    ):
        figure.axes[0].plot([], [], "o", color=colour, label=label, markersize=4)
    figure.axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=80)


def _interval(axes: Any, row: dict[str, Any], unit: float) -> None:
    happened, low, mid, high = (
        row[name] / unit for name in ("value_b", "predicted_low", "predicted", "predicted_high")
    )
    colour = (UP if row["direction"] == "up" else DOWN) if row["inside"] else MISSED
    axes.plot([happened, happened], [low, high], color=colour, linewidth=1.2, alpha=0.6)
    axes.plot([happened], [mid], "o", color=colour, markersize=3.5)


def _groups(rows: Rows) -> dict[tuple[str, str], Rows]:
    groups: dict[tuple[str, str], Rows] = {}
    for row in rows:
        groups.setdefault((row["metric"], row["direction"]), []).append(row)
    return groups


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
