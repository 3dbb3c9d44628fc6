"""A database for each test: cloned from a migrated template in the tests' own cluster.

Any number of pytest runs and xdist workers may share the cluster. Each holds a shared lock on one
file while it runs; the last to let go stops the server. A run that is killed lets go too.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from service.db import cluster
from service.db.cluster.places import REPOSITORY
from service.db.cluster.private import locked
from service.db.migrations import fingerprint, migrate
from service.db.urls import for_psycopg, with_database

FOLDER = REPOSITORY / ".data"
TEMPLATE_PREFIX = "migrated_"
TEMPLATES_KEPT = 4
"""Templates of older migrations that are left for runs which still clone them."""


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of the tests' server, up for as long as somebody needs it (DIBS_TEST_DATABASE_URL
    names another one).
    """
    given = os.environ.get("DIBS_TEST_DATABASE_URL")
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "pg-test.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield cluster.ensure_testing(given)
        if given is None and _is_last(users.fileno()):
            cluster.stop_testing()


def ensure_template(server: str) -> str:
    """The name of a migrated database to clone, made if no run has made it yet under these
    migrations.
    """
    name = f"{TEMPLATE_PREFIX}{fingerprint()}"
    with locked(FOLDER / "pg-test.template.lock"), _connect(server) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            _make_template(connection, server, name)
            _drop_old_templates(connection)
    return name


@contextmanager
def cloned(server: str, template: str) -> Iterator[str]:
    """The URL of a fresh clone of the template, dropped afterwards whoever is still connected to
    it.

    STRATEGY file_copy: 75 ms for the 17 MB of an empty PostGIS in RAM with both cores busy, where
    wal_log took 160 ms.
    """
    name = f"test_{uuid4().hex}"
    with _connect(server) as connection:
        command = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(command.format(Identifier(name), Identifier(template)))
    try:
        yield with_database(server, name)
    finally:
        with _connect(server) as connection:
            connection.execute(
                SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name))
            )


def _make_template(connection: psycopg.Connection, server: str, name: str) -> None:
    """Migrate under another name first: a template is either whole or not there."""
    draft = f"{name}_draft"
    connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(draft)))
    connection.execute(SQL("CREATE DATABASE {}").format(Identifier(draft)))
    migrate(with_database(server, draft))
    connection.execute(
        SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(draft), Identifier(name))
    )
    connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))


def _drop_old_templates(connection: psycopg.Connection) -> None:
    newest_first = (
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid DESC OFFSET %s"
    )
    for (name,) in connection.execute(newest_first, [TEMPLATE_PREFIX, TEMPLATES_KEPT]).fetchall():
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _connect(server: str) -> psycopg.Connection:
    return psycopg.connect(for_psycopg(server), autocommit=True)


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
