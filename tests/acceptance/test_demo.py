"""The demo as it is typed: a city for a few seconds, its report, and nothing left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from service.demo.processes import free_ports
from service.demo.tally import COUNTED, broken

SMALL = ("--taskers", "150", "--online", "80", "--rate", "3", "--headless")
RECORDED = """\
posted_at,category,lon,lat,address,window,duration_minutes,budget_rate,notes
2026-03-02T08:00:00+00:00,cleaning,-0.1276,51.5072,1 Whitehall,now,60,,
2026-03-02T08:01:00+00:00,cleaning,-0.1100,51.5155,2 Fleet Street,now,60,,
2026-03-02T08:02:00+00:00,cleaning,-0.0754,51.5055,3 Tower Hill,now,60,,
"""


def dibs(url: str, *words: str) -> subprocess.Popen[str]:
    """`dibs WORDS...` on this database, in a process group of its own."""
    environment = {**os.environ, "DATABASE_URL": url, "DIBS_ENVIRONMENT": "test"}
    return subprocess.Popen(
        [sys.executable, "-m", "service", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], within_s: float = 240.0) -> str:
    """What it printed, once it has ended by itself with exit code 0."""
    said, _ = process.communicate(timeout=within_s)
    assert process.returncode == 0, said
    return said


def is_listening(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
            return True
    except OSError:
        return False


def test_a_city_lives_for_a_while_and_breaks_no_promise(database_url: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    file = tmp_path / "report.json"
    ended(dibs(
        database_url, "demo", *SMALL, "--seconds", "12", "--port", str(port), "--json", str(file)
    ))  # fmt: skip
    report = json.loads(file.read_text())
    assert set(COUNTED) <= set(report)
    assert broken(report) == []
    assert report["completed"] > 0
    assert report["rounds"]["count"] > 0
    assert report["post_to_offer_ms"]["p50"] > 0
    assert not is_listening(port)


def test_recorded_chores_are_posted_again(database_url: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    chores, file = tmp_path / "chores.csv", tmp_path / "report.json"
    chores.write_text(RECORDED)
    replay = ("--replay", str(chores), "--speed", "60", "--seconds", "6", "--json", str(file))
    dibs(database_url, "demo", *SMALL, *replay, "--port", str(port)).communicate(timeout=240)
    report = json.loads(file.read_text())
    assert report["posted"] == 3
    assert report["lost_events"] == report["double_bookings"] == report["errors_5xx"] == 0


def test_ctrl_c_ends_the_city_and_all_it_started(database_url: str) -> None:
    (port,) = free_ports(1)
    city = dibs(database_url, "demo", *SMALL, "--port", str(port))
    deadline = time.monotonic() + 120
    while not is_listening(port):
        assert city.poll() is None, city.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.2)
    city.send_signal(signal.SIGINT)
    said, _ = city.communicate(timeout=120)
    assert "report" in said
    assert not is_listening(port)


def test_a_given_database_is_not_dropped_without_a_word(database_url: str) -> None:
    refused = dibs(database_url, "demo", *SMALL, "--reset", "--seconds", "1")
    said, _ = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert "--yes" in said


@pytest.mark.parametrize("signalled", [signal.SIGTERM, signal.SIGINT])
def test_one_process_serves_everything_and_ends_when_told(
    database_url: str, signalled: signal.Signals
) -> None:
    (port,) = free_ports(1)
    service = dibs(database_url, "up", "--port", str(port))
    deadline = time.monotonic() + 60
    while not is_listening(port):
        assert service.poll() is None, service.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    service.send_signal(signalled)
    ended(service, within_s=30)
    assert not is_listening(port)
