"""The checker: goes through the pairs that were made, whoever made them, and scores them."""

from typing import NamedTuple

import numpy as np

from benchmarks.online.day import Day
from matching.arrays import Floats, Ints


class Made(NamedTuple):
    """Pairs that were made: rows of the day's arrivals, and when; shape (pairs,)."""

    task: Ints
    worker: Ints
    at_s: Floats


class Broken(Exception):
    """Pairs that may not be. Says which bound, and for how many."""


class Score(NamedTuple):
    """How many pairs, and the mean over all tasks of the time until matched, unmatched ones at
    their whole time to live.
    """

    pairs: int
    mean_response_s: float


def check(day: Day, made: Made) -> None:
    """Raises Broken unless every pair is one task and one worker, each used once, near enough, and
    made when both had arrived and neither had left.
    """
    task, worker, at_s = made
    start = np.maximum(day.at_s[task], day.at_s[worker])
    end = np.minimum(day.until_s[task], day.until_s[worker])
    apart = np.hypot(day.x_m[task] - day.x_m[worker], day.y_m[task] - day.y_m[worker])
    bounds = {
        "not a task and a worker": ~day.is_task[task] | day.is_task[worker],
        "too far apart": apart > day.reach_m[worker],
        "made before both had arrived": at_s < start,
        "made after one had left": at_s > end,
    }
    for bound, broken in bounds.items():
        if broken.any():
            raise Broken(f"{int(broken.sum())} pairs {bound}")
    for side, rows in (("tasks", task), ("workers", worker)):
        twice = len(rows) - len(np.unique(rows))
        if twice:
            raise Broken(f"{twice} {side} used again")


def score(day: Day, made: Made, rows: Ints | None = None) -> Score:
    """The score over all tasks, or over those among `rows`."""
    response = (day.until_s - day.at_s).copy()
    response[made.task] = made.at_s - day.at_s[made.task]
    counted = day.is_task.copy()
    if rows is not None:
        counted &= np.isin(np.arange(len(day)), rows)
    pairs = int(counted[made.task].sum())
    return Score(pairs, float(response[counted].mean()) if counted.any() else 0.0)
