"""A dispatcher process under test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.processes import ServiceProcess


@dataclass
class DispatcherProcess:
    """One dispatcher process, started and killed as often as a test likes."""

    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it; it leads as soon as the lease is free."""
        self.process = ServiceProcess("dispatch", environment=self.environment)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()


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
