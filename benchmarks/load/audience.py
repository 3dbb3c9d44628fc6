"""The audience: listener processes, their sockets, and what all of them heard."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.load.helpers import Helper

AT_ONCE = 64
"""Sockets being opened at the same time, by each process."""

ANSWERING = 8
"""Connections over which offers are answered, by each process."""


class Audience:
    """Sockets in several processes, each with an address of loopback of its own: one pair of
    addresses has too few ports for as many as it may become.
    """

    def __init__(self, listeners: Sequence[Helper]) -> None:
        self.listeners = listeners
        self.answers = Counter[str]()

    @classmethod
    async def start(cls, processes: int) -> Audience:
        """So many processes, without sockets."""
        return cls([await Helper.start("listeners") for _ in range(processes)])

    async def connect(
        self, kind: str, port: int, keys: Sequence[str], tokens: Sequence[str] = ()
    ) -> float:
        """Open a socket for each key; returns how many a second. Raises RuntimeError where one did
        not open.
        """
        many = len(self.listeners)
        answers = await asyncio.gather(
            *(
                each.ask(
                    "connect", kind=kind, port=port, keys=keys[n::many], at_once=AT_ONCE,
                    address=f"127.0.0.{n + 2}", tokens=tokens[n::many],
                )
                for n, each in enumerate(self.listeners)
            )
        )  # fmt: skip
        if sum(each["opened"] for each in answers) != len(keys):
            raise RuntimeError(f"of {len(keys)} sockets not all opened: {answers}")
        slowest_us: int = max(each["us"] for each in answers)
        return len(keys) / slowest_us * 1e6

    async def answer(self, port: int, share: float) -> None:
        """Have a share of the offers answered from now on."""
        for n, each in enumerate(self.listeners):
            await each.ask("answer", port=port, connections=ANSWERING, share=share, seed=n)

    async def collect(self) -> list[tuple[Any, int]]:
        """What was read since the last time, as the listeners keep it. Raises RuntimeError where a
        socket was lost.
        """
        answers = await asyncio.gather(*(each.ask("collect") for each in self.listeners))
        if lost := sum(each["ended"] for each in answers):
            raise RuntimeError(f"{lost} sockets were closed")
        self.answers = sum((Counter(each["answers"]) for each in answers), Counter[str]())
        return [(mark, at) for each in answers for mark, at in each["reads"]]

    async def stop(self) -> None:
        """End the processes."""
        await asyncio.gather(*(each.stop() for each in self.listeners))
