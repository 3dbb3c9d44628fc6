"""A day of arrivals: tasks and workers in time order, each with a place and a time to live."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.online.lines import BadLine, Line, lines_of
from matching.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Day:
    """Arrivals by row, shape (n,), in the order of the file.

    at_s: when. x_m, y_m: where. until_s: the last moment it can be matched. reach_m: how far a
    worker goes; 0 for a task.
    """

    is_task: Bools
    at_s: Floats
    x_m: Floats
    y_m: Floats
    until_s: Floats
    reach_m: Floats

    def __len__(self) -> int:
        return len(self.at_s)

    def before(self, at_s: float) -> "Day":
        """The arrivals before a moment."""
        return self.rows(np.flatnonzero(self.at_s < at_s))

    def rows(self, rows: Ints) -> "Day":
        """Those arrivals, in that order."""
        return Day(
            self.is_task[rows], self.at_s[rows], self.x_m[rows], self.y_m[rows],
            self.until_s[rows], self.reach_m[rows],
        )  # fmt: skip

    def moments(self) -> Iterator[Ints]:
        """The rows that arrive at one moment, moment by moment."""
        ends = np.flatnonzero(np.diff(self.at_s)) + 1
        yield from np.split(np.arange(len(self)), ends)


def read_day(path: Path) -> Day:
    """The day of a file: `n_tasks n_workers`, then `time t x y ttl` and `time w x y ttl radius`.

    Raises BadLine: not in that form, out of time order, or not as many as announced.
    """
    lines = lines_of(path)
    first = next(lines, None)
    if first is None:
        raise BadLine(path, 1, "the file is empty")
    announced = (first.has(2).count_at(0), first.count_at(1))
    read = [_arrival(line) for line in lines]
    table = np.array(read, dtype=np.float64).reshape(-1, 6)
    is_task = table[:, 0] == 1
    found = (int(is_task.sum()), int((~is_task).sum()))
    if found != announced:
        raise first.bad(f"{announced} tasks and workers announced, {found} found")
    at_s = table[:, 1]
    late = np.flatnonzero(np.diff(at_s) < 0)
    if len(late):
        raise BadLine(path, _nth_line(path, int(late[0]) + 2), "earlier than the line before")
    return Day(is_task, at_s, table[:, 2], table[:, 3], at_s + table[:, 4], table[:, 5])


def _arrival(line: Line) -> tuple[float, ...]:
    if line.mark() == "t":
        line.has(5)
        reach = 0.0
    elif line.mark() == "w":
        line.has(6)
        reach = line.number_at(5, 0)
    else:
        raise line.bad(f"{line.mark()!r} is neither t nor w")
    place = (line.number_at(2), line.number_at(3))
    return (float(line.mark() == "t"), line.number_at(0), *place, line.number_at(4, 0), reach)


def _nth_line(path: Path, position: int) -> int:
    """The number of the line that holds the arrival at `position`, counted from 1."""
    numbers = [line.number for line in lines_of(path)]
    return numbers[position]
