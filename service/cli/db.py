"""`dibs db`: the database, up, down, migrated, emptied."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli._database import given_url, migrated_url, running_url
from service.cli._failures import Refused
from service.cli._terminal import answer, say

commands = typer.Typer(
    help="The database: start it, stop it, bring it up to date.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the `db` commands."""
    app.add_typer(commands, name="db")


@commands.command()
def up() -> None:
    """Start the database, made or installed if need be. Prints its URL."""
    answer(running_url())


@commands.command()
def down(
    remove: Annotated[
        bool, typer.Option("--remove", help="Delete its data too, and the tests' cluster.")
    ] = False,
) -> None:
    """Stop the private cluster. A database of DATABASE_URL is left alone."""
    from service.db import cluster

    cluster.down(say)
    if remove:
        cluster.delete(say)


@commands.command()
def status() -> None:
    """Say what database there is. Exit code 0 if it runs and stands at the newest migration."""
    from service.db import cluster
    from service.db.migrations import current_revision, migration_head
    from service.db.urls import for_people

    url = cluster.find_url(given_url())
    if url is None:
        answer(cluster.state())
        raise typer.Exit(1)
    answer(for_people(url))
    current = current_revision(url)
    answer(f"at migration {current or 'none'}; the newest is {migration_head()}")
    if current != migration_head():
        raise typer.Exit(1)


@commands.command()
def url() -> None:
    """Print the database's URL as psql takes it. Starts nothing."""
    from service.db import cluster
    from service.db.urls import for_psycopg

    found = cluster.find_url(given_url())
    if found is None:
        raise Refused("the database does not run: dibs db up")
    answer(for_psycopg(found))


@commands.command()
def migrate() -> None:
    """Bring the database to the newest migration, started first if need be."""
    from service.db.migrations import migration_head

    migrated_url()
    say(f"the database is at migration {migration_head()}")


@commands.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop the database with all it holds, and make it again, empty and migrated."""
    from service.db.emptying import drop_and_create
    from service.db.urls import for_people

    target = running_url()
    if not yes and not typer.confirm(f"Everything in {for_people(target)} will be lost. Go on?"):
        raise Refused("nothing was changed")
    drop_and_create(target)
    migrate()


@commands.command()
def install() -> None:
    """Find PostgreSQL and PostGIS on this machine, or install them where that needs no question."""
    from service.db import cluster

    if given_url() is None and not cluster.ready_binaries(say):
        say("the database will run in a container")


@commands.command()
def revision(
    message: Annotated[str, typer.Argument(help='What changes, such as "Add tasker ratings".')],
    rewrite: Annotated[
        bool,
        typer.Option("--rewrite", help="Replace all migrations by a single one, before a release."),
    ] = False,
) -> None:
    """Write the next migration from the difference between the tables and the migrations so far."""
    from service.db import cluster
    from service.db.migrations.writing import rewrite_history, write_migration

    write = rewrite_history if rewrite else write_migration
    with cluster.server_for_tests(say=say) as server:
        path = write(server, message)
    say("tables and migrations agree already" if path is None else f"wrote {path}: read it")
