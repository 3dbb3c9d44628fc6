"""When the solver fails or takes too long, greedy answers, and what it failed on can be
replayed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from matching.assignment import Assignment, AssignmentModel, SolverFailed, solve
from matching.instances import from_bytes
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
    (kept,) = (tmp_path / "kept").iterdir()
    assert solve(from_bytes(kept.read_bytes())).chosen.sum() == 1


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


async def test_a_large_model_is_solved_in_the_process_apart(city: City) -> None:
    tasker = await city.tasker()
    await city.chore()
    apart = Solving(large_pairs=1)
    settings = RoundSettings(solving=apart)
    report = await run_round(city.database, city.market.id, city.now, settings=settings)
    assert report.offers == 1
    assert city.offers() == [(tasker.id, "pending")]
    apart.process.close()
