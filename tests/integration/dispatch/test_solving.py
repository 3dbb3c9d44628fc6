"""When the solver fails or takes too long, greedy answers, and what it failed on can be
replayed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from contextlib import closing
from pathlib import Path

import pytest

from matching.assignment import Assignment, AssignmentModel, SolverFailed, solve
from matching.instances import from_bytes
from matching.worker import SolverProcess
from service.dispatch import solving
from service.dispatch.rounds import RoundSettings, run_round
from service.dispatch.solving import Solving
from tests.integration.dispatch.conftest import City


def fails(_: AssignmentModel) -> Assignment:
    raise SolverFailed("INFEASIBLE")


async def test_when_the_solver_fails_greedy_offers_and_the_model_is_kept_for_replay(
    city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tasker = await city.tasker()
    await city.chore()
    monkeypatch.setattr(solving, "solve", fails)
    settings = RoundSettings(solving=Solving(failures=tmp_path / "kept"))
    report = await run_round(city.database, city.market.id, city.now, settings=settings)
    assert report.offers == 1
    assert city.offers() == [(tasker.id, "pending")]
    assert city.sql("SELECT solver FROM rounds") == [("greedy",)]
    assert solve(kept_in(tmp_path / "kept")).chosen.sum() == 1


async def test_a_model_that_cannot_be_kept_does_not_stop_the_round(
    city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await city.tasker()
    await city.chore()
    monkeypatch.setattr(solving, "solve", fails)
    (tmp_path / "file").write_text("not a folder")
    settings = RoundSettings(solving=Solving(failures=tmp_path / "file"))
    report = await run_round(city.database, city.market.id, city.now, settings=settings)
    assert report.offers == 1


class Stopped(SolverProcess):
    """A solver process that was stopped before its model came: it takes the model, and no more."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(limit_s)
        self.asked = threading.Event()
        self.start()
        (self.child,) = multiprocessing.active_children()
        self.signal(signal.SIGSTOP)

    def signal(self, number: signal.Signals) -> None:
        assert self.child.pid is not None
        os.kill(self.child.pid, number)

    def solve(self, model: AssignmentModel) -> Assignment:
        self.asked.set()
        return super().solve(model)


def kept_in(folder: Path) -> AssignmentModel:
    (file,) = folder.iterdir()
    return from_bytes(file.read_bytes())


async def check_that_nothing_was_lost(city: City, settings: RoundSettings, folder: Path) -> None:
    """Greedy offered the chore; the model was kept; and the next chore is solved exactly again."""
    assert [state for _, state in city.offers()] == ["pending"]
    assert solve(kept_in(folder)).chosen.sum() == 1
    await city.tasker()
    await city.chore()
    settings.solving.process.limit_s = 30.0
    await run_round(city.database, city.market.id, city.now, settings=settings)
    assert len(city.offers()) > 1
    solvers = city.sql("SELECT solver FROM rounds ORDER BY id")
    assert solvers == [("greedy",), ("min_cost_flow",)]


async def test_a_solver_process_killed_over_a_model_loses_nothing(
    city: City, tmp_path: Path
) -> None:
    await city.tasker()
    await city.chore()
    stopped = Stopped(limit_s=30.0)
    settings = RoundSettings(solving=Solving(process=stopped, large_pairs=1, failures=tmp_path))
    with closing(stopped):
        under_way = asyncio.create_task(
            run_round(city.database, city.market.id, city.now, settings=settings)
        )
        assert await asyncio.to_thread(stopped.asked.wait, 30)
        await asyncio.sleep(0.5)  # The model is in the pipe by now, and nobody reads it.
        stopped.signal(signal.SIGKILL)
        await under_way
        await check_that_nothing_was_lost(city, settings, tmp_path)


async def test_a_solver_that_runs_out_of_time_loses_nothing(city: City, tmp_path: Path) -> None:
    await city.tasker()
    await city.chore()
    stopped = Stopped(limit_s=0.2)
    settings = RoundSettings(solving=Solving(process=stopped, large_pairs=1, failures=tmp_path))
    with closing(stopped):
        await run_round(city.database, city.market.id, city.now, settings=settings)
        assert stopped.child.exitcode == -signal.SIGKILL
        await check_that_nothing_was_lost(city, settings, tmp_path)


async def test_a_large_model_is_solved_in_the_process_apart(city: City) -> None:
    tasker = await city.tasker()
    await city.chore()
    apart = Solving(large_pairs=1)
    settings = RoundSettings(solving=apart)
    report = await run_round(city.database, city.market.id, city.now, settings=settings)
    assert report.offers == 1
    assert city.offers() == [(tasker.id, "pending")]
    apart.process.close()
