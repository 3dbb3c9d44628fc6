"""The recorder: what was delivered and acknowledged, gathered and written a few times a second."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from service.db.engine import Database
from service.stream import queries
from service.stream.queries import Range, Standing

Ranges = dict[tuple[UUID, object], Range]


class Recorder:
    """Marks of one node that are not written yet. Ranges that follow each other grow together."""

    def __init__(self) -> None:
        self._delivered: Ranges = {}
        self._acked: Ranges = {}
        self._spilled: tuple[list[Range], list[Range]] = ([], [])
        self._devices: dict[tuple[UUID, str], int] = {}

    def delivered(self, person: UUID, line: object, after: int, n: int) -> None:
        """Events in (after, n] were written to a line of theirs."""
        _grow(self._delivered, (person, line), Range(person, after, n), self._spilled[0])

    def acked(self, person: UUID, device: str, after: int, n: int) -> None:
        """A device dealt with the events in (after, n], and stands at n."""
        self._devices[person, device] = max(n, self._devices.get((person, device), 0))
        if after < n:
            _grow(self._acked, (person, device), Range(person, after, n), self._spilled[1])

    async def flush(self, database: Database, now: datetime) -> None:
        """Write what gathered; what could not be written is kept for the next time."""
        delivered = [*self._delivered.values(), *self._spilled[0]]
        acked = [*self._acked.values(), *self._spilled[1]]
        devices = self._devices
        if not (delivered or acked or devices):
            return
        self._delivered, self._acked, self._devices, self._spilled = {}, {}, {}, ([], [])
        standings = [Standing(person, device, n) for (person, device), n in devices.items()]
        try:
            await database.run(
                queries.mark, delivered=delivered, acked=acked, devices=standings, now=now
            )
        except BaseException:
            self._spilled[0].extend(delivered)
            self._spilled[1].extend(acked)
            for key, n in devices.items():
                self._devices[key] = max(n, self._devices.get(key, 0))
            raise


def _grow(ranges: Ranges, key: tuple[UUID, object], new: Range, spilled: list[Range]) -> None:
    """Extend the range under `key` by one that continues it; set another aside."""
    old = ranges.get(key)
    if old is not None and old.n == new.after:
        new = Range(new.person_id, old.after, new.n)
    elif old is not None:
        spilled.append(old)
    ranges[key] = new
