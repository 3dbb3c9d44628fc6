"""The benchmarks of published files, run small: their rows, their picture, and bad files."""

import argparse
import json
from pathlib import Path

import pytest

from benchmarks import gmission, tobm
from benchmarks.frame import Report
from benchmarks.online.rules import RULES
from tests.unit.benchmarks.days import small_day, small_instance


def test_tobm_writes_its_rows_and_the_frontier(tmp_path: Path) -> None:
    small_day(tmp_path)
    report, picture = Report("tobm"), tmp_path / "frontier.png"
    tobm.run(
        argparse.Namespace(path=tmp_path / "data.txt", prices=[0.0, 600.0], plot=picture), report
    )
    report.write(tmp_path / "rows.json")
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert [row["ours"] for row in rows] == [True, True, *[False] * len(RULES)]
    assert all(row["pairs"] > 25 and row["mean_response_s"] > 0 for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert report.notes == ["Not the published day: its known points are left out."]


def test_gmission_writes_its_rows(tmp_path: Path) -> None:
    small_instance(tmp_path)
    report = Report("gmission")
    gmission.run(argparse.Namespace(paths=[tmp_path / "data.txt"]), report)
    ours = {row["file"]: row["ours"] for row in report.rows}
    assert ours == {"data.txt": True, "data.txt, sorted by time": True}
    assert all(0 < row["utility"] <= row["optimum"] for row in report.rows)


def test_a_bad_file_ends_the_run_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("1 1\n0 t 1 1 x\n")
    with pytest.raises(SystemExit, match=r"data\.txt, line 2: 'x' is not a number"):
        tobm.run(argparse.Namespace(path=path, prices=[], plot=None), Report("tobm"))
    with pytest.raises(SystemExit, match="line 1: 4 words expected, 2 found"):
        gmission.run(argparse.Namespace(paths=[path]), Report("gmission"))
