"""An instance of paid micro-tasks: arrivals in the order of their lines, exact utilities."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from benchmarks.online.lines import BadLine, Line, lines_of
from matching.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Instance:
    """Arrivals by row, shape (n,), in the order in which they come.

    at_s, ttl_s: the times of the file, which need not be in order. reach_m and room: how far a
    worker goes and how many tasks it takes; 0 and 1 for a task. value: what a task pays, or a
    worker's rate of success, in whole units; a pair's utility is the product of both, and `scale`
    of those units are 1, so that integers are exact to the digits given. announced: how many tasks
    and workers there will be, which the first line says.
    """

    is_task: Bools
    at_s: Floats
    ttl_s: Floats
    x: Floats
    y: Floats
    reach: Floats
    room: Ints
    value: Ints
    scale: int
    announced: tuple[int, int]

    def __len__(self) -> int:
        return len(self.at_s)

    def rows(self, rows: Ints) -> "Instance":
        """Those arrivals, in that order, of the same announcement."""
        names = ("is_task", "at_s", "ttl_s", "x", "y", "reach", "room", "value")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def by_time(self) -> "Instance":
        """The same arrivals in order of time; equal times in an order that no file decides."""
        keys = (self.value, self.y, self.x, self.is_task, self.at_s)
        return self.rows(np.lexsort(keys))

    def partners(self, row: int, among: Ints) -> Ints:
        """Those of the other side among rows with whom a row makes a feasible pair."""
        other = among[self.is_task[among] != self.is_task[row]]
        reach = self.reach[other] + self.reach[row]  # A task's is 0.
        near = np.hypot(self.x[other] - self.x[row], self.y[other] - self.y[row]) <= reach
        meet = (self.at_s[other] < self.at_s[row] + self.ttl_s[row]) & (
            self.at_s[row] < self.at_s[other] + self.ttl_s[other]
        )
        partners: Ints = other[near & meet]
        return partners

    def pairs(self, rows: Ints) -> tuple[Ints, Ints]:
        """The feasible pairs among rows: rows of tasks and rows of workers."""
        tasks = rows[self.is_task[rows]]
        found = [self.partners(row, rows) for row in tasks.tolist()]
        workers = np.concatenate([np.zeros(0, dtype=np.int64), *found])
        return np.repeat(tasks, [len(each) for each in found]), workers

    def utility(self, one: Ints, other: Ints) -> Ints:
        """The utility of pairs, in units."""
        units: Ints = self.value[one] * self.value[other]
        return units


def read_instance(path: Path) -> Instance:
    """The instance of a file: `n_workers n_tasks max_utility sum_capacity`, then `time t x y ttl
    pay` and `time w x y radius capacity ttl success_rate`. Raises BadLine.
    """
    lines = lines_of(path)
    first = next(lines, None)
    if first is None:
        raise BadLine(path, 1, "the file is empty")
    workers, tasks = first.has(4).count_at(0), first.count_at(1)
    read = [_arrival(line) for line in lines]
    table = np.array([row[:-1] for row in read], dtype=np.float64).reshape(-1, 7)
    is_task = table[:, 0] == 1
    found = (int(is_task.sum()), int((~is_task).sum()))
    if found != (tasks, workers):
        raise first.bad(f"{tasks} tasks and {workers} workers announced, {found} found")
    value, scale = _whole([row[-1] for row in read], is_task)
    at_s, x, y, ttl_s, reach = table[:, 1:6].T.copy()
    return Instance(
        is_task, at_s, ttl_s, x, y, reach, table[:, 6].astype(np.int64), value, scale,
        (tasks, workers),
    )  # fmt: skip


def _arrival(line: Line) -> tuple[float | str, ...]:
    if line.mark() == "t":
        line.has(6).number_at(5, 0)
        extent = (line.number_at(4, 0), 0.0, 1.0)
    elif line.mark() == "w":
        line.has(8).number_at(7, 0)
        extent = (line.number_at(6, 0), line.number_at(4, 0), float(line.count_at(5)))
    else:
        raise line.bad(f"{line.mark()!r} is neither t nor w")
    place = (line.number_at(0), line.number_at(2), line.number_at(3))
    return (float(line.mark() == "t"), *place, *extent, line.words[-1])


def _whole(words: list[str | float], is_task: Bools) -> tuple[Ints, int]:
    """Pay and rates as whole units, each side by its own power of ten, and the product of both."""
    numbers = [Decimal(str(word)) for word in words]
    value = np.zeros(len(numbers), dtype=np.int64)
    scale = 1
    for side in (is_task, ~is_task):
        rows = np.flatnonzero(side).tolist()
        digits = max((_digits(numbers[row]) for row in rows), default=0)
        value[side] = [int(numbers[row].scaleb(digits)) for row in rows]
        scale *= 10**digits
    return value, scale


def _digits(number: Decimal) -> int:
    """Digits after the point."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
