"""`dibs api`: the api process."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(api)


def api(
    port: Annotated[int | None, typer.Option(help="0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Loopback unless said otherwise.")] = None,
) -> None:
    """Serve the api and the stream. SIGTERM drains: streams get 1012, requests are answered."""
    import uvloop

    from service.app import create_app
    from service.cli._database import running_url
    from service.settings import settings
    from service.stream.server import serve

    chosen = {"host": host, "port": port, "database_url": running_url()}
    given = {name: value for name, value in chosen.items() if value is not None}
    wanted = type(settings()).model_validate(settings().model_dump() | given)
    uvloop.run(serve(create_app(wanted), wanted))
