"""Listeners: thousands of sockets in one process, and when what arrived on them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from benchmarks.load.answering import CHORE_ID, Answering, field_of
from benchmarks.load.helpers import Answer, Command, serve
from benchmarks.load.http import Pool
from benchmarks.load.lines import KINDS, PATHS, Heard, mark_of
from benchmarks.load.schedule import now_us

ACK_TICK_S = 0.05
OFFERED = b'"type":"offer.extended"'


class Listeners:
    """The sockets of this process. `kind` is one of `lines.KINDS`."""

    def __init__(self) -> None:
        self.reads: list[tuple[int | str, int]] = []
        self.all = Heard(self._keep)
        self._answering: Answering | None = None

    def _keep(self, text: bytes, at_us: int, token: str) -> None:
        if (mark := mark_of(text)) is not None:
            self.reads.append((mark, at_us))
        elif self._answering and OFFERED in text:
            self.reads.append((field_of(text, CHORE_ID), at_us))
            self._answering.offered(text, token)

    async def answer(self, command: Command) -> dict[str, Any]:
        """From now on, answer a share of the offers that arrive, and keep of which chore they
        are.
        """
        pool = Pool()
        await pool.open(command["port"], command["connections"])
        self._answering = Answering(pool, command["share"], command["seed"])
        return {}

    async def connect(self, command: Command) -> dict[str, Any]:
        """Open a line for each key (a ticket, or anything), `at_once` at a time, from an address of
        this process's own; and say how long it took. `tokens`, if any, are of the same people.
        """
        started = now_us()
        turn = asyncio.Semaphore(command["at_once"])
        tokens = command["tokens"] or [""] * len(command["keys"])
        people = zip(command["keys"], tokens, strict=True)
        await asyncio.gather(*(self._open(command, *person, turn) for person in people))
        return {"opened": self.all.opened, "ended": self.all.ended, "us": now_us() - started}

    async def _open(self, command: Command, key: str, token: str, turn: asyncio.Semaphore) -> None:
        kind, port = command["kind"], command["port"]
        where = [f"127.0.0.1:{port}", PATHS[kind], *([key] if kind == "dibs" else [])]
        async with turn:
            _, line = await asyncio.get_running_loop().create_connection(
                partial(KINDS[kind], self.all, *where),
                "127.0.0.1",
                port,
                local_addr=(command["address"], 0),
            )
            line.token = token
            await line.ready

    def acknowledge(self) -> None:
        """Acknowledge what is due, now and from now on."""
        self.all.acknowledge(now_us())
        asyncio.get_running_loop().call_later(ACK_TICK_S, self.acknowledge)

    async def collect(self, _: Command) -> dict[str, Any]:
        """What arrived since the last time: pairs of when it was scheduled, or of which chore it
        is, and when it was read; and how offers were answered so far.
        """
        reads, self.reads = self.reads, []
        answers = self._answering.answers if self._answering else {}
        return {"reads": reads, "ended": self.all.ended, "answers": answers}


async def _answers() -> dict[str, Answer]:
    listeners = Listeners()
    listeners.acknowledge()
    return {"connect": listeners.connect, "answer": listeners.answer, "collect": listeners.collect}


if __name__ == "__main__":
    serve(_answers)
