"""Turns: the accepts of one chore go to the database one at a time, from each process.

A wave is accepted by many at once, and one of them wins. Were all sent to lock the chore, those who
lose would hold the pool's connections, waiting for a lock only to read what the winner left. So
each looks first, without locks and together with all who look at the same time: what is closed
stays closed, and is refused for what it is. Of those whose offer is there to be taken, one goes on
and the others look again when that one has ended. It decides nothing: two processes may well send
one each, and whoever is sent is judged under the locks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from matching.lifecycle import OfferState
from service.bookings.queries import BookingRow
from service.db.engine import Database
from service.errors import Busy, NotFound
from service.offers import operations
from service.offers.queries import OfferRow, offers_by_id
from service.together import Together

PATIENCE_S = 10.0
"""How long somebody waits for the turns of others: as long as the database waits for a lock."""


class Turns:
    """The accepts under way in this process, by chore."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._looks = Together(_look)
        self._under_way: dict[UUID, asyncio.Future[None]] = {}

    async def accept(
        self, database: Database, *, offer_id: UUID, tasker_id: UUID, now: datetime
    ) -> BookingRow:
        """Call dibs, as `operations.accept`. Raises what that does, NotFound, and Busy where the
        turns of others took too long.
        """
        row = await self._free(database, offer_id, tasker_id)
        if row.status == OfferState.ACCEPTED:
            return await database.run_bare(operations.accept, row=row, now=now)
        if row.status != OfferState.PENDING:
            raise operations.why_not(row)
        turn = self._under_way[row.chore_id] = asyncio.get_running_loop().create_future()
        try:
            return await database.run_bare(operations.accept, row=row, now=now)
        finally:
            del self._under_way[row.chore_id]
            turn.set_result(None)

    async def _free(self, database: Database, offer_id: UUID, tasker_id: UUID) -> OfferRow:
        """The offer, once it is closed or nobody here is accepting the same chore."""
        until = None
        while True:
            row = await self._looks.ask(offer_id, database)
            if row is None or row.tasker_id != tasker_id:
                raise NotFound
            ahead = self._under_way.get(row.chore_id)
            if row.status != OfferState.PENDING or ahead is None:
                return row
            clock = asyncio.get_running_loop().time
            until = until or clock() + self._patience_s
            done, _ = await asyncio.wait([ahead], timeout=until - clock())
            if not done:
                raise Busy("Others are accepting this, and take long.")


async def _look(database: Database, offers: Collection[UUID]) -> dict[UUID, OfferRow]:
    return await database.run_single(offers_by_id, offers=offers)
