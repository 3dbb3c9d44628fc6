"""The database as commands reach it: the one that settings name, or the private one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.cli._terminal import say


def given_url() -> str | None:
    """The database URL that was set, None where the private cluster is meant."""
    from service.settings import settings

    chosen = settings()
    try:
        return chosen.url()
    except ValueError:
        return None


def running_url() -> str:
    """A URL of a database that runs: found, started or installed, see `service.db.cluster`. A
    private one runs on after the command.
    """
    from service.db import cluster

    return cluster.ensure(given_url(), say)


def migrated_url() -> str:
    """The same, with the newest migration in it."""
    return migrated(running_url())


@contextmanager
def borrowed_url() -> Iterator[str]:
    """A URL of a running, migrated database for as long as the command lasts: a private cluster
    that was started for it is stopped after it, unless `dibs db up` asked for it meanwhile.
    """
    from service.db import cluster

    with cluster.borrowed(given_url(), say) as url:
        yield migrated(url)


def migrated(url: str) -> str:
    """Bring a database to the newest migration; the same URL again."""
    from service.db.migrations import current_revision, migrate, migration_head

    if current_revision(url) != migration_head():
        say(f"migrating the database to {migration_head()}")
        migrate(url)
    return url
