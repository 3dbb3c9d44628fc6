"""One-line rules: on an arrival, whom to take of those within reach; else wait."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.online.day import Day
from matching.arrays import Floats, Ints


class Sight(NamedTuple):
    """What a rule looks at: the arrivals so far, the moment, and the pairs of the one who came."""

    seen: Day
    now: float
    task: Ints
    worker: Ints


Order = Callable[[Sight], Floats]
"""By which those within reach are ordered: the least is taken."""

YOUNG_S = 60.0


def nearest(sight: Sight) -> Floats:
    """By distance."""
    seen = sight.seen
    return np.hypot(
        seen.x_m[sight.task] - seen.x_m[sight.worker], seen.y_m[sight.task] - seen.y_m[sight.worker]
    )


def first_worker_to_leave(sight: Sight) -> Floats:
    """By the worker's last moment."""
    return sight.seen.until_s[sight.worker]


def first_task_to_expire(sight: Sight) -> Floats:
    """By the task's last moment."""
    return sight.seen.until_s[sight.task]


def newest_task(sight: Sight) -> Floats:
    """By how lately the task came."""
    return -sight.seen.at_s[sight.task]


def newest_unless_old(sight: Sight) -> Floats:
    """By how lately the task came; if even the newest has waited a minute, by how long ago."""
    waited = sight.now - sight.seen.at_s[sight.task]
    return waited if waited.min() < YOUNG_S else -waited


def oldest_young_task(sight: Sight) -> Floats:
    """The longest waiting among the tasks of the last minute; without any, the longest waiting."""
    waited = sight.now - sight.seen.at_s[sight.task]
    return np.where(waited > YOUNG_S, 1e9, 0.0) - waited


@dataclass(frozen=True)
class Rule:
    """A rule for tasks that arrive and one for workers who arrive."""

    name: str
    of_workers: Order
    of_tasks: Order
    one_by_one: bool = True

    def arrived(self, seen: Day, rows: Ints) -> None:
        """A rule remembers nothing."""

    def left(self, seen: Day, rows: Ints) -> None:
        """A rule remembers nothing."""

    def choose(self, seen: Day, now: float, task: Ints, worker: Ints) -> Ints:
        """The first by the rule of the side that was waiting; of equals the first to have come."""
        task_came = task[0] > worker[0]  # Rows are in order of arrival.
        order = self.of_workers if task_came else self.of_tasks
        return np.array([np.argmin(order(Sight(seen, now, task, worker)))])


RULES = (
    Rule("nearest on arrival", nearest, nearest),
    Rule("worker who expires first; nearest task", first_worker_to_leave, nearest),
    Rule("worker who expires first; newest task", first_worker_to_leave, newest_task),
    Rule(
        "worker who expires first; newest task unless it is older than 60 s",
        first_worker_to_leave,
        newest_unless_old,
    ),
    Rule(
        "worker who expires first; oldest task under 60 s",
        first_worker_to_leave,
        oldest_young_task,
    ),
    Rule("always the side that expires first", first_worker_to_leave, first_task_to_expire),
)
"""Those of the known table, and beside them the plain newest task and the oldest of the last
minute.
"""
