"""The answer at hand when the solver fails or runs out of time: the same model, filled greedily."""

import time

import numpy as np

from matching.arrays import Bools, Ints
from matching.assignment import Assignment, AssignmentModel


def solve_greedily(model: AssignmentModel) -> Assignment:
    """A choice that breaks no bound: first everybody's first slot, the cheapest gain first, then
    the second slots, and so on.

    Deterministic: equal gains in order of the pairs.
    """
    started = time.perf_counter()
    chosen = np.zeros(len(model.chore), dtype=bool)
    worth_at = _worth_by_position(model)
    state = _State(model)
    for worth in worth_at:
        gain = np.where(chosen, -1, worth[model.chore] - model.cost)
        worthwhile = np.flatnonzero(gain > 0)
        order = worthwhile[np.argsort(-gain[worthwhile], kind="stable")]
        chosen[state.take(order)] = True
    took_s = time.perf_counter() - started
    return Assignment(chosen, model.value(chosen), "greedy", False, took_s)


class _State:
    """Who still has room, row by row in plain lists: numpy is slower one element at a time."""

    def __init__(self, model: AssignmentModel) -> None:
        self._chore = model.chore.tolist()
        self._tasker = model.tasker.tolist()
        self._group = model.group.tolist()
        self._room = model.room.tolist()
        self._group_taken = [False] * (int(model.group.max(initial=-1)) + 1)

    def take(self, order: Ints) -> list[int]:
        """Rows taken of those in `order`, at most one for a chore."""
        taken, chores = [], set()
        for row in order.tolist():
            chore, tasker, group = self._chore[row], self._tasker[row], self._group[row]
            if chore in chores or self._group_taken[group] or not self._room[tasker]:
                continue
            chores.add(chore)
            self._group_taken[group] = True
            self._room[tasker] -= 1
            taken.append(row)
        return taken


def _worth_by_position(model: AssignmentModel) -> list[Ints]:
    """For the first, second, ... slot of a wave its worth by chore; below every cost where there is
    none.
    """
    chores = int(max(model.chore.max(initial=-1), model.slot_chore.max(initial=-1))) + 1
    position = np.arange(len(model.slot_chore)) - np.searchsorted(
        model.slot_chore, model.slot_chore
    )
    never = int(model.cost.min(initial=0)) - 1
    worths = []
    for at in range(int(position.max(initial=-1)) + 1):
        worth = np.full(chores, never)
        here: Bools = position == at
        worth[model.slot_chore[here]] = model.slot_worth[here]
        worths.append(worth)
    return worths
