"""Rounds of the matcher against the bare OR-Tools solve on the same arcs, scipy, lapx and greedy.

`ours_s` goes from the arrays of a validated problem through rules, cost terms, slots, groups and
flow to the chosen pairs; `ortools_s` is OR-Tools alone on the very arcs that ours solved: adding
them from arrays, solving, reading the flow. The area test and the decision records are timed apart.

Mode `single` gives every chore and every tasker one offer at most, so that scipy and lapx solve the
same model (as sparse matrices in which a chore may also stay open); mode `waves` is the usual
policy. `optimal` is the checker's proof, not the solver's word.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import lap
import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from benchmarks.cities import random_round
from benchmarks.frame import Report, alternated, sizes
from geo.travel import GreatCircleTravel
from matching import rules, verify
from matching.arrays import keep_freed_memory
from matching.assignment import Assignment, AssignmentModel, build_flow, solve, solve_flow
from matching.chance import AcceptanceModel
from matching.costs import price_candidates
from matching.engine import assignment_model, match
from matching.greedy import solve_greedily
from matching.holding import held_back
from matching.pairs import Pairs
from matching.policy import MatchingPolicy
from matching.problem import MatchingProblem
from matching.slots import wave_slots

SIZES = "1000x2000,10000x20000,10000x10000,50000x100000,50000x50000"
POLICIES = {
    "single": MatchingPolicy(
        radius_m=20_000, max_offers_per_wave=1, pending_offers_per_tasker=1, open_chore_cost=20_000
    ),
    "waves": MatchingPolicy(radius_m=20_000),
}
WITHOUT_AREAS = tuple(rule for rule in rules.RULES if rule is not rules.outside_service_area)
TRAVEL = GreatCircleTravel()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=sizes, default=sizes(SIZES), metavar="CxT,...")
    parser.add_argument("--modes", default="single,waves", help="single, waves or both")
    parser.add_argument("--runs", type=int, default=3, help="turns over which medians are taken")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--peers-up-to", type=int, default=10_000, help="chores up to which scipy and lapx run too"
    )


def run(arguments: argparse.Namespace, report: Report) -> None:
    keep_freed_memory()  # As the dispatcher does when it starts.
    for chores, taskers in arguments.sizes:
        for mode in arguments.modes.split(","):
            problem = random_round(chores, taskers, seed=arguments.seed, policy=POLICIES[mode])
            report.add(
                chores=chores,
                taskers=taskers,
                mode=mode,
                **_measured(
                    problem, mode == "single" and chores <= arguments.peers_up_to, arguments.runs
                ),
                **_apart(chores, taskers, POLICIES[mode], arguments.seed),
            )
    slowest = max(row["ours_s"] / row["ortools_s"] for row in report.rows)
    report.notes.append(f"ours takes at most {slowest:.2f} x the bare solve; goal: 1.5")


def _round(problem: MatchingProblem) -> tuple[AssignmentModel, Assignment]:
    """A round as `engine.match` runs it, without the area test."""
    pairs = Pairs.of(problem, TRAVEL)
    judgement = rules.judge(pairs, WITHOUT_AREAS)
    priced = price_candidates(pairs.only(judgement.feasible), AcceptanceModel())
    slots = wave_slots(priced, ~held_back(priced))
    model = assignment_model(priced, slots)
    return model, solve(model)


def _measured(problem: MatchingProblem, peers: bool, runs: int) -> dict[str, Any]:
    model, answer = _round(problem)
    flow = build_flow(model)
    contenders: dict[str, Callable[[], Any]] = {
        "ours_s": lambda: _round(problem),
        "ortools_s": lambda: solve_flow(flow),
        "greedy_s": lambda: solve_greedily(model),
    }
    values: dict[str, bool] = {}
    if peers:
        matrix, shift = _matrix(model)
        value = answer.value + shift
        contenders["scipy_s"] = lambda: values.update(scipy=_scipy(matrix) == value)
        contenders["lapx_s"] = lambda: values.update(lapx=_lapx(matrix) == value)
    took = alternated(contenders, runs)
    greedy = solve_greedily(model).value
    return {
        **took,
        "ratio": took["ours_s"] / took["ortools_s"],
        "optimal": verify.is_optimal(model, answer.chosen),
        "peers_agree": all(values.values()) if values else None,
        "greedy_worse_by": (greedy - answer.value) / max(answer.value, 1),
        "offers": int(answer.chosen.sum()),
        "arcs": answer.arcs,
    }


def _apart(chores: int, taskers: int, policy: MatchingPolicy, seed: int) -> dict[str, float]:
    """Seconds of the area test with everybody's own polygon, and of records as rows."""
    own = random_round(chores, taskers, seed=seed, policy=policy, areas=True)
    started = time.process_time()
    rules.outside_service_area(Pairs.of(own, TRAVEL))
    tested = time.process_time()
    shared = random_round(chores, taskers, seed=seed, policy=policy)
    result = match(shared, TRAVEL, solver=solve_greedily)
    records = time.process_time()
    offers = result.offers
    for offer in offers[:1_000]:
        result.outcome(offer.chore_id)
    each_s = (time.process_time() - records) / max(min(len(offers), 1_000), 1)
    return {"areas_s": tested - started, "record_ms_per_chore": each_s * 1_000}


def _matrix(model: AssignmentModel) -> tuple[scipy.sparse.csr_array, int]:
    """The one-to-one model as a sparse matrix, and by how much its values are higher.

    A column for each tasker, and one for each chore that stays open. No entry is 0, since a sparse
    zero is none.
    """
    chores, taskers = len(model.slot_chore), len(model.room)
    lowest = int(min(model.cost.min(), model.slot_worth.min()))
    data = np.concatenate([model.cost, model.slot_worth]) - lowest + 1
    rows = np.concatenate([model.chore, np.arange(chores)])
    columns = np.concatenate([model.tasker, taskers + np.arange(chores)])
    matrix = scipy.sparse.csr_array((data.astype(float), (rows, columns)))
    return matrix, chores * (1 - lowest)


def _scipy(matrix: scipy.sparse.csr_array) -> int:
    rows, columns = min_weight_full_bipartite_matching(matrix)
    return int(matrix[rows, columns].sum())


def _lapx(matrix: scipy.sparse.csr_array) -> int:
    """Lapmod wants a square. A row for each tasker completes it: it takes that tasker's column if
    nobody does, else the open column of the chore that did, at no cost either way.
    """
    chores, columns = matrix.shape
    taskers = columns - chores
    pairs = matrix[:, :taskers].tocoo()
    every = np.arange(taskers)
    rows = np.concatenate([np.repeat(np.arange(chores), np.diff(matrix.indptr)), chores + every])
    rows = np.concatenate([rows, chores + pairs.col])
    cols = np.concatenate([matrix.indices, every, taskers + pairs.row])
    data = np.concatenate([matrix.data, np.zeros(taskers + pairs.nnz)])
    order = np.lexsort((cols, rows))
    starts = np.searchsorted(rows[order], np.arange(columns + 1))
    cost, _, _ = lap.lapmod(
        columns, data[order], starts.astype(np.int32), cols[order].astype(np.int32)
    )
    return round(cost)
