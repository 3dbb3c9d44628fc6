"""`dibs dispatch`: the process that finds taskers for the chores that are due."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(dispatch)


def dispatch() -> None:
    """Match chores with taskers. Run as many as you like: one leads each market, others stand
    by.
    """
    import uvloop

    from service.cli._database import running_url
    from service.collector import spare_what_stands
    from service.dispatch.process import dispatch as run
    from service.settings import settings

    given = settings().model_dump() | {"database_url": running_url()}
    spare_what_stands()
    uvloop.run(run(type(settings()).model_validate(given)))
