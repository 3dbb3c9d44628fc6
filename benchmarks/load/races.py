"""Races: waves of 200 who all accept at once, run batch after batch, and what came of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.load.helpers import Helper
from benchmarks.load.waves import CHORE, OFFER, Waves, id_of

RACE, LANES = 200, 3
"""Who accept one chore at once, and how many such chores there are at a time, each with taskers of
its own."""
BATCH = 4 * LANES
"""Races made at once, while the batch before is run."""
FIRST = 50_000_000 // LANES * LANES
"""The number of the first chore that is raced for; those before are accepted one by one."""
NEWS_EVERY_S = 30.0

# How many winners were answered a booking that is none of their offer's, and how many bookings the
# chores have.
LOOK = """
    SELECT (SELECT count(*) FROM unnest(%(offers)s::uuid[], %(bookings)s::uuid[]) AS w(offer_id, id)
            WHERE NOT EXISTS (
                SELECT FROM bookings AS b WHERE b.id = w.id AND b.offer_id = w.offer_id
            )),
           (SELECT count(*) FROM bookings WHERE chore_id = ANY(%(chores)s))
"""


@dataclass
class Tally:
    """What the races came to. `seconds` leaves out what was made before the first."""

    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    races: int = 0

    @property
    def attempts(self) -> int:
        """How many were answered for good."""
        return self.kinds.total()

    def news(self) -> str:
        """How far it is."""
        again = ", ".join(f"{count} x {status}" for status, count in self.again.items())
        return (
            f"{self.attempts:,} attempts in {self.seconds:.0f} s"
            f", {self.attempts / self.seconds:.0f} a second, tried again: {again or 'none'}"
        )

    def add(self, results: Sequence[dict[str, Any]]) -> None:
        """Count a batch. Raises RuntimeError for a race that has not one winner, all the others
        told that the chore is taken.
        """
        for result in results:
            kinds = Counter(result["kinds"])
            if kinds != {"booked": 1, "chore-taken": RACE - 1}:
                raise RuntimeError(f"race {result['race']} had {kinds}")
            self.kinds += kinds
            self.again += Counter(result["again"])
            self.races += 1


class Races:
    """Races against one api, by a helper that makes the requests."""

    def __init__(self, connection: psycopg.Connection, racer: Helper) -> None:
        self._connection, self._racer = connection, racer
        self._waves = Waves(connection, each=RACE, lanes=LANES)
        self.tally = Tally()

    async def open(self, port: int) -> None:
        """Connect everybody."""
        racers = [range(lane * RACE, (lane + 1) * RACE) for lane in range(LANES)]
        tokens = [self._waves.tokens([self._waves.tasker(n) for n in each]) for each in racers]
        await self._racer.ask("open", port=port, tokens=tokens)

    async def run(self, count: int, stopped: asyncio.Event) -> None:
        """Run so many races, or until `stopped`: a batch is made while the one before is run."""
        batches = [
            range(n, min(n + BATCH, FIRST + count)) for n in range(FIRST, FIRST + count, BATCH)
        ]
        if batches:
            await asyncio.to_thread(self._make, batches[0])
        started = said = time.monotonic()
        for batch, following in zip_longest(batches, batches[1:], fillvalue=range(0)):
            if stopped.is_set():
                break
            results, _ = await asyncio.gather(
                self._racer.ask("races", races=list(batch)),
                asyncio.to_thread(self._make, following),
            )
            self.tally.add(results)
            await asyncio.to_thread(self._look, batch, results)
            now = time.monotonic()
            self.tally.seconds = now - started
            if now - said > NEWS_EVERY_S:
                said = now
                print(self.tally.news(), flush=True)

    def _make(self, races: range) -> None:
        if races:
            self._waves.make(races.start, len(races))

    def _look(self, races: range, results: Sequence[dict[str, Any]]) -> None:
        """Every winner has the booking that they were answered, and the chores have no others."""
        won = [pair for result in results for pair in result["won"]]
        given = {
            "offers": [id_of(OFFER, offer) for offer, _ in won],
            "bookings": [UUID(booking) for _, booking in won],
            "chores": [id_of(CHORE, race) for race in races],
        }
        missing, booked = self._connection.execute(LOOK, given).fetchone() or (0, 0)
        self._connection.commit()
        if missing or booked != len(races):
            raise RuntimeError(f"{missing} winners without their booking, {booked} bookings")
