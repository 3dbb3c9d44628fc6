"""`dibs up` and `dibs api`: the whole service in one process, or the api alone."""

from __future__ import annotations

from typing import Annotated

import typer

Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")]
Host = Annotated[str | None, typer.Option(help="Loopback unless said otherwise.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(api)


def up(port: Port = None, host: Host = None) -> None:
    """Run the whole service in one process: the database brought up to date, api, dispatcher."""
    from service.cli._database import borrowed_url

    with borrowed_url() as url:
        _serve(url, port, host, dispatching=True)


def api(port: Port = None, host: Host = None) -> None:
    """Serve the api and the stream. SIGTERM drains: streams get 1012, requests are answered.

    The database is not migrated: /readyz says so where that is to be done.
    """
    from service.cli._database import running_url

    _serve(running_url(), port, host, dispatching=False)


def _serve(url: str, port: int | None, host: str | None, *, dispatching: bool) -> None:
    import uvloop

    from service.app import create_app
    from service.collector import spare_what_stands
    from service.settings import settings
    from service.stream.server import serve

    chosen = {"host": host, "port": port, "database_url": url}
    given = {name: value for name, value in chosen.items() if value is not None}
    wanted = type(settings()).model_validate(settings().model_dump() | given)
    app = create_app(wanted, dispatching=dispatching)
    spare_what_stands()
    uvloop.run(serve(app, wanted))
