"""The recorder: what was delivered and acknowledged, gathered and written a few times a second.

That an event was delivered is held back for a moment: mostly an acknowledgement follows, says more,
and is written instead.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from service.db.engine import Database
from service.stream import queries
from service.stream.queries import Range, Standing

Key = tuple[UUID, str]
"""A person and their device."""


class Recorder:
    """Marks of one node that are not written yet. Ranges that follow each other grow together.

    `hold` is for how many times of writing a delivery waits for its acknowledgement.
    """

    def __init__(self, hold: int = 0) -> None:
        self._hold, self._flushes = hold, 0
        self._delivered: dict[Key, tuple[Range, int]] = {}
        self._acked: dict[Key, Range] = {}
        self._spilled: tuple[list[Range], list[Range]] = ([], [])
        self._devices: dict[Key, int] = {}

    def delivered(self, person: UUID, device: str, after: int, n: int) -> None:
        """Events in (after, n] were written to the device's line."""
        new, due = Range(person, after, n), self._flushes + self._hold
        if held := self._delivered.get((person, device)):
            old, old_due = held
            if old.n == after:
                new, due = Range(person, old.after, n), old_due
            else:
                self._spilled[0].append(old)
                del self._delivered[person, device]  # what is due later stands further back
        self._delivered[person, device] = new, due

    def acked(self, person: UUID, device: str, after: int, n: int) -> None:
        """A device dealt with the events in (after, n], and with all before, and stands at n."""
        key = person, device
        self._devices[key] = max(n, self._devices.get(key, 0))
        if held := self._delivered.get(key):
            delivered, due = held
            if delivered.n <= n:
                del self._delivered[key]
            else:
                self._delivered[key] = Range(person, max(n, delivered.after), delivered.n), due
        if after < n:
            self._acked[key] = self._grown(key, Range(person, after, n))

    def _grown(self, key: Key, new: Range) -> Range:
        """The acknowledged range that `new` continues, with it; another is set aside."""
        old = self._acked.get(key)
        if old is not None and old.n == new.after:
            return Range(new.person_id, old.after, new.n)
        if old is not None:
            self._spilled[1].append(old)
        return new

    async def flush(self, database: Database, now: datetime, *, at_end: bool = False) -> None:
        """Write what gathered, at the end what is held back too; what could not be written is kept
        for the next time.
        """
        delivered = [*self._due(at_end=at_end), *self._spilled[0]]
        acked = [*self._acked.values(), *self._spilled[1]]
        devices = self._devices
        self._flushes += 1
        if not (delivered or acked or devices):
            return
        self._acked, self._devices, self._spilled = {}, {}, ([], [])
        standings = [Standing(person, device, n) for (person, device), n in devices.items()]
        try:
            await database.run_bare(
                queries.mark, delivered=delivered, acked=acked, devices=standings, now=now
            )
        except BaseException:
            self._spilled[0].extend(delivered)
            self._spilled[1].extend(acked)
            for key, n in devices.items():
                self._devices[key] = max(n, self._devices.get(key, 0))
            raise

    def _due(self, *, at_end: bool) -> list[Range]:
        """The deliveries that have waited long enough; they are no longer held."""
        due = []
        for key, (delivered, at) in list(self._delivered.items()):
            if at > self._flushes and not at_end:
                break
            due.append(delivered)
            del self._delivered[key]
        return due
