"""Small days and instances in the formats of the published files, drawn from a seed."""

from pathlib import Path

import numpy as np

from benchmarks.online.day import Day, read_day
from benchmarks.online.instance import Instance, read_instance


def small_day(folder: Path, seed: int = 1, arrivals: int = 150, tasks: float = 0.5) -> Day:
    """A clustered half hour in which so many of the arrivals are tasks, read from a file."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 1800, arrivals))
    centres = rng.uniform(0, 5000, (4, 2))
    lines = []
    for at, is_task in zip(times, rng.random(arrivals) < tasks, strict=True):
        x, y = centres[rng.integers(4)] + rng.normal(0, 700, 2)
        place = f"{x:.0f} {y:.0f}"
        lines.append(f"{at} t {place} 600" if is_task else f"{at} w {place} 300 1500")
    first = sum(" t " in line for line in lines)
    return read_day(written(folder, [f"{first} {arrivals - first}", *lines]))


def small_instance(folder: Path, seed: int = 1, arrivals: int = 60) -> Instance:
    """Tasks and workers whose times are not in the order of the lines."""
    rng = np.random.default_rng(seed)
    lines = []
    for is_task in rng.random(arrivals) < 0.5:
        start = f"{rng.integers(0, 1500)} "
        place = f"{rng.uniform(0, 4):.6f} {rng.uniform(0, 4):.6f}"
        if is_task:
            lines.append(f"{start}t {place} 300 {rng.uniform(5, 14):.1f}")
        else:
            lines.append(f"{start}w {place} 1 {rng.integers(1, 3)} 300 {rng.uniform(0.7, 1):.3f}")
    tasks = sum(" t " in line for line in lines)
    return read_instance(written(folder, [f"{arrivals - tasks} {tasks} 20 0", *lines]))


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "data.txt"
    path.write_text("\n".join(lines) + "\n")
    return path
