"""A supervisor of processes that somebody else started: kills one and puts its like in its
place.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

READY_WITHIN_S = 240


@dataclass(frozen=True)
class Started:
    """A process, and all that starts another one like it."""

    pid: int
    command: tuple[str, ...]
    environment: dict[str, str]

    def is_ready(self) -> bool:
        """Whether it answers, if it is one that listens at a port."""
        if "--port" not in self.command:
            return True
        port = self.command[self.command.index("--port") + 1]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return True
        except OSError:
            return False

    @classmethod
    def found(cls, pid: int) -> Started:
        """A running process as the kernel knows it."""
        words = _words(pid, "cmdline")
        pairs = (word.partition("=") for word in _words(pid, "environ"))
        return cls(pid, tuple(words), {name: value for name, _, value in pairs})


class Supervisor:
    """Watches over the children of a process, which ends with the block, and what was started in
    their place with it; the latter log to a file in `logs`.
    """

    def __init__(self, parent: subprocess.Popen[str], logs: Path) -> None:
        self._parent = parent
        self._log = logs / "replacements.log"
        self._processes: list[Started] = []
        self._ours: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._parent.poll() is None:
            self._parent.terminate()
        for process in self._ours:
            process.kill()
            process.wait()

    def kill_and_replace(self, role: str, number: int) -> None:
        """SIGKILL of the process whose command line has the word `role` (of several, each in its
        turn by `number`), and another like it in its place. Never the last one that serves: what
        was put in place before answers first, however long a busy machine takes to start it.
        """
        if not self._processes:
            self._processes = [Started.found(pid) for pid in _children(self._parent.pid)]
        _wait_ready(self._processes)
        playing = [one for one in self._processes if role in one.command]
        victim = playing[number % len(playing)]
        os.kill(victim.pid, signal.SIGKILL)
        for ours in self._ours:
            if ours.pid == victim.pid:
                ours.wait()
        time.sleep(0.2)
        with self._log.open("ab") as log:
            started = subprocess.Popen(
                victim.command, env=victim.environment, stdout=log, stderr=log
            )
        self._ours.append(started)
        place = self._processes.index(victim)
        self._processes[place] = Started(started.pid, victim.command, victim.environment)


def _wait_ready(processes: Sequence[Started]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while waiting := [one for one in processes if not one.is_ready()]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready within {READY_WITHIN_S} s: {waiting[0].command}")
        time.sleep(0.1)


def _words(pid: int, file: str) -> list[str]:
    whole = Path(f"/proc/{pid}/{file}").read_bytes().decode()
    return [word for word in whole.split("\0") if word]


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text(encoding="ascii").split()
    ]
