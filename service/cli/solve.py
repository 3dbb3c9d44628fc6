"""`dibs solve`: a model that the solver failed on, solved once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli._failures import Refused
from service.cli._terminal import answer

if TYPE_CHECKING:
    from matching.assignment import AssignmentModel


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(solve)


def solve(
    file: Annotated[Path, typer.Argument(help="A model that a dispatcher kept (.npz).")],
) -> None:
    """Solve a model again that the solver failed on or had no time for, and compare with what
    greedy answered then. Dispatchers keep them in DIBS_FAILED_MODELS. There is no time limit.
    """
    from matching import assignment, verify
    from matching.greedy import solve_greedily

    model = _read(file)
    answer(f"{len(model.chore)} pairs, {len(model.slot_chore)} slots, {len(model.room)} taskers")
    quick = solve_greedily(model)
    answer(f"greedy: {quick.chosen.sum()} offers, costs {quick.value}, {quick.solve_s:.3f} s")
    try:
        best = assignment.solve(model)
    except assignment.SolverFailed as failed:
        raise Refused(f"the solver fails again: {failed}") from None
    answer(f"min-cost flow: {best.chosen.sum()} offers, costs {best.value}, {best.solve_s:.3f} s")
    proved = verify.is_optimal(model, best.chosen)
    answer("proved optimal" if proved else "NOT optimal: the checker finds a better choice")


def _read(file: Path) -> AssignmentModel:
    """The model in a file. Raises Refused if there is none."""
    from matching.instances import from_bytes

    try:
        return from_bytes(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Refused(f"{file} holds no model: {error}") from None
