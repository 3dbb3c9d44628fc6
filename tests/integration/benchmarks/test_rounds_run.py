"""The benchmark of rounds runs, writes what it promises, and its answers are proved optimal."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main


def test_rounds_writes_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rounds.json"
    arguments = ["rounds", "--sizes", "40x80", "--runs", "1", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    main()
    written = json.loads(file.read_text())
    assert written["name"] == "rounds"
    assert written["machine"]["cores"] >= 1
    assert [row["mode"] for row in written["rows"]] == ["single", "waves"]
    for row in written["rows"]:
        assert (row["chores"], row["taskers"], row["optimal"]) == (40, 80, True)
        assert row["ours_s"] > 0
        assert row["ortools_s"] > 0
    assert written["rows"][0]["peers_agree"]


def test_an_unknown_benchmark_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "nothing"])
    with pytest.raises(SystemExit):
        main()
