"""The assignment: which offers to make, as one min-cost flow.

The model, in plain arrays, is `AssignmentModel`; it knows chores, taskers and pairs by row number
only. A chore has slots of falling worth, its wave; filling one earns its worth, leaving it open
loses it. A pair costs what its offer costs. A tasker takes at most one pair of a group (chores that
overlap for them), and at most `room` in all. Sought is the choice of pairs of least cost: the costs
of the chosen plus the worths of the slots left open. "Optimal" means optimal for this model.

As a flow: every slot is a unit that starts at its chore and goes to the sink, either by a pair and
on through the group and the tasker, or straight, at the price of the slot. Parallel straight arcs
of falling worth let the least worth go first, which is why one chore does not take everybody.
"""

import time
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from matching.arrays import Bools, Ints

Nodes: TypeAlias = NDArray[np.int32]


class SolverFailed(Exception):
    """The solver gave no optimal answer. `status` is OR-Tools' name for what happened."""

    def __init__(self, status: str) -> None:
        super().__init__(f"min-cost flow ended as {status}")
        self.status = status


@dataclass(frozen=True, eq=False)
class AssignmentModel:
    """Pairs, slots and rooms, in whole units.

    chore, tasker: rows of each pair, shape (pairs,). cost: of each pair. group: of each pair, a
    number that pairs of one tasker share if at most one of them may be chosen; numbers of different
    taskers differ. slot_chore, slot_worth: the slots, sorted by chore, worths of a chore never
    rising. room: offers each tasker may get, shape (taskers,).
    """

    chore: Ints
    tasker: Ints
    cost: Ints
    group: Ints
    slot_chore: Ints
    slot_worth: Ints
    room: Ints

    def value(self, chosen: Bools) -> int:
        """What a choice of pairs costs: the chosen pairs and the slots they leave open."""
        chores = int(max(self.chore.max(initial=-1), self.slot_chore.max(initial=-1))) + 1
        rows = np.flatnonzero(chosen)
        filled = np.bincount(self.chore[rows], minlength=chores)
        position = np.arange(len(self.slot_chore)) - np.searchsorted(
            self.slot_chore, self.slot_chore
        )
        is_open = position >= filled[self.slot_chore]
        return int(self.cost[rows].sum() + self.slot_worth[is_open].sum())


@dataclass(frozen=True, eq=False)
class Assignment:
    """A choice of pairs, shape (pairs,), what it costs in units, and how it was found."""

    chosen: Bools
    value: int
    solver: str
    optimal: bool
    solve_s: float
    nodes: int = 0
    arcs: int = 0


class Flow(NamedTuple):
    """The arcs and supplies of a min-cost flow, in the types OR-Tools takes; the first arcs are
    those of `pair`.
    """

    tail: Nodes
    head: Nodes
    capacity: Ints
    cost: Ints
    supply: Ints
    pair: Ints


def one_to_one(chore: Ints, tasker: Ints, worth: Ints) -> AssignmentModel:
    """The plain assignment model: each chore and each tasker at most once, a pair earning its worth
    (at least 0).
    """
    chores = int(chore.max(initial=-1)) + 1
    taskers = int(tasker.max(initial=-1)) + 1
    most = int(worth.max(initial=0))
    return AssignmentModel(
        chore=chore,
        tasker=tasker,
        cost=most - worth,
        group=tasker,
        slot_chore=np.arange(chores),
        slot_worth=np.full(chores, most),
        room=np.ones(taskers, dtype=np.int64),
    )


def solve(model: AssignmentModel) -> Assignment:
    """The best choice of pairs, exactly. Deterministic. Raises SolverFailed."""
    started = time.perf_counter()
    flow = build_flow(model)
    flows, arcs = solve_flow(flow)
    chosen = np.zeros(len(model.chore), dtype=bool)
    chosen[flow.pair] = flows[: len(flow.pair)] > 0
    took_s = time.perf_counter() - started
    return Assignment(
        chosen, model.value(chosen), "min_cost_flow", True, took_s, len(flow.supply), arcs
    )


def solve_flow(flow: Flow) -> tuple[Ints, int]:
    """What flows on each arc, and how many arcs there are. Raises SolverFailed."""
    if not len(flow.tail):
        return np.zeros(0, dtype=np.int64), 0
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        flow.tail, flow.head, flow.capacity, flow.cost
    )
    solver.set_nodes_supplies(np.arange(len(flow.supply), dtype=np.int32), flow.supply)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise SolverFailed(status.name)
    return np.asarray(solver.flows(arcs), dtype=np.int64), len(arcs)


def build_flow(model: AssignmentModel) -> Flow:
    """The model as a flow, without the arcs and nodes that cannot matter.

    A pair that costs at least its chore's best slot is never chosen; a group of one pair needs no
    node of its own, nor does a tasker whose groups all fit into their room.
    """
    slots = np.bincount(model.slot_chore)
    chores = len(slots)
    pair = _worthwhile(model, chores)
    nodes = _Nodes(model.group[pair], model.tasker[pair], model.room, chores)
    straight = np.full(len(model.slot_chore), nodes.sink)
    to_sink = np.full(len(nodes.taskers), nodes.sink)
    supply = np.zeros(nodes.sink + 1, dtype=np.int64)
    supply[:chores] = slots
    supply[nodes.sink] = -len(model.slot_chore)
    tail = [model.chore[pair], model.slot_chore, nodes.groups, nodes.taskers]
    head = [nodes.of_pair, straight, nodes.of_group, to_sink]
    ones = np.ones(len(pair) + len(straight) + len(nodes.groups), dtype=np.int64)
    free = np.zeros(len(nodes.groups) + len(nodes.taskers), dtype=np.int64)
    return Flow(
        tail=np.concatenate(tail, dtype=np.int32, casting="same_kind"),
        head=np.concatenate(head, dtype=np.int32, casting="same_kind"),
        capacity=np.concatenate([ones, nodes.room]),
        cost=np.concatenate([model.cost[pair], model.slot_worth, free]),
        supply=supply,
        pair=pair,
    )


def _worthwhile(model: AssignmentModel, chores: int) -> Ints:
    """Rows of the pairs that cost less than their chore's best slot and whose tasker has room."""
    best = np.full(max(chores, int(model.chore.max(initial=-1)) + 1), np.iinfo(np.int64).min)
    first = np.searchsorted(model.slot_chore, np.arange(chores))
    has_slots = np.bincount(model.slot_chore, minlength=chores) > 0
    best[:chores][has_slots] = model.slot_worth[first[has_slots]]
    return np.flatnonzero((model.cost < best[model.chore]) & (model.room[model.tasker] > 0))


class _Nodes:
    """The nodes of groups and taskers that need one, numbered after those of the chores; the sink
    is the last. `of_pair` and `of_group` say where pairs and groups lead.
    """

    def __init__(self, group: Ints, tasker: Ints, room: Ints, chores: int) -> None:
        size = np.bincount(group)
        owner = np.zeros(len(size), dtype=np.int64)
        owner[group] = tasker
        groups_of_tasker = np.bincount(owner[size > 0], minlength=len(room))
        tight = np.flatnonzero(groups_of_tasker > room)
        several = np.flatnonzero(size > 1)
        self.groups = chores + np.arange(len(several))
        self.taskers = chores + len(several) + np.arange(len(tight))
        self.sink = chores + len(several) + len(tight)
        self.room = room[tight]
        of_tasker = np.full(len(room), self.sink)
        of_tasker[tight] = self.taskers
        leads_to = of_tasker[owner]
        self.of_group = leads_to[several]
        leads_to[several] = self.groups
        self.of_pair: Ints = leads_to[group]
