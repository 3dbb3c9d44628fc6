"""Processes of the service, forked from one that has imported it already: importing takes three
seconds of a core, and the tests start a hundred of them.

What runs is `dibs WORDS...` in the environment given, in a process of its own like any other. That
it starts as it is typed, too, is what `test_demo.py`, `test_logs.py` and `test_replays.py` show.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping

from service.cli import main

IMPORTED = ["service.app", "service.cli", "service.dispatch.process", "service.whatif.runner"]


class ServiceProcess:
    """A running `dibs WORDS...`."""

    def __init__(self, *words: str, environment: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        self._process = context.Process(target=_run, args=(words, dict(environment)))
        self._process.start()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.join()

    def terminate(self, within_s: float = 30) -> int:
        """Ask it to end; returns its exit code. Raises TimeoutError."""
        self._process.terminate()
        self._process.join(within_s)
        if self.exit_code is None:
            raise TimeoutError(f"{self._process} did not end within {within_s} s")
        return self.exit_code


def _run(words: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dibs", *words]
    main()
