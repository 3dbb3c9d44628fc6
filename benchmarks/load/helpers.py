"""Helpers: processes of the load generator's own, told what to do in lines of JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvloop

LONGEST_LINE = 2**28
Command = dict[str, Any]
Answer = Callable[[Command], Awaitable[Any]]


class HelperFailed(Exception):
    """A helper ended; what it said of that stands on standard error."""


class Helper:
    """One helper process, from the asking side."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str) -> Helper:
        """Start `python -m benchmarks.load.MODULE`, in a process group of its own: a signal to ours
        is for us to answer.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"benchmarks.load.{module}",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE,
            start_new_session=True,
        )  # fmt: skip
        return cls(process)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def ask(self, do: str, **arguments: Any) -> Any:
        """Have it do something; returns its answer. Raises HelperFailed."""
        if self._process.stdin is None or self._process.stdout is None:
            raise HelperFailed
        self._process.stdin.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise HelperFailed(f"the helper ended with {await self._process.wait()}")
        return json.loads(line)

    async def stop(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


def serve(answers: Callable[[], Awaitable[dict[str, Answer]]]) -> None:
    """Be a helper: answer commands until standard input ends. What is printed goes to standard
    error.
    """
    uvloop.run(_serve(answers))


async def _serve(answers: Callable[[], Awaitable[dict[str, Answer]]]) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    known = await answers()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        command: Command = json.loads(line)
        out.write(json.dumps(await known[command.pop("do")](command)) + "\n")
        out.flush()
