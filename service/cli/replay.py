"""`dibs replay`: the process that plays the what-ifs operators ask for."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay() -> None:
    """Play what-ifs. Run as many as you like: each takes one up at a time."""
    import uvloop

    from service.cli._database import running_url
    from service.settings import settings
    from service.whatif.runner import play_whatifs

    given = settings().model_dump() | {"database_url": running_url()}
    uvloop.run(play_whatifs(type(settings()).model_validate(given)))
