"""`dibs push`: the key that pushes are signed with."""

from __future__ import annotations

import typer

from service.cli._terminal import answer

commands = typer.Typer(help="Pushes to people who are away.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Pushes to people who are away."""


def register(app: typer.Typer) -> None:
    """Add the `push` commands."""
    app.add_typer(commands, name="push")


@commands.command()
def keys() -> None:
    """Make a key pair, printed as settings. A new key ends every device's subscription."""
    from service.push.keys import new_pair

    private, public = new_pair()
    answer(f"DIBS_VAPID_PRIVATE_KEY={private}")
    answer("DIBS_VAPID_CONTACT=mailto:you@example.com")
    answer(f"# GET /v1/push/key answers {public}")
