"""The frontier as a picture: pairs against mean response, ours and everybody's."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.online.published import Point

LETTER_PX, LINE_PX = 5.6, 12.0
"""About what a letter takes in width, and a line in height."""


def plot(
    path: Path,
    ours: Iterable[Point],
    rules: Iterable[Point],
    known: Iterable[Point],
    most_pairs: int | None,
) -> None:
    """Writes the PNG. Up and to the left is better; `most_pairs` are those of one who sees the
    whole day and cares for nothing else.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5.5), dpi=100)
    if most_pairs is not None:
        axes.axhline(most_pairs, color="tab:red", linewidth=0.8, linestyle="--")
    frontier = sorted(ours, key=lambda point: point.mean_response_s)
    axes.plot(*_places(frontier), "o-", color="tab:blue", label="rounds (one dial)", zorder=3)
    rules, known = list(rules), list(known)
    for label, mark, colour, points in (
        ("one-line rules, same run", "s", "tab:orange", rules),
        ("published and known", "^", "tab:gray", [p for p in known if not p.clairvoyant]),
        ("sees the whole day", "*", "tab:red", [p for p in known if p.clairvoyant]),
    ):
        axes.plot(*_places(points), mark, color=colour, label=label, linestyle="none")
    axes.margins(x=0.08)
    axes.set_xlabel("mean response, s (less is better)")
    axes.set_ylabel("pairs (more is better)")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.canvas.draw()  # Only then is it known where a point lies in the picture.
    _name(axes, [*rules, *known])
    figure.savefig(path)
    plt.close(figure)


def _name(axes: Any, points: list[Point]) -> None:
    """Writes each point's policy beside it, below the names that are there already."""
    left_px, right_px = axes.bbox.x0, axes.bbox.x1
    taken: list[tuple[float, float, float]] = []
    for point in sorted(points, key=lambda point: -point.pairs):
        place = (point.mean_response_s, point.pairs)
        x_px, y_px = axes.transData.transform(place)
        width_px = LETTER_PX * len(point.policy)
        to_the_left = x_px + width_px > right_px and x_px - width_px > left_px
        begins_px = x_px - width_px if to_the_left else x_px
        name_px = y_px - LINE_PX
        while any(
            abs(name_px - y) < LINE_PX and begins_px < end and start < begins_px + width_px
            for start, end, y in taken
        ):
            name_px -= LINE_PX / 2
        taken.append((begins_px, begins_px + width_px, name_px))
        axes.annotate(
            point.policy, place, xytext=(-5 if to_the_left else 5, (name_px - y_px) * 0.72),
            textcoords="offset points", fontsize=7, ha="right" if to_the_left else "left",
            va="center",
        )  # fmt: skip


def _places(points: list[Point]) -> tuple[list[float], list[int]]:
    return [point.mean_response_s for point in points], [point.pairs for point in points]
