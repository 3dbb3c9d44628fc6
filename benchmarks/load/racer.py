"""The racer: whole waves who accept at once, several races at a time, each on connections of its
own.

Who is told that the service is busy (503), or whose connection is cut, tries again, as people do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from benchmarks.load.helpers import Answer, Command, serve
from benchmarks.load.http import Pool, post
from benchmarks.load.waves import OFFER, id_of

AGAIN_S = 0.2
CUT, BUSY = 0, 503
ID, KIND = b'"id":"', b'"type":"'


class Lane:
    """The connections and the tokens of those who race against each other, race after race."""

    def __init__(self, tokens: list[str]) -> None:
        self._pool, self._tokens = Pool(), tokens

    async def open(self, port: int) -> None:
        """Connect everybody."""
        await self._pool.open(port, len(self._tokens))

    async def race(self, race: int) -> dict[str, Any]:
        """Everybody accepts their offer of one chore; the answers by kind, and what the winners
        got.
        """
        count = len(self._tokens)
        kinds, again = Counter[str](), Counter[str]()
        won: list[tuple[int, str]] = []
        finished, loop = asyncio.Event(), asyncio.get_running_loop()

        def ask(who: int) -> None:
            offer = race * count + who
            path = f"/v1/offers/{id_of(OFFER, offer)}/accept"

            def answered(status: int, body: bytes) -> None:
                if status in (CUT, BUSY):
                    again[str(status)] += 1
                    loop.call_later(AGAIN_S, ask, who)
                    return
                if status == 200:
                    won.append((offer, _after(ID, body)))
                kinds[_kind(status, body)] += 1
                if kinds.total() == count:
                    finished.set()

            self._pool.ask(post(path, self._tokens[who]), answered)

        for who in range(count):
            ask(who)
        await finished.wait()
        return {"race": race, "kinds": kinds, "again": again, "won": won}


class Racer:
    """All lanes to one api."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []

    async def open(self, command: Command) -> dict[str, Any]:
        """Connect: `tokens` for each lane."""
        self._lanes = [Lane(tokens) for tokens in command["tokens"]]
        for lane in self._lanes:
            await lane.open(command["port"])
        return {}

    async def races(self, command: Command) -> list[dict[str, Any]]:
        """Run these races, each in the lane of its number, one after the other in each lane."""
        lanes = await asyncio.gather(
            *(self._in_lane(n, command["races"]) for n in range(len(self._lanes)))
        )
        return [result for lane in lanes for result in lane]

    async def _in_lane(self, lane: int, races: list[int]) -> list[dict[str, Any]]:
        mine = [race for race in races if race % len(self._lanes) == lane]
        return [await self._lanes[lane].race(race) for race in mine]


def _kind(status: int, body: bytes) -> str:
    """`booked`, or the problem's type."""
    return "booked" if status == 200 else _after(KIND, body).rpartition("/")[2] or str(status)


def _after(mark: bytes, body: bytes) -> str:
    """The string that follows a mark."""
    return body.partition(mark)[2].partition(b'"')[0].decode()


async def _answers() -> dict[str, Answer]:
    racer = Racer()
    return {"open": racer.open, "races": racer.races}


if __name__ == "__main__":
    serve(_answers)
