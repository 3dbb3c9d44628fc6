"""The replay of a day: arrivals come, a policy decides who is matched, time goes on."""

from typing import Protocol

import numpy as np

from benchmarks.online.check import Made
from benchmarks.online.day import Day
from benchmarks.online.pool import Pool
from matching.arrays import Ints


class Policy(Protocol):
    """Who decides. It is told of arrivals and departures as they happen, and of nothing else."""

    @property
    def one_by_one(self) -> bool:
        """Whether arrivals of the same second are shown one after another, or at once."""
        ...

    def arrived(self, seen: Day, rows: Ints) -> None:
        """Those arrived now."""

    def left(self, seen: Day, rows: Ints) -> None:
        """Those no longer wait: matched, or their time is over."""

    def choose(self, seen: Day, now: float, task: Ints, worker: Ints) -> Ints:
        """Positions of the pairs to make now, of all that an arrival of this moment has made
        possible.
        """
        ...


def replay(day: Day, policy: Policy) -> Made:
    """The pairs that a policy makes in a day.

    Policies read the arrivals of rows that they were shown. All open pairs were possible before and
    left open on purpose, so a round sees the pairs of those who have just arrived.
    """
    open_tasks, open_workers = Pool(), Pool()
    made: list[tuple[int, int, float]] = []
    for rows in _groups(day, policy.one_by_one):
        now = float(day.at_s[rows[0]])
        for pool in (open_tasks, open_workers):
            gone = pool.expire(now)
            if len(gone):
                policy.left(day, gone)
        new_tasks, new_workers = rows[day.is_task[rows]], rows[~day.is_task[rows]]
        open_tasks.add(day, new_tasks)
        policy.arrived(day, rows)
        task, worker = _new_pairs(day, new_tasks, new_workers, open_tasks, open_workers)
        open_workers.add(day, new_workers)
        if not len(task):
            continue
        chosen = policy.choose(day, now, task, worker)
        task, worker = task[chosen], worker[chosen]
        made.extend(zip(task.tolist(), worker.tolist(), [now] * len(task), strict=True))
        open_tasks.remove(task)
        open_workers.remove(worker)
        policy.left(day, np.concatenate([task, worker]))
    return _as_made(made)


def _groups(day: Day, one_by_one: bool) -> list[Ints]:
    if one_by_one:
        return list(np.arange(len(day)).reshape(-1, 1))
    return [rows for rows in day.moments() if len(rows)]


def _new_pairs(
    day: Day, tasks: Ints, workers: Ints, open_tasks: Pool, open_workers: Pool
) -> tuple[Ints, Ints]:
    """The feasible pairs of the new workers with all tasks, and of the new tasks with the workers
    who were here before.
    """
    pair_task, pair_worker = [], []
    for row in workers.tolist():
        near = open_tasks.within_reach(day.x_m[row], day.y_m[row], day.reach_m[row])
        pair_task.append(near)
        pair_worker.append(np.full(len(near), row))
    for row in tasks.tolist():
        near = open_workers.within_reach(day.x_m[row], day.y_m[row], None)
        pair_task.append(np.full(len(near), row))
        pair_worker.append(near)
    return np.concatenate(pair_task), np.concatenate(pair_worker)


def _as_made(made: list[tuple[int, int, float]]) -> Made:
    table = np.array(made, dtype=np.float64).reshape(-1, 3)
    return Made(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])
