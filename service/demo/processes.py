"""The demo's own processes: an api and a dispatcher, started as anybody would start them, and
ended by pid.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

READY_S = 120.0
GRACE_S = 15.0


class NotStarted(Exception):
    """A process ended, or was not ready in time; the message names its log."""


@dataclass(slots=True)
class Processes:
    """Child processes of one run, each logging to a file in `logs`."""

    logs: Path
    environment: Mapping[str, str]
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, name: str, *command: str) -> asyncio.subprocess.Process:
        """Start `dibs COMMAND...` under `name`, in a process group of its own so that Ctrl-C is
        ours.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        mode = "ab" if name in self.running else "wb"
        with (self.logs / f"{name}.log").open(mode) as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "service", *command,
                stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, **self.environment}, start_new_session=True,
            )  # fmt: skip
        self.running[name] = process
        return process

    def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        self.running[name].kill()

    async def stop(self) -> None:
        """End everything that was started, gently first."""
        await asyncio.gather(*(self.end(name) for name in self.running))

    async def end(self, name: str) -> None:
        """End one process, gently first."""
        process = self.running[name]
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), GRACE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def ready(self, name: str, url: str) -> None:
        """Wait until the api at `url` says it is ready. Raises NotStarted."""
        async with httpx.AsyncClient(base_url=url, timeout=2.0) as http:
            for _ in range(int(READY_S / 0.1)):
                if self.running[name].returncode is not None:
                    break
                with suppress(httpx.TransportError):
                    if (await http.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise NotStarted(f"the {name} did not start; see {self.logs / name}.log")


def free_ports(count: int) -> Sequence[int]:
    """Ports of loopback that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
