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

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from service.demo.processes import free_ports
from service.demo.tally import COUNTED, broken
from tests.support.patience import Patience
from tests.support.supervising import Supervisor

STILL_S = 240
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


def wait_until_more(
    connection: psycopg.Connection, city: subprocess.Popen[str], **more: int
) -> None:
    """Wait until the tables that are named have so many rows more; each says that somebody lives:
    `offers` a dispatcher, `bookings` an api process. A table that gets none for long is given up.
    """
    for table, number in more.items():
        wanted, patience = rows(connection, table) + number, Patience(STILL_S)
        while (found := rows(connection, table)) < wanted:
            assert city.poll() is None, city.communicate()[0]
            patience.look((table, found))
            time.sleep(0.1)


def rows(connection: psycopg.Connection, table: str) -> int:
    found = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
    return int(found[0]) if found else 0


def is_listening(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    "strikes",
    [pytest.param(2, id="short"), pytest.param(20, id="long", marks=pytest.mark.torture)],
)
def test_a_city_whose_processes_are_killed_lives_on_and_breaks_no_promise(
    database_url: str, connection: psycopg.Connection, tmp_path: Path, strikes: int
) -> None:
    (port,) = free_ports(1)
    file = tmp_path / "report.json"
    city = dibs(
        database_url, "demo", *SMALL, "--apis", "2", "--port", str(port), "--json", str(file)
    )
    with Supervisor(city, tmp_path) as supervisor:
        wait_until_more(connection, city, offers=5, bookings=5)
        for strike in range(strikes):
            supervisor.kill_and_replace("dispatch" if strike % 2 == 0 else "api", strike // 2)
            wait_until_more(connection, city, offers=5, bookings=5)
        city.send_signal(signal.SIGINT)
        ended(city)
    report = json.loads(file.read_text())
    assert set(COUNTED) <= set(report)
    assert broken(report) == []
    assert report["completed"] > 0
    assert report["rounds"]["count"] > strikes // 2
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
