"""What the commands say: answers to stdout, all else to stderr, so that output can be piped."""

from __future__ import annotations

import typer


def say(text: str) -> None:
    """Tell the person what is going on."""
    typer.echo(text, err=True)


def answer(text: str) -> None:
    """Print what was asked for."""
    typer.echo(text)


def complain(text: str) -> None:
    """Print why the command failed."""
    typer.secho(f"dibs: {text}", err=True, fg=typer.colors.RED)
