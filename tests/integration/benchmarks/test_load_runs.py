"""The benchmarks of the running service run, small, and write the rows they promise."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main

ONE = ("--listeners", "1")


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a benchmark on the tests' server and return its rows."""

    @contextmanager
    def server(name: str, *, keep: bool = False) -> Iterator[str]:
        yield database_url

    def running(name: str, *arguments: str) -> list[dict[str, Any]]:
        file = tmp_path / "rows.json"
        monkeypatch.setattr(f"benchmarks.{name}.durable_server", server)
        monkeypatch.setattr(sys, "argv", ["benchmarks", name, *arguments, "--json", str(file)])
        main()
        rows: list[dict[str, Any]] = json.loads(file.read_text())["rows"]
        return rows

    return running


def test_stream_compares_the_three_servers(run: Any) -> None:
    rows = run("stream", "--sockets", "30", "--rates", "60", "--runs", "1", "--seconds", "1", *ONE)
    assert [row["server"] for row in rows] == ["dibs", "bare", "rooms"]
    for row in rows:
        assert (row["sockets"], row["rate"]) == (30, 60)
        assert 0 < row["delivered_per_s"] <= 60
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert row["kib_per_connection"] >= 0


def test_post_to_offer_sees_offers_arrive(run: Any) -> None:
    sizes = ("--taskers", "150", "--sockets", "60", "--rates", "10", "--seconds", "2", *ONE)
    (row,) = run("post_to_offer", *sizes, "--share", "0.5")
    assert (row["rate"], row["refused"]) == (10, 0)
    assert row["offered"] > 0
    assert row["seen"] > 0
    assert 0 < row["p50_ms"] <= row["p99_ms"]


def test_accepts_holds_itself_against_pgbench_and_books_nobody_twice(run: Any) -> None:
    (row,) = run("accepts", "--accepts", "24", "--at-once", "4", "--runs", "1", "--attempts", "200")
    assert row["per_s"] > 0
    assert row["pgbench_per_s"] > 0
    assert (row["double_bookings"], row["attempts"]) == (0, 200)


def test_accepts_races_batch_after_batch_where_that_is_all_it_is_to_do(run: Any) -> None:
    (row,) = run("accepts", "--runs", "0", "--attempts", "2800")
    assert (row["double_bookings"], row["attempts"]) == (0, 2800)


def test_accepts_leaves_the_races_out(run: Any) -> None:
    (row,) = run("accepts", "--accepts", "4", "--at-once", "2", "--runs", "1", "--attempts", "0")
    assert (row["double_bookings"], row["attempts"]) == (0, 0)


def test_writes_posts_while_nodes_listen(run: Any) -> None:
    rows = run("writes", "--listening", "0,3", "--posts", "20", "--at-once", "2", "--runs", "1")
    assert [(row["source"], row["listening"]) for row in rows] == [
        ("dibs", 0), ("dibs", 3), ("notify in transactions", 3),
    ]  # fmt: skip
    assert all(row["posts_per_s"] > 0 for row in rows)
