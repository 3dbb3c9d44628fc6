"""Solving: the pure round, run off the event loop; large models in a process of their own.

Min-cost flow cannot be told to stop, so a model that is large enough to matter is solved in a
worker process with a time limit. When that runs out, or the solver fails, greedy answers (`match`
sees to that), and the model is kept in a file from which the solve can be repeated.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from geo.travel import GreatCircleTravel, TravelModel
from matching.assignment import Assignment, AssignmentModel, solve
from matching.engine import match
from matching.instances import to_bytes
from matching.result import MatchingResult
from matching.worker import SolverProcess
from service.dispatch.plans import Plan, plans_of
from service.dispatch.snapshot import Snapshot

log = structlog.get_logger("dibs.dispatch")

LARGE_PAIRS = 50_000
"""Models of more pairs (2,500 chores of 20 candidates, some 50 ms) leave the process."""
LIMIT_S = 20.0
"""How long such a model may take before greedy answers."""


@dataclass(frozen=True)
class Solving:
    """How rounds are solved: travel, the process for large models, where failures go."""

    travel: TravelModel = field(default_factory=GreatCircleTravel)
    process: SolverProcess = field(default_factory=lambda: SolverProcess(LIMIT_S))
    large_pairs: int = LARGE_PAIRS
    failures: Path | None = None

    async def matched(self, snapshot: Snapshot) -> MatchingResult:
        """The answer of the pure core, from a thread."""
        result = await asyncio.to_thread(
            match, snapshot.problem, self.travel, snapshot.market.acceptance, self._solver
        )
        if result.failure is not None:
            kept = self._keep(result.model, snapshot)
            log.error("solver_failed", why=result.failure, kept=kept, pairs=len(result.pairs))
        return result

    async def plans(self, result: MatchingResult, snapshot: Snapshot) -> list[Plan]:
        """What the answer means for each chore, with its records, from a thread."""
        return await asyncio.to_thread(lambda: list(plans_of(result, snapshot)))

    def _keep(self, model: AssignmentModel, snapshot: Snapshot) -> str | None:
        """The file in which the model is kept; None where it cannot be: greedy's answer stands."""
        try:
            return str(save_model(model, self.failures, snapshot)) if self.failures else None
        except OSError:
            log.exception("model_not_kept")
            return None

    def _solver(self, model: AssignmentModel) -> Assignment:
        if len(model.chore) < self.large_pairs:
            return solve(model)
        return self.process.solve(model)


def save_model(model: AssignmentModel, folder: Path, snapshot: Snapshot) -> Path:
    """Keep a model in `folder` for replay (`matching.instances.from_bytes`); returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{snapshot.market.slug}-{snapshot.now:%Y%m%dT%H%M%S%f}.npz"
    path.write_bytes(to_bytes(model))
    return path
