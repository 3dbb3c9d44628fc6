"""The database: found, or made, without a question asked.

`ensure(given)` answers with a URL that works, by the first of these ways that does:

1. the URL that was given (DATABASE_URL): somebody else runs that database;
2. PostgreSQL with PostGIS found on the machine: a private cluster in `.data/pg`, made and
   started here;
3. the same, after installing it with apt, where that needs no question (root, or DIBS_APT=1 with
   sudo);
4. `docker compose up -d db`;
5. otherwise a ClusterError that ends in the one line to type.

A private cluster listens on a unix socket in a folder of mode 0700 and on no network, so its
authentication is that folder: `trust` inside. PostgreSQL refuses to run as root, so root's machine
runs it as user postgres; where that user cannot reach the repository (/root), the folder moves to
that user's home, always the same one for the same repository, and says so.

Decisions:

- A server is known by the working directory of its process, not by its pid file: pids come again.
- One file lock per cluster: any number of processes may ask for it at once, one makes it.
- Settings are written at each start into a file that postgresql.conf includes, so that a cluster
  made yesterday runs with today's settings.
- The tests' cluster is a second one, without fsync and in RAM where there is room: nothing that
  tests do can reach the living one. With two cores busy, making a test's database took 75 ms in
  RAM and 1,400 ms on disk (a thousand small files; 60 ms on an idle machine).
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.db.cluster import compose, private
from service.db.cluster.binaries import ONE_LINE, find_binaries, install, may_install
from service.db.cluster.errors import ClusterError
from service.db.cluster.places import Place, Say, choose_place
from service.db.cluster.tuning import LIVING, TESTING, Tuning
from service.db.urls import for_sqlalchemy

__all__ = [
    "ClusterError",
    "borrowed",
    "delete",
    "down",
    "ensure",
    "find_url",
    "ready_binaries",
    "server_for_tests",
    "state",
]

LIVING_NAME = "pg"
TESTING_NAME = "pg-test"
DATABASE = "dibs"


def ensure(given: str | None = None, say: Say = lambda _: None) -> str:
    """A SQLAlchemy URL of a running database, started or installed if need be. Raises ClusterError
    if none can be had. A private one runs on until `down`.
    """
    if given or not ready_binaries(say):
        return for_sqlalchemy(given) if given else compose.up(say)
    place = choose_place(LIVING_NAME, say)
    private.start(place, LIVING, say)
    private.ensure_database(place, DATABASE)
    _kept(place).touch()
    return place.url(DATABASE)


@contextmanager
def borrowed(given: str | None = None, say: Say = lambda _: None) -> Iterator[str]:
    """The same for as long as it is needed: a private cluster that nobody asked to keep is stopped
    by the last one who borrowed it.
    """
    if given or not ready_binaries(say):
        yield ensure(given, say)
        return
    place = choose_place(LIVING_NAME, say)
    with _shared(place, LIVING, say, keep=lambda: _kept(place).exists()):
        private.ensure_database(place, DATABASE)
        yield place.url(DATABASE)


def find_url(given: str | None = None) -> str | None:
    """The URL of the database if it runs already, None if it would have to be started. Starts
    nothing.
    """
    if given:
        return for_sqlalchemy(given)
    if find_binaries() is None:
        return None
    place = choose_place(LIVING_NAME)
    return place.url(DATABASE) if private.answers(place) else None


def down(say: Say = lambda _: None) -> bool:
    """Stop the private cluster people live in. False if it was not running."""
    place = choose_place(LIVING_NAME)
    _kept(place).unlink(missing_ok=True)
    stopped = place.home.exists() and private.stop(place)
    say(f"the database in {place.home} {'is stopped' if stopped else 'was not running'}")
    return stopped


def delete(say: Say = lambda _: None) -> None:
    """Stop both private clusters and delete them, data and all."""
    for place in (choose_place(LIVING_NAME), choose_place(TESTING_NAME, memory=True)):
        if place.home.exists():
            private.remove(place)
            say(f"{place.home} is deleted")


def state() -> str:
    """One line about the private cluster, for people."""
    if find_binaries() is None:
        return "PostgreSQL with PostGIS is not installed"
    place = choose_place(LIVING_NAME)
    return f"private cluster in {place.home}: {'up' if private.answers(place) else 'down'}"


@contextmanager
def server_for_tests(given: str | None = None, say: Say = lambda _: None) -> Iterator[str]:
    """The URL of the tests' own server, whose role may create databases, up for as long as anybody
    needs it. Raises ClusterError if PostgreSQL with PostGIS cannot be had.

    The last to let go stops it.
    """
    if given or not ready_binaries(say):
        yield for_sqlalchemy(given) if given else compose.up(say)
        return
    place = choose_place(TESTING_NAME, say, memory=True)
    with _shared(place, TESTING, say, keep=lambda: False):
        yield place.url("postgres")


def ready_binaries(say: Say = lambda _: None) -> bool:
    """Have PostgreSQL and PostGIS on the machine; False if only a container can help. Raises
    ClusterError if nothing can.
    """
    if find_binaries() is not None:
        return True
    if may_install():
        install(say)
        return True
    if compose.is_possible():
        return False
    raise ClusterError(
        f"no PostgreSQL with PostGIS here. As root, type: {ONE_LINE}   (or set DATABASE_URL)"
    )


@contextmanager
def _shared(place: Place, tuning: Tuning, say: Say, keep: Callable[[], bool]) -> Iterator[None]:
    """The cluster up, and a shared lock held on one file meanwhile, which a killed process lets go
    of too. The last to let go stops the server, unless it is to be kept.
    """
    place.lock.parent.mkdir(parents=True, exist_ok=True)
    with place.lock.with_suffix(".users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        private.start(place, tuning, say)
        try:
            yield
        finally:
            if _nobody_else_holds(users.fileno()) and not keep():
                private.stop(place)


def _kept(place: Place) -> Path:
    """A file that says: somebody asked for this server to run until it is told to stop."""
    return place.lock.with_suffix(".kept")


def _nobody_else_holds(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
