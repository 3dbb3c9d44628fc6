"""The command line as processes of its own: what they load, and how they end."""

from __future__ import annotations

import subprocess
import sys


def test_help_does_not_wait_for_what_commands_import() -> None:
    ask = "import sys; from service.cli import build_app; build_app(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"sqlalchemy", "fastapi", "numpy", "ortools"}.isdisjoint(loaded)


def test_being_asked_to_end_lets_go_of_what_was_borrowed() -> None:
    borrow = """
import os, signal, time
from service import cli
def app():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    finally:
        print("let go")
cli.build_app = lambda: app
cli.main()
"""
    asked = [sys.executable, "-c", borrow]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (ended.stdout.strip(), ended.returncode) == ("let go", 143)
