"""`dibs solve`: a kept model is solved again."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from matching.assignment import one_to_one
from matching.instances import to_bytes
from service.cli import Refused, build_app


def test_a_kept_model_is_solved_again_and_held_against_greedy(tmp_path: Path) -> None:
    """Greedy takes 10 and is left with 0; the best is 9 + 8."""
    file = tmp_path / "model.npz"
    worth = np.array([10, 9, 8, 0])
    file.write_bytes(to_bytes(one_to_one(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), worth)))
    answer = CliRunner().invoke(build_app(), ["solve", str(file)])
    assert answer.exit_code == 0
    lines = answer.output.splitlines()
    assert lines[0] == "4 pairs, 2 slots, 2 taskers"
    assert lines[1].startswith("greedy: 1 offers, costs 10,")
    assert lines[2].startswith("min-cost flow: 2 offers, costs 3,")
    assert lines[3] == "proved optimal"


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04"])
def test_a_file_without_a_model_is_refused_in_one_line(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "model.npz"
    if content is not None:
        file.write_bytes(content)
    answer = CliRunner().invoke(build_app(), ["solve", str(file)])
    assert isinstance(answer.exception, Refused)
    assert "holds no model" in str(answer.exception)
