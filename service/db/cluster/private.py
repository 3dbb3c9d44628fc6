"""A private PostgreSQL cluster in a folder: made, started, stopped and removed, on a unix socket
only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.errors import DuplicateDatabase, UniqueViolation
from psycopg.sql import SQL, Identifier

from service.db.cluster.binaries import Binaries, find_binaries
from service.db.cluster.errors import ClusterError
from service.db.cluster.places import PORT, ROLE, Place, Say, prepare
from service.db.cluster.tuning import Tuning, as_file
from service.db.urls import for_psycopg

START_TIMEOUT_S = 60
START_ATTEMPTS = 3
SETTINGS_FILE = "dibs.conf"


def start(place: Place, tuning: Tuning, say: Say) -> None:
    """Have the cluster running: made if it is not there, started if it is not up. Safe to call from
    many processes.

    Raises ClusterError if the server does not come up, with the last lines of its log.
    """
    if answers(place):
        return
    with locked(place.lock):
        if answers(place):
            return
        prepare(place)
        binaries = _fitting_binaries(place)
        if not (place.data / "PG_VERSION").exists():
            say(f"creating a private database cluster ({binaries}) in {place.home}")
            _initialise(place, binaries, durable=tuning.get("fsync") != "off")
        _write_settings(place, tuning)
        _start_server(place, binaries)


def stop(place: Place) -> bool:
    """Stop the server; open transactions are rolled back. False if it was not running."""
    with locked(place.lock):
        if running_pid(place) is None:
            return False
        _run(
            place,
            [
                str(_fitting_binaries(place).folder / "pg_ctl"),
                "stop",
                "-D",
                str(place.data),
                "-m",
                "fast",
                "-w",
            ],
        )
        return True


def remove(place: Place) -> None:
    """Stop the server and delete its folder, data and all."""
    stop(place)
    with locked(place.lock):
        shutil.rmtree(place.home, ignore_errors=True)
        shutil.rmtree(place.sockets, ignore_errors=True)


def answers(place: Place) -> bool:
    """Whether the server takes connections now."""
    if not (place.sockets / f".s.PGSQL.{PORT}").exists():
        return False
    try:
        with psycopg.connect(for_psycopg(place.url("postgres")), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def running_pid(place: Place) -> int | None:
    """The server's process id, None if it does not run.

    The pid file alone proves nothing: after a crash the number may belong to anybody. A server's
    working directory is its data folder, which nobody else's is.
    """
    try:
        pid = int((place.data / "postmaster.pid").read_text().split()[0])
        inside = Path(f"/proc/{pid}/cwd").readlink() == place.data
    except (OSError, ValueError, IndexError):
        return None
    return pid if inside else None


def ensure_database(place: Place, name: str) -> None:
    """Create the database if it is not there; another process may do so at the same moment."""
    with psycopg.connect(for_psycopg(place.url("postgres")), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        try:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        except (DuplicateDatabase, UniqueViolation):
            return


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file lock: one process at a time makes, starts or stops a cluster. A dead process
    holds nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fitting_binaries(place: Place) -> Binaries:
    version = place.data / "PG_VERSION"
    major = int(version.read_text()) if version.exists() else None
    binaries = find_binaries(major)
    if binaries is None and major is not None:
        raise ClusterError(
            f"{place.data} was made by PostgreSQL {major}, which is no longer installed: "
            "install it again, or delete the data with `dibs db down --remove`"
        )
    if binaries is None:
        raise ClusterError("PostgreSQL with PostGIS is not installed")
    return binaries


def _initialise(place: Place, binaries: Binaries, *, durable: bool) -> None:
    shutil.rmtree(place.data, ignore_errors=True)
    command = [
        str(binaries.folder / "initdb"),
        "-D",
        str(place.data),
        "-U",
        ROLE,
        "--encoding=UTF8",
    ]
    command += ["--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    _run(place, command if durable else [*command, "--no-sync"])
    with (place.data / "postgresql.conf").open("a") as file:
        file.write(f"\ninclude '{SETTINGS_FILE}'\n")


def _write_settings(place: Place, tuning: Tuning) -> None:
    file = place.data / SETTINGS_FILE
    file.write_text(as_file(place, tuning))
    file.chmod(0o644)


def _start_server(place: Place, binaries: Binaries) -> None:
    command = [
        str(binaries.folder / "pg_ctl"),
        "start",
        "-D",
        str(place.data),
        "-l",
        str(place.log),
    ]
    command += ["-w", "-t", str(START_TIMEOUT_S)]
    for attempt in range(START_ATTEMPTS):
        if running_pid(place) is None:
            (place.data / "postmaster.pid").unlink(missing_ok=True)
        elif _waited(place):
            return
        try:
            _run(place, command)
            return
        except ClusterError:
            # A server that was killed leaves children behind, who hold its memory for a moment.
            if attempt == START_ATTEMPTS - 1:
                raise ClusterError(
                    f"the database did not start; its log ends in:\n{_log_end(place)}"
                ) from None
            time.sleep(1.0)


def _waited(place: Place) -> bool:
    """Wait for a server that is already on its way up, in recovery perhaps."""
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and running_pid(place) is not None:
        if answers(place):
            return True
        time.sleep(0.05)
    return False


def _log_end(place: Place) -> str:
    try:
        return "\n".join(place.log.read_text(errors="replace").splitlines()[-5:])
    except OSError:
        return f"(no log at {place.log})"


def _run(place: Place, command: list[str]) -> None:
    """Run one of the server's programs as the user who owns the cluster."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        user=place.owner,
        group=place.owner,
        extra_groups=None if place.owner is None else [],
        env=environment,
        cwd=place.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ClusterError(
            f"{Path(command[0]).name} failed: {done.stderr.strip() or 'see ' + str(place.log)}"
        )
