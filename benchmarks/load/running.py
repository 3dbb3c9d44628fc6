"""The running service: an api process and, where wanted, a dispatcher, as anybody would start
them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from service.demo.processes import Processes, free_ports

UNLIMITED = {
    "DIBS_LOG_LEVEL": "warning",
    "DIBS_POST_LIMIT": "",
    "DIBS_SIGN_IN_LIMIT": "",
    "DIBS_ENVIRONMENT": "test",
}
"""Nothing refused for coming too often, and no line a request."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where it answers, and its processes."""

    port: int
    api_pid: int
    dispatcher_pid: int | None


@asynccontextmanager
async def running_service(
    url: str, *, dispatching: bool = False, **environment: str
) -> AsyncIterator[Service]:
    """One api process, and a dispatcher if wanted, for as long as the block lasts."""
    port = free_ports(1)[0]
    chosen = UNLIMITED | {"DIBS_DATABASE_URL": url} | environment
    with TemporaryDirectory(prefix="dibs-load-") as logs:
        processes = Processes(Path(logs), chosen)
        try:
            api = await processes.start("api", "api", "--port", str(port))
            await processes.ready("api", f"http://127.0.0.1:{port}")
            dispatcher = await processes.start("dispatch", "dispatch") if dispatching else None
            yield Service(port, api.pid, dispatcher.pid if dispatcher else None)
        finally:
            await processes.stop()
