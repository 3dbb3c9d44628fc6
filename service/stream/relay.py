"""The relay: finds event rows that nobody was told of, feeds those connected here and tells the
other nodes.

Any process may relay, and several may at once: each claims what the others have not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from prometheus_client import Counter

from notifications.frames import StoredEvent
from service.db.engine import Database
from service.stream import queries

TOLD = "told"
"""The topic by which nodes hear who has something new:
`told:<person>=<newest>,<person>=<newest>`.
"""
BATCH = 500
PEOPLE_PER_SIGNAL = 100

RELAYED = Counter("dibs_stream_relayed", "Event rows claimed by this process's relay")

Feed = Callable[[UUID, Sequence[StoredEvent]], None]
Tell = Callable[[Iterator[str]], None]


class Relay:
    """One process's relay. `feed` takes a person's rows to their lines here, and `tell` signals to
    other nodes.
    """

    def __init__(
        self,
        database: Database,
        tell: Tell,
        feed: Feed,
        clock: Callable[[], datetime],
        poll_s: float,
    ) -> None:
        self._database, self._tell, self._feed = database, tell, feed
        self._clock, self._poll_s = clock, poll_s
        self._some = asyncio.Event()

    def wake(self, _payloads: frozenset[str]) -> None:
        """There may be rows."""
        self._some.set()

    async def run(self) -> None:
        """Relay whenever woken, and now and then without, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._poll_s):
                    await self._some.wait()
            except TimeoutError:
                pass
            self._some.clear()
            while await self.relay_batch() == BATCH:
                pass

    async def relay_batch(self) -> int:
        """Claim one batch, feed and tell; returns how many rows it had.

        The claim is committed first: dying right after it leaves rows claimed and untold, which the
        nodes notice when they compare counters.
        """
        people = await self._database.run_single(queries.claim, now=self._clock(), most=BATCH)
        for person, events in people.items():
            self._feed(person, events)
        self._tell(told({person: events[-1].n for person, events in people.items()}))
        count = sum(map(len, people.values()))
        RELAYED.inc(count)
        return count


def told(newest: Mapping[UUID, int]) -> Iterator[str]:
    """Signals that say up to which number people have events."""
    items = iter(newest.items())
    while some := list(islice(items, PEOPLE_PER_SIGNAL)):
        yield f"{TOLD}:" + ",".join(f"{person.hex}={n}" for person, n in some)


def heard(payload: str) -> dict[UUID, int]:
    """What a `told` payload says."""
    pairs = (item.split("=") for item in payload.split(","))
    return {UUID(hex=person): int(n) for person, n in pairs}
