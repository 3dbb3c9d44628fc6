"""The requester: POSTs from one process, all at once or on a schedule.

A request is [path, index of a token, index of a body or -1].
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.load.helpers import Answer, Command, serve
from benchmarks.load.http import Pool, post
from benchmarks.load.schedule import now_us, on_schedule, ticks

Request = Sequence[Any]
ID = b'"id":"'


class Requester:
    """The connections to one api, and whose requests go over them."""

    def __init__(self) -> None:
        self._pool = Pool()
        self._tokens: list[str] = []
        self._bodies: list[bytes] = []

    async def open(self, command: Command) -> dict[str, Any]:
        """Connect; tokens and bodies are kept."""
        self._tokens = command["tokens"]
        self._bodies = [each.encode() for each in command["bodies"]]
        await self._pool.open(command["port"], command["connections"])
        return {}

    async def all(self, command: Command) -> dict[str, Any]:
        """Send everything as fast as answers come; returns the time and the statuses."""
        requests, statuses = list(self._written(command["requests"])), Counter[int]()
        finished, started = asyncio.Event(), now_us()

        def answered(status: int, _: bytes) -> None:
            statuses[status] += 1
            if statuses.total() == len(requests):
                finished.set()

        for each in requests:
            self._pool.ask(each, answered)
        await finished.wait()
        return {"us": now_us() - started, "statuses": statuses}

    async def scheduled(self, command: Command) -> dict[str, Any]:
        """Send on a schedule; returns of each request when it was scheduled and answered, the
        status and the id of what was made.
        """
        requests = self._written(command["requests"])
        answers: list[tuple[int, int, int, str]] = []
        count = sum(ticks(command["rate"], command["seconds"]))
        finished = asyncio.Event()

        def noting(scheduled_us: int) -> Callable[[int, bytes], None]:
            def answered(status: int, body: bytes) -> None:
                at = body.find(ID) + len(ID)
                made = body[at : at + 36].decode() if status == 201 else ""
                answers.append((scheduled_us, now_us(), status, made))
                if len(answers) == count:
                    finished.set()

            return answered

        def send(due: int, scheduled_us: int) -> None:
            for _ in range(due):
                self._pool.ask(next(requests), noting(scheduled_us))

        await on_schedule(command["rate"], command["seconds"], send)
        await finished.wait()
        return {"answers": answers}

    def _written(self, requests: Sequence[Request]) -> Iterator[bytes]:
        for path, token, body in requests:
            yield post(path, self._tokens[token], self._bodies[body] if body >= 0 else b"")


async def _answers() -> dict[str, Answer]:
    requester = Requester()
    return {"open": requester.open, "all": requester.all, "scheduled": requester.scheduled}


if __name__ == "__main__":
    serve(_answers)
