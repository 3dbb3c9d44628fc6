"""The solver in its own process: the same answers, a limit, a new process after a bad one."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from matching import instances
from matching.assignment import AssignmentModel, SolverFailed, one_to_one, solve
from matching.engine import match
from matching.worker import SolverProcess
from tests.unit.matching.scenes import TRAVEL, offered, random_scene


def model(n: int = 30) -> AssignmentModel:
    worth = np.random.default_rng(1).integers(1, 1_000, n * n)
    chore, tasker = (each.ravel() for each in np.indices((n, n)))
    return one_to_one(chore, tasker, worth)


@pytest.fixture(scope="module")
def process() -> Iterator[SolverProcess]:
    running = SolverProcess(limit_s=30)
    running.start()
    yield running
    running.close()


def test_a_process_answers_as_the_solver_does(process: SolverProcess) -> None:
    there, here = process.solve(model()), solve(model())
    assert np.array_equal(there.chosen, here.chosen)
    assert there.value == here.value


def test_a_round_is_the_same_in_a_process(process: SolverProcess) -> None:
    scene = random_scene(np.random.default_rng(2), 6, 10)
    assert offered(match(scene, TRAVEL, solver=process.solve)) == offered(match(scene, TRAVEL))


def test_a_model_that_takes_too_long_fails_and_the_next_one_is_solved(
    process: SolverProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "limit_s", 0.0)
    with pytest.raises(SolverFailed, match="TIMEOUT"):
        process.solve(model(200))
    monkeypatch.setattr(process, "limit_s", 30)
    assert process.solve(model()).optimal


def test_a_process_that_dies_fails_and_the_next_one_answers(process: SolverProcess) -> None:
    process.start()
    assert process._process is not None
    assert process._process.pid is not None
    os.kill(process._process.pid, signal.SIGKILL)
    process._process.join()
    assert process.solve(model()).optimal


def test_what_greedy_answered_after_a_timeout_is_said(process: SolverProcess) -> None:
    impatient = SolverProcess(limit_s=0.0)
    try:
        result = match(
            random_scene(np.random.default_rng(2), 6, 10), TRAVEL, solver=impatient.solve
        )
    finally:
        impatient.close()
    assert result.statistics.failure in {"TIMEOUT", None}
    assert result.statistics.optimal == (result.statistics.failure is None)


def test_a_model_survives_being_kept() -> None:
    kept = instances.from_bytes(instances.to_bytes(model()))
    assert solve(kept).value == solve(model()).value
    with pytest.raises((ValueError, KeyError, EOFError)):
        instances.from_bytes(b"nothing")
