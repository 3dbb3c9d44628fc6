"""Noting: what the search left out, added to the records of a round once its offers are out.

It tells people why and decides nothing, so no offer waits for it: a dispatcher notes beside its
rounds, on a connection of its own. What it has not come to when it is stopped, or when it is
further behind than it remembers, stays out of the records.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from prometheus_client import Counter

from service.db.engine import Database
from service.dispatch.candidates import Sought
from service.dispatch.market import RoundMarket
from service.dispatch.writing import note_left_out

log = structlog.get_logger("dibs.dispatch")

BATCH = 50
"""Chores of one transaction, a tenth of a second of work."""
WAITING = 2_000
"""Chores remembered that are not noted yet, a few seconds of work."""

UNNOTED = Counter("dibs_round_unnoted", "Decisions that do not say whom the search left out")


@dataclass(frozen=True, slots=True)
class Unnoted:
    """Chores of a round, as its search saw them, whose records do not yet say whom it left out."""

    market: RoundMarket
    round_id: UUID
    sought: Sequence[Sought]


async def note(database: Database, unnoted: Unnoted) -> None:
    """Add to the records of a round what its search left out."""
    for at in range(0, len(unnoted.sought), BATCH):
        await database.run(
            note_left_out,
            market=unnoted.market,
            sought=unnoted.sought[at : at + BATCH],
            round_id=unnoted.round_id,
        )


class Noting:
    """What waits to be noted, oldest first."""

    def __init__(self, database: Database, most: int = WAITING) -> None:
        self._database, self._most = database, most
        self._waiting: deque[Unnoted] = deque()
        self._more = asyncio.Event()

    def add(self, unnoted: Unnoted) -> None:
        """Have it noted soon; what has waited longest is given up for it where too much waits."""
        self._waiting.append(unnoted)
        while len(self._waiting) > 1 and sum(len(e.sought) for e in self._waiting) > self._most:
            UNNOTED.inc(len(self._waiting.popleft().sought))
        self._more.set()

    async def run(self) -> None:
        """Note what is added, for ever. One that fails is logged and given up."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                unnoted = self._waiting.popleft()
                try:
                    await note(self._database, unnoted)
                except Exception:
                    UNNOTED.inc(len(unnoted.sought))
                    log.exception("left_out_not_noted", market=unnoted.market.id)
