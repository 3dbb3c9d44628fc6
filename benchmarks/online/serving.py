"""Policies for an instance: in the order of its lines, or in time with holding, and the optimum."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.online.instance import Instance
from benchmarks.online.prospects import hope_in_any_order, hope_over_time
from matching.arrays import Floats, Ints
from matching.assignment import one_to_one, solve

MEMORY_S = 3600.0
"""Over which arrivals fade, in time order."""


class Served(NamedTuple):
    """Pairs made: rows of tasks and workers; and when, as rows that had arrived by then, and as a
    time where arrivals come in time.
    """

    task: Ints
    worker: Ints
    arrived: Ints
    at_s: Floats


class Sight(NamedTuple):
    """The instance, of which the first `arrived` rows have come, and who waits; now, in seconds."""

    seen: Instance
    arrived: int
    waiting: Ints
    now: float


Hope = Callable[[Sight], Floats]
"""What each who waits may hope for if left open, in units of utility."""


def no_hope(sight: Sight) -> Floats:
    """Nobody hopes: greedy in utility."""
    return np.zeros(len(sight.waiting))


def hope_of_the_announced(sight: Sight) -> Floats:
    """By the arrivals announced that are still to come, in any order."""
    return hope_in_any_order(sight.seen, sight.arrived, sight.waiting)


def hope_of_late(sight: Sight) -> Floats:
    """By the arrivals of late, for the rest of each one's time."""
    return hope_over_time(sight.seen, sight.arrived, sight.waiting, sight.now, MEMORY_S)


def optimum(instance: Instance) -> int:
    """The greatest utility of one who sees everything, in units."""
    task, worker = instance.pairs(np.arange(len(instance)))
    return int(instance.utility(task, worker)[_assign(instance, task, worker)].sum())


def serve_lines(instance: Instance, hope: Hope = hope_of_the_announced) -> Served:
    """Each arrival is matched at once, or waits for arrivals of the other side: a round over its
    pairs with those who wait, each worth its utility less what the waiting may hope for.

    The one who arrives is always matched if it can be: refusing on hope was measured and loses.
    """
    room = instance.room.copy()
    made: list[tuple[int, int, int, float]] = []
    for row in range(len(instance)):
        waiting, now = np.flatnonzero(room[:row] > 0), float(instance.at_s[row])
        partners = instance.partners(row, waiting)
        while len(partners) and room[row]:
            rows = np.full(len(partners), row)
            worth = instance.utility(rows, partners) - hope(Sight(instance, row + 1, partners, now))
            task, worker = _sides(instance, rows, partners)
            chosen = _assign(instance, task, worker, worth - worth.min() + 1)
            pair = (int(task[chosen][0]), int(worker[chosen][0]))
            made.append((*pair, row + 1, now))
            room[list(pair)] -= 1
            partners = partners[room[partners] > 0]
    return _served(made)


def serve_in_time(instance: Instance, hope: Hope = hope_of_late) -> Served:
    """Everybody is held until the last moment: when somebody is about to leave, a round over all
    who are there, and only the pairs of the one who leaves are made.

    A pair is worth its utility less what both may hope for; who leaves hopes for nothing.
    """
    room = np.zeros(len(instance), dtype=np.int64)
    made: list[tuple[int, int, int, float]] = []
    arrived = 0
    for now, leaves, row in _moments(instance):
        if not leaves:
            room[row], arrived = instance.room[row], arrived + 1
            continue
        open_now = np.flatnonzero(room > 0)
        if room[row] and len(instance.partners(row, open_now)):
            task, worker = _held_round(instance, arrived, open_now, row, now, room, hope)
            made.extend((t, w, arrived, now) for t, w in zip(task, worker, strict=True))
            for pair in zip(task, worker, strict=True):
                room[list(pair)] -= 1
        room[row] = 0
    return _served(made)


def _moments(instance: Instance) -> list[tuple[float, bool, int]]:
    """Arrivals and last moments in time; at one moment, who leaves before who comes, for a pair of
    the two is not feasible.
    """
    moments = [(float(at), 1, row) for row, at in enumerate(instance.at_s)]
    ends = instance.at_s + instance.ttl_s
    moments += [(float(end), 0, row) for row, end in enumerate(ends)]
    return [(now, kind == 0, row) for now, kind, row in sorted(moments)]


def _held_round(
    instance: Instance, arrived: int, open_now: Ints, row: int, now: float, room: Ints,
    hope: Hope,
) -> tuple[list[int], list[int]]:  # fmt: skip
    """The pairs of one who is about to leave, in the best choice over all who are there."""
    task, worker = instance.pairs(open_now)
    hopes = np.zeros(len(instance))
    staying = open_now[open_now != row]
    hopes[staying] = hope(Sight(instance, arrived, staying, now))
    worth = instance.utility(task, worker) - hopes[task] - hopes[worker]
    chosen = _assign(replace(instance, room=room), task, worker, np.maximum(worth, 0))
    mine = chosen[(task[chosen] == row) | (worker[chosen] == row)]
    return task[mine].tolist(), worker[mine].tolist()


def _sides(instance: Instance, one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """The tasks and the workers of pairs."""
    first = instance.is_task[one]
    return np.where(first, one, other), np.where(first, other, one)


def _assign(
    instance: Instance, task: Ints, worker: Ints, worth: Floats | Ints | None = None
) -> Ints:
    """Positions of the pairs of the best assignment, by utility or by worth."""
    if worth is None:
        worth = instance.utility(task, worker)
    tasks, task_at = np.unique(task, return_inverse=True)
    workers, worker_at = np.unique(worker, return_inverse=True)
    model = one_to_one(task_at, worker_at, np.rint(worth).astype(np.int64))
    model = replace(model, group=np.arange(len(task)), room=instance.room[workers])
    if not len(tasks):
        return np.zeros(0, dtype=np.int64)
    chosen: Ints = np.flatnonzero(solve(model).chosen)
    return chosen


def _served(made: list[tuple[int, int, int, float]]) -> Served:
    table = np.array(made, dtype=np.float64).reshape(-1, 4)
    task, worker, arrived = table[:, :3].astype(np.int64).T
    return Served(task, worker, arrived, table[:, 3])
