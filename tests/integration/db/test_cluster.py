"""A private cluster: made once however many ask, and up again after whatever happened to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service.db import cluster
from service.db.cluster import private
from service.db.cluster.places import Place, choose_place
from service.db.emptying import drop_and_create
from service.db.urls import for_psycopg
from tests.support.clusters import kill, reachable_folder

ASK = "from service.db import cluster; print(cluster.ensure())"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture
def place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A living cluster's place, in a folder of the tests; stopped afterwards."""
    monkeypatch.setenv("DIBS_DATA_DIR", str(folder))
    chosen = choose_place(cluster.LIVING_NAME)
    assert chosen.home.is_relative_to(folder)
    yield chosen
    cluster.down()


def ask_at_once(count: int) -> list[str]:
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    return [each.communicate(timeout=60)[0].strip() for each in asking]


def test_many_processes_asking_at_once_share_one_new_server(place: Place) -> None:
    assert set(ask_at_once(4)) == {place.url("dibs")}
    assert private.answers(place)


def test_what_was_committed_survives_a_kill_of_the_server(place: Place) -> None:
    url = cluster.ensure()
    with psycopg.connect(for_psycopg(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    kill(place)
    assert cluster.find_url() is None
    with psycopg.connect(for_psycopg(cluster.ensure())) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_a_pid_file_that_names_somebody_else_keeps_nothing_down(place: Place) -> None:
    cluster.ensure()
    kill(place)
    stale = place.data / "postmaster.pid"
    stale.write_text(stale.read_text().replace(stale.read_text().split()[0], str(os.getpid()), 1))
    assert private.running_pid(place) is None
    cluster.ensure()
    assert private.answers(place)


def test_stopping_twice_is_no_error(place: Place) -> None:
    cluster.ensure()
    assert cluster.down() is True
    assert cluster.down() is False
    assert cluster.find_url() is None


def test_the_server_listens_on_no_network_and_its_folder_is_private(place: Place) -> None:
    with psycopg.connect(for_psycopg(cluster.ensure())) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    assert place.sockets.stat().st_mode & 0o077 == 0
    assert place.data.stat().st_mode & 0o077 == 0


def test_a_database_is_emptied_while_somebody_is_connected(place: Place) -> None:
    url = cluster.ensure()
    with psycopg.connect(for_psycopg(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE lost AS SELECT 1 AS one")
        drop_and_create(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with psycopg.connect(for_psycopg(url)) as connection:
        assert connection.execute("SELECT to_regclass('lost')").fetchone() == (None,)


def test_a_borrowed_server_is_stopped_by_the_last_borrower(place: Place) -> None:
    with cluster.borrowed() as first:
        with cluster.borrowed() as second:
            assert first == second
        assert private.answers(place)
    assert not private.answers(place)


def test_a_borrowed_server_is_stopped_when_its_borrower_fails(place: Place) -> None:
    with pytest.raises(RuntimeError), cluster.borrowed():
        raise RuntimeError
    assert not private.answers(place)


def test_a_server_that_was_asked_to_stay_outlives_its_borrowers(place: Place) -> None:
    with cluster.borrowed():
        cluster.ensure()
    assert private.answers(place)
    cluster.down()
    with cluster.borrowed():
        pass
    assert not private.answers(place)


def test_deleting_leaves_nothing_behind(place: Place) -> None:
    cluster.ensure()
    cluster.delete()
    assert not place.home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
def test_where_the_servers_user_cannot_go_the_cluster_lives_elsewhere_always_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("DIBS_DATA_DIR", str(tmp_path / "hidden"))
    said: list[str] = []
    chosen = choose_place("pg", said.append)
    assert not chosen.home.is_relative_to(tmp_path)
    assert chosen == choose_place("pg")
    assert any(str(chosen.home.parent) in line for line in said)
    chosen.home.parent.rmdir()
