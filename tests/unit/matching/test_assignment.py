"""The flow against brute force, greedy and other exact solvers, on the very same model."""

import itertools

import numpy as np
import pytest

from matching import greedy, verify
from matching.arrays import Ints
from matching.assignment import (
    AssignmentModel,
    SolverFailed,
    build_flow,
    one_to_one,
    solve,
    solve_flow,
)


def random_model(rng: np.random.Generator) -> AssignmentModel:
    """Up to four chores, four taskers and eight pairs, with everything that can be tight tight."""
    chores, taskers = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    every = np.array(list(itertools.product(range(chores), range(taskers))))
    kept = np.sort(rng.permutation(len(every))[: rng.integers(0, 9)])
    chore, tasker = every[kept].reshape(-1, 2).T
    group = tasker * 3 + rng.integers(0, 3, len(kept))
    slots = np.repeat(np.arange(chores), rng.integers(0, 4, chores))
    worth = np.sort(rng.integers(-20, 100, len(slots)))[::-1]
    order = np.argsort(slots, kind="stable")
    return AssignmentModel(
        chore=chore,
        tasker=tasker,
        cost=rng.integers(-30, 100, len(kept)),
        group=group,
        slot_chore=slots[order],
        slot_worth=worth[order],
        room=rng.integers(0, 4, taskers),
    )


def brute_force(model: AssignmentModel) -> int:
    """The least cost of any choice, by trying all of them."""
    values = []
    for bits in itertools.product([False, True], repeat=len(model.chore)):
        chosen = np.array(bits, dtype=bool)
        if not list(verify.broken_bounds(model, chosen)):
            values.append(model.value(chosen))
    return min(values)


def check_against_brute_force(seed: int) -> None:
    model = random_model(np.random.default_rng(seed))
    best = brute_force(model)
    answer = solve(model)
    assert not list(verify.broken_bounds(model, answer.chosen))
    assert answer.value == model.value(answer.chosen) == best
    assert verify.is_optimal(model, answer.chosen)
    quick = greedy.solve_greedily(model)
    assert not list(verify.broken_bounds(model, quick.chosen))
    assert quick.value >= best
    assert verify.is_optimal(model, quick.chosen) == (quick.value == best)


@pytest.mark.parametrize("seed", range(80))
def test_no_choice_costs_less_than_the_solvers(seed: int) -> None:
    check_against_brute_force(seed)


@pytest.mark.torture
@pytest.mark.parametrize("block", range(20))
def test_no_choice_costs_less_than_the_solvers_in_thousands_of_scenes(block: int) -> None:
    for seed in range(1_000 * block + 1_000, 1_000 * block + 1_250):
        check_against_brute_force(seed)


def random_matrix(seed: int) -> Ints:
    rng = np.random.default_rng(seed)
    return rng.integers(1, 1_000, (int(rng.integers(1, 30)), int(rng.integers(1, 30))))


@pytest.mark.parametrize("seed", range(40))
def test_scipy_and_lapx_agree_where_everybody_takes_one(seed: int) -> None:
    import lap
    import scipy.optimize

    worth = random_matrix(seed)
    chore, tasker = (each.ravel() for each in np.indices(worth.shape))
    answer = solve(one_to_one(chore, tasker, worth.ravel()))
    ours = int(worth.ravel()[answer.chosen].sum())
    rows, columns = scipy.optimize.linear_sum_assignment(worth, maximize=True)
    assert ours == worth[rows, columns].sum()
    total, _, _ = lap.lapjv(worth.max() - worth.astype(float), extend_cost=True)
    assert ours == min(worth.shape) * worth.max() - round(total)


def one_chore(slots: list[int], costs: list[int], room: int = 1) -> AssignmentModel:
    """One chore with these slots, and a tasker for each cost."""
    n = len(costs)
    return AssignmentModel(
        chore=np.zeros(n, np.int64),
        tasker=np.arange(n),
        cost=np.array(costs),
        group=np.arange(n),
        slot_chore=np.zeros(len(slots), np.int64),
        slot_worth=np.array(slots),
        room=np.full(n, room),
    )


def test_a_slot_worth_less_than_an_offer_costs_stays_open() -> None:
    assert solve(one_chore([100, 50, 20], [10, 30, 25])).chosen.tolist() == [True, False, True]


def test_one_chore_does_not_take_everybody_when_slots_fall_in_worth() -> None:
    both = AssignmentModel(
        chore=np.array([0, 0, 1, 1]),
        tasker=np.array([0, 1, 0, 1]),
        cost=np.array([1, 1, 5, 5]),
        group=np.array([0, 1, 0, 1]),
        slot_chore=np.array([0, 0, 1, 1]),
        slot_worth=np.array([100, 40, 100, 40]),
        room=np.array([1, 1]),
    )
    chosen = solve(both).chosen
    assert sorted(both.chore[chosen].tolist()) == [0, 1]
    assert sorted(both.tasker[chosen].tolist()) == [0, 1]


def test_a_tasker_takes_one_of_a_group_and_no_more_than_their_room() -> None:
    model = AssignmentModel(
        chore=np.arange(4),
        tasker=np.zeros(4, np.int64),
        cost=np.array([5, 4, 3, 2]),
        group=np.array([0, 0, 1, 2]),
        slot_chore=np.arange(4),
        slot_worth=np.full(4, 100),
        room=np.array([2]),
    )
    assert solve(model).chosen.tolist() == [False, False, True, True]


def test_the_same_model_gives_the_same_choice() -> None:
    rng = np.random.default_rng(7)
    chore, tasker = (each.ravel() for each in np.indices((40, 40)))
    model = one_to_one(chore, tasker, rng.integers(1, 4, 1_600))  # many ties
    first = solve(model).chosen
    assert all(np.array_equal(solve(model).chosen, first) for _ in range(5))


def test_nothing_to_assign_is_no_failure() -> None:
    nothing = one_chore([], [])
    assert solve(nothing).value == 0
    assert greedy.solve_greedily(nothing).value == 0


def test_a_flow_that_cannot_be_solved_is_named() -> None:
    flow = build_flow(one_chore([100], [1]))
    with pytest.raises(SolverFailed, match="INFEASIBLE"):
        solve_flow(flow._replace(capacity=np.zeros_like(flow.capacity)))


def test_the_checker_sees_a_worse_choice_and_a_broken_bound() -> None:
    model = one_chore([100], [10, 20])
    assert not verify.is_optimal(model, np.array([False, True]))
    assert not verify.is_optimal(model, np.array([False, False]))
    assert list(verify.broken_bounds(model, np.array([True, True])))
