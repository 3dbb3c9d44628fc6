"""The engine's policy: each moment that brings a pair is a round of the product's assignment.

What a pair is worth is what it costs to leave its task waiting, less what its worker may be good
for otherwise; both come from the chances that arrivals so far have shown at the two places.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.online.chances import Chances
from benchmarks.online.day import Day
from matching.arrays import Floats, Ints
from matching.assignment import one_to_one, solve
from matching.patience import chance_of_use, cost_of_leaving

TASKS, WORKERS = 0, 1
UNITS_PER_S = 1000
"""The solver's integers are milliseconds of waiting."""
LEARNING = 0.001
"""How far each pair moves what the engine holds a worker's use to be worth."""


class Rounds:
    """Rounds of assignment under one dial.

    price_s: the seconds of waiting that one lost task is worth, beyond those it has waited.
    firm: the share of the chances seen that a task may count on; those who are served last of all
    who wait see fewer. memory_s: the time over which arrivals fade. shared_by: see Chances.
    """

    one_by_one = False

    def __init__(
        self, price_s: float, firm: float = 0.5, memory_s: float = 3600.0, shared_by: float = 1.0
    ) -> None:
        self.name = f"rounds, a lost task at {price_s:g} s"
        self._price_s, self._firm = price_s, firm
        self._memory_s, self._shared_by = memory_s, shared_by
        self._chances: Chances | None = None
        self._early: list[Ints] = []
        self._worth_of_use_s = price_s

    def arrived(self, seen: Day, rows: Ints) -> None:
        """Counts them, and has them wait. The first worker says how far workers go."""
        if self._chances is None:
            self._early.append(rows)
            workers = rows[~seen.is_task[rows]]
            if not len(workers):
                return
            reach_m = float(seen.reach_m[workers[0]])
            self._chances = Chances(reach_m, self._memory_s, self._shared_by)
            rows = np.concatenate(self._early)
        now = float(seen.at_s[rows[-1]])
        for side, those in _sides(seen, rows):
            self._chances.count(side, seen.x_m[those], seen.y_m[those], now)
            self._chances.wait(side, seen.x_m[those], seen.y_m[those], 1)

    def left(self, seen: Day, rows: Ints) -> None:
        """Has them wait no longer."""
        if self._chances is None:
            self._early = [early[~np.isin(early, rows)] for early in self._early]
            return
        for side, those in _sides(seen, rows):
            self._chances.wait(side, seen.x_m[those], seen.y_m[those], -1)

    def choose(self, seen: Day, now: float, task: Ints, worker: Ints) -> Ints:
        """The round: worths of the pairs, and the product's exact assignment over them."""
        tasks, task_of_pair = _numbered(task)
        workers, worker_of_pair = _numbered(worker)
        gain = self._gain(seen, now, tasks)[task_of_pair]
        spare = self._spare(seen, now, workers)[worker_of_pair]
        worth = np.rint((gain + spare) * UNITS_PER_S).astype(np.int64)
        model = one_to_one(task_of_pair, worker_of_pair, np.maximum(worth, 1))
        chosen = np.flatnonzero(solve(model).chosen)
        self._worth_of_use_s += LEARNING * float((gain[chosen] - self._worth_of_use_s).sum())
        return chosen

    def _gain(self, seen: Day, now: float, tasks: Ints) -> Floats:
        """What it costs to leave each task waiting, seconds."""
        chances = self._firm * self._per_second(TASKS, seen, now, tasks)
        return cost_of_leaving(chances, seen.until_s[tasks] - now, self._price_s)

    def _spare(self, seen: Day, now: float, workers: Ints) -> Floats:
        """What taking each worker saves over one who is certain to be used otherwise, seconds."""
        chances = self._per_second(WORKERS, seen, now, workers)
        used = chance_of_use(chances, seen.until_s[workers] - now)
        return self._worth_of_use_s * (1 - used)

    def _per_second(self, side: int, seen: Day, now: float, rows: Ints) -> Floats:
        if self._chances is None:
            return np.zeros(len(rows))
        return self._chances.per_second(side, seen.x_m[rows], seen.y_m[rows], now)


def _numbered(rows: Ints) -> tuple[Ints, Ints]:
    """Distinct rows, and the position of each row among them; quick where one side is one row."""
    if (rows == rows[0]).all():
        return rows[:1], np.zeros(len(rows), dtype=np.int64)
    if (rows[1:] > rows[:-1]).all():
        return rows, np.arange(len(rows))
    return np.unique(rows, return_inverse=True)


def _sides(seen: Day, rows: Ints) -> Iterator[tuple[int, Ints]]:
    """The tasks and the workers among arrivals, where there are any."""
    is_task = seen.is_task[rows]
    for side, those in ((TASKS, rows[is_task]), (WORKERS, rows[~is_task])):
        if len(those):
            yield side, those
