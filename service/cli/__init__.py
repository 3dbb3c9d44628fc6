"""The command line, `dibs`: a file per group of commands.

A module of this package whose name has no leading underscore is a plug: it has a function
`register(app: typer.Typer) -> None` that adds its commands, and it is found by being there. What a
command needs that takes long to import, it imports inside the command: `dibs --help` answers at
once.

An expected failure is one clear line and exit code 1: raise `Refused("what, and what to do")`, or
let one of the errors in `_failures.py` through. `DIBS_DEBUG=1` shows the traceback instead.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys

import typer

from service.cli._failures import Refused, as_line
from service.cli._terminal import complain, say

__all__ = ["Refused", "build_app", "main", "say"]


def build_app() -> typer.Typer:
    """The command line with the commands of every plug."""
    app = typer.Typer(
        name="dibs",
        help="Dibs matches chores with taskers nearby: the service, its database, its demo.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}").register(app)
    return app


def main() -> None:
    """Run the command line; the process's exit code tells how it went."""
    # Before a server installs its own handler, a SIGTERM still has to let go of what was borrowed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        build_app()()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        line = as_line(error)
        if line is None or os.environ.get("DIBS_DEBUG"):
            raise
        complain(line)
        sys.exit(1)
