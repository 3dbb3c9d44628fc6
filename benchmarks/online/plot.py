"""The frontier as a picture: pairs against mean response, ours and everybody's."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.online.published import Point


def plot(path: Path, ours: Iterable[Point], rules: Iterable[Point], known: Iterable[Point]) -> None:
    """Writes the PNG. Up and to the left is better."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 6.5), dpi=120)
    frontier = sorted(ours, key=lambda point: point.mean_response_s)
    axes.plot(*_places(frontier), "o-", color="tab:blue", label="rounds (one dial)")
    known = list(known)
    for label, mark, colour, points in (
        ("one-line rules, same run", "s", "tab:orange", list(rules)),
        ("published and known", "^", "tab:gray", [p for p in known if not p.clairvoyant]),
        ("sees the whole day", "*", "tab:red", [p for p in known if p.clairvoyant]),
    ):
        axes.plot(*_places(points), mark, color=colour, label=label, linestyle="none")
        for point in points:
            place = (point.mean_response_s, point.pairs)
            axes.annotate(point.policy, place, xytext=(5, -9), fontsize=7,
                          textcoords="offset points")  # fmt: skip
    axes.set_xlabel("mean response, s (less is better)")
    axes.set_ylabel("pairs (more is better)")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _places(points: list[Point]) -> tuple[list[float], list[int]]:
    return [point.mean_response_s for point in points], [point.pairs for point in points]
