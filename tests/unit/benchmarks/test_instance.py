"""Instances of paid micro-tasks: the format, exact optima, the policies and their checker."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.online.check import Broken
from benchmarks.online.check_served import check_lines, check_times, total
from benchmarks.online.instance import Instance, read_instance
from benchmarks.online.lines import BadLine
from benchmarks.online.serving import (
    Served,
    no_hope,
    optimum,
    serve_in_time,
    serve_lines,
)
from tests.unit.benchmarks.days import small_instance, written


def pairs(served: Served) -> set[tuple[int, int, int]]:
    columns = (served.task.tolist(), served.worker.tolist(), served.arrived.tolist())
    return set(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 t 1 1 300", "6 words expected, 5 found"),
        ("0 w 1 1 1 1.5 300 0.9", "not a whole number"),
        ("0 w 1 1 1 1 300 inf", "out of range"),
        ("0 q", "neither t nor w"),
    ],
)
def test_a_bad_line_is_refused_by_its_number(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(BadLine, match=reason) as refused:
        read_instance(written(tmp_path, ["1 0 9 1", line]))
    assert refused.value.number == 2


def test_utilities_are_exact_to_the_digits_given(tmp_path: Path) -> None:
    lines = ["1 1 20 1", "0 t 0 0 300 12.25", "0 w 0 0.5 1 1 300 0.787"]
    instance = read_instance(written(tmp_path, lines))
    assert instance.scale == 100_000
    assert optimum(instance) == 1225 * 787


@pytest.mark.parametrize("seed", range(5))
def test_the_optimum_is_that_of_brute_force(seed: int, tmp_path: Path) -> None:
    whole = small_instance(tmp_path, seed)
    prefixes = [whole.rows(np.arange(count)) for count in range(len(whole))]
    few = [each for each in prefixes if len(each.pairs(np.arange(len(each)))[0]) <= 10]
    instance = few[-1]
    task, worker = instance.pairs(np.arange(len(instance)))
    utility = instance.utility(task, worker)
    best = 0
    for choice in itertools.product((False, True), repeat=len(task)):
        chosen = np.array(choice, dtype=bool)
        uses = np.bincount(np.concatenate([task[chosen], worker[chosen]]), minlength=len(whole))
        if (uses[: len(instance)] <= instance.room).all():
            best = max(best, int(utility[chosen].sum()))
    assert 0 < optimum(instance) == best


@pytest.mark.parametrize("seed", range(4))
def test_every_pair_of_every_policy_may_be(seed: int, tmp_path: Path) -> None:
    instance = small_instance(tmp_path, seed)
    best = optimum(instance) / instance.scale
    for served in (serve_lines(instance), serve_lines(instance, no_hope)):
        check_lines(instance, served)
        assert 0 < total(instance, served) <= best
    by_time = instance.by_time()
    for served in (serve_in_time(by_time), serve_in_time(by_time, no_hope)):
        check_times(by_time, served)
        assert 0 < total(by_time, served) <= best


def test_the_order_in_time_is_the_same_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    instance = small_instance(tmp_path)
    shuffled = instance.rows(np.random.default_rng(7).permutation(len(instance)))
    assert pairs(serve_in_time(shuffled.by_time())) == pairs(serve_in_time(instance.by_time()))


@pytest.mark.parametrize("seen", [20, 40])
def test_nobody_looks_ahead_in_the_order_of_the_lines(seen: int, tmp_path: Path) -> None:
    instance = small_instance(tmp_path)
    so_far = {pair for pair in pairs(serve_lines(instance)) if pair[2] <= seen}
    assert pairs(serve_lines(instance.rows(np.arange(seen)))) == so_far


@pytest.mark.parametrize("seen", [20, 40])
def test_nobody_looks_ahead_in_time(seen: int, tmp_path: Path) -> None:
    instance = small_instance(tmp_path).by_time()
    before_s = instance.at_s[seen]
    assert instance.at_s[seen - 1] < before_s
    prefix = instance.rows(np.arange(seen))
    assert decided_before(prefix, before_s) == decided_before(instance, before_s)


def decided_before(instance: Instance, before_s: float) -> set[tuple[int, int]]:
    served = serve_in_time(instance)
    early = served.at_s <= before_s
    return set(zip(served.task[early].tolist(), served.worker[early].tolist(), strict=True))


def twice(served: Served) -> Served:
    task, worker, arrived = (np.repeat(part, 2) for part in served[:3])
    return Served(task, worker, arrived, np.repeat(served.at_s, 2))


def test_the_checker_refuses_what_may_not_be(tmp_path: Path) -> None:
    lines = ["1 2 20 1", "0 t 0 0 300 10.0", "500 t 0 0 300 10.0", "0 w 0 0.5 1 1 300 0.5"]
    instance = read_instance(written(tmp_path, lines))
    fine = Served(np.array([0]), np.array([2]), np.array([3]), np.array([0.0]))
    check_lines(instance, fine)
    for bound, broken in {
        "times do not meet": fine._replace(task=np.array([1])),
        "not made as one of the two": fine._replace(arrived=np.array([2])),
        "not a task and a worker": fine._replace(task=np.array([2]), worker=np.array([0])),
        "used too often": twice(fine),
    }.items():
        with pytest.raises(Broken, match=bound):
            check_lines(instance, broken)
    with pytest.raises(Broken, match="too far apart"):
        check_lines(replace(instance, reach=instance.reach / 4), fine)
    with pytest.raises(Broken, match="after one had left"):
        check_times(instance, fine._replace(at_s=np.array([301.0])))
    with pytest.raises(Broken, match="before both had arrived"):
        check_times(instance, fine._replace(at_s=np.array([-1.0])))
