"""The database as commands reach it: the one that settings name, or the private one."""

from __future__ import annotations

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
    """A URL of a database that runs: found, started or installed, see `service.db.cluster`."""
    from service.db import cluster

    return cluster.ensure(given_url(), say)


def migrated_url() -> str:
    """The same, with the newest migration in it."""
    from service.db.migrations import current_revision, migrate, migration_head

    url = running_url()
    if current_revision(url) != migration_head():
        say(f"migrating the database to {migration_head()}")
        migrate(url)
    return url
