"""A dispatcher process under test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class DispatcherProcess:
    """One dispatcher process, started and killed as often as a test likes."""

    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it; it leads as soon as the lease is free."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "dispatch"], env=self.environment
        )

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def dispatcher_process(database_url: str, **environment: str) -> Iterator[DispatcherProcess]:
    """A dispatcher process with a lease of a second, ended with the block."""
    chosen = {
        "DIBS_DATABASE_URL": database_url, "DIBS_ENVIRONMENT": "test", "DIBS_LOG_LEVEL": "error",
        "DIBS_LEASE_S": "1", "DIBS_POLL_S": "0.5",
    }  # fmt: skip
    dispatcher = DispatcherProcess(os.environ | chosen | environment)
    try:
        yield dispatcher
    finally:
        dispatcher.kill()
