"""The published day's format, its replay, its checker, and that nobody looks ahead."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.online.check import Broken, Made, check, score
from benchmarks.online.day import Day, read_day
from benchmarks.online.engine import Rounds
from benchmarks.online.lines import BadLine
from benchmarks.online.replay import Policy, replay
from benchmarks.online.rules import RULES
from tests.unit.benchmarks.days import small_day, written

BY_NAME = {rule.name: rule for rule in RULES}
POLICIES = [*BY_NAME, "price 0", "price 600", "price 20000"]


def policy(name: str) -> Policy:
    return BY_NAME[name] if name in BY_NAME else Rounds(float(name.split()[1]))


def made_by(name: str, day: Day) -> set[tuple[int, int, float]]:
    made = replay(day, policy(name))
    return set(zip(made.task.tolist(), made.worker.tolist(), made.at_s.tolist(), strict=True))


@pytest.mark.parametrize(
    ("lines", "number", "reason"),
    [
        (["1 0", "0 x 1 1 600"], 2, "neither t nor w"),
        (["1 0", "0 t 1 600"], 2, "5 words expected, 4 found"),
        (["1 0", "0 t 1 nan 600"], 2, "out of range"),
        (["1 0", "0 t 1 ? 600"], 2, "not a number"),
        (["1 0", "0 t 1 1 -1"], 2, "out of range"),
        (["0 1", "0 w 1 1 300"], 2, "6 words expected, 5 found"),
        (["2 0", "0 t 1 1 600"], 1, "announced"),
        (["1.5 0"], 1, "not a whole number"),
        (["2 0", "", "9 t 1 1 600", "8 t 1 1 600"], 4, "earlier than the line before"),
        ([""], 1, "empty"),
    ],
)
def test_a_bad_line_is_refused_by_its_number(
    tmp_path: Path, lines: list[str], number: int, reason: str
) -> None:
    with pytest.raises(BadLine, match=reason) as refused:
        read_day(written(tmp_path, lines))
    assert refused.value.number == number


def test_a_day_without_arrivals_has_no_pairs(tmp_path: Path) -> None:
    day = read_day(written(tmp_path, ["0 0"]))
    assert score(day, replay(day, Rounds(600.0))) == (0, 0.0)


@pytest.mark.parametrize("name", POLICIES)
def test_every_pair_of_every_policy_may_be(name: str, tmp_path: Path) -> None:
    day = small_day(tmp_path)
    made = replay(day, policy(name))
    check(day, made)
    assert len(made.task) > 25


@pytest.mark.parametrize("name", POLICIES)
def test_no_policy_looks_ahead(name: str, tmp_path: Path) -> None:
    day = small_day(tmp_path)
    made = made_by(name, day)
    for until_s in (400.0, 1200.0):
        so_far = {pair for pair in made if pair[2] < until_s}
        assert made_by(name, day.before(until_s)) == so_far


@pytest.mark.parametrize("name", POLICIES)
def test_a_replay_again_makes_the_same_pairs(name: str, tmp_path: Path) -> None:
    day = small_day(tmp_path, seed=2)
    assert made_by(name, day) == made_by(name, day)


def test_the_price_of_a_loss_trades_response_for_pairs(tmp_path: Path) -> None:
    """One corner that is short of workers for a while, and then has more than enough."""
    tasks = [(at, f"{at} t 0 0 600") for at in range(0, 1500, 5)]
    workers = [(at, f"{at} w 0 0 300 1500") for at in [*range(1, 1000, 7), *range(1001, 2000, 3)]]
    lines = [line for _, line in sorted(tasks + workers)]
    day = read_day(written(tmp_path, [f"{len(tasks)} {len(workers)}", *lines]))
    quick, full = (score(day, replay(day, Rounds(price_s))) for price_s in (0.0, 20_000.0))
    assert quick.mean_response_s < full.mean_response_s
    assert quick.pairs < full.pairs


SCENE = ["2 2", "0 t 0 0 600", "10 w 0 100 300 1500", "20 t 0 2000 600", "30 w 0 900 300 1500"]


@pytest.mark.parametrize(
    ("task", "worker", "at_s", "bound"),
    [
        ([0], [1], [9.0], "before both had arrived"),
        ([0], [1], [311.0], "after one had left"),
        ([2], [1], [30.0], "too far apart"),
        ([1], [0], [10.0], "not a task and a worker"),
        ([0, 2], [3, 3], [30.0, 30.0], "1 workers used again"),
        ([0, 0], [1, 3], [30.0, 30.0], "1 tasks used again"),
    ],
)
def test_the_checker_refuses(
    task: list[int], worker: list[int], at_s: list[float], bound: str, tmp_path: Path
) -> None:
    day = read_day(written(tmp_path, SCENE))
    check(day, Made(np.array([0, 2]), np.array([1, 3]), np.array([310.0, 30.0])))
    with pytest.raises(Broken, match=bound):
        check(day, Made(np.array(task), np.array(worker), np.array(at_s)))


def test_an_unmatched_task_counts_its_whole_time(tmp_path: Path) -> None:
    day = read_day(written(tmp_path, SCENE))
    assert score(day, Made(np.array([0]), np.array([1]), np.array([10.0]))) == (1, 305.0)


def test_rules_take_whom_they_say(tmp_path: Path) -> None:
    lines = ["3 1", "0 t 0 900 600", "50 t 0 600 600", "90 t 0 300 600", "100 w 0 0 300 1500"]
    day = read_day(written(tmp_path, lines))
    taken = {rule.name: replay(day, rule).task.tolist() for rule in RULES}
    assert taken == {
        "nearest on arrival": [2],
        "worker who expires first; nearest task": [2],
        "worker who expires first; newest task": [2],
        "worker who expires first; newest task unless it is older than 60 s": [2],
        "worker who expires first; oldest task under 60 s": [1],
        "always the side that expires first": [0],
    }


def test_among_tasks_that_are_all_old_the_oldest_is_taken(tmp_path: Path) -> None:
    lines = ["2 1", "0 t 0 900 600", "50 t 0 600 600", "110 w 0 0 300 1500"]
    day = read_day(written(tmp_path, lines))
    rule = BY_NAME["worker who expires first; newest task unless it is older than 60 s"]
    assert replay(day, rule).task.tolist() == [0]
