"""The hub: who is connected to this process, by person and device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar
from uuid import UUID

L = TypeVar("L")

MOST_PER_PERSON = 8


class Hub(Generic[L]):
    """The live lines of each person, oldest first, and which device each line said it is.

    A line is whatever the driver keeps per connection; the hub only tells lines apart.
    """

    def __init__(self, most_per_person: int = MOST_PER_PERSON) -> None:
        self.most_per_person = most_per_person
        self._lines: dict[UUID, dict[L, str | None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[L]:
        """Every line, as of now: lines may come and go while the caller goes through them."""
        return iter([line for lines in self._lines.values() for line in lines])

    def join(self, person: UUID, line: L) -> list[L]:
        """Add a line; returns those that are one too many now, oldest first. They have left the
        hub.
        """
        lines = self._lines.setdefault(person, {})
        lines[line] = None
        self._count += 1
        surplus = list(lines)[: -self.most_per_person]
        for one in surplus:
            self.leave(person, one)
        return surplus

    def name(self, person: UUID, line: L, device: str) -> list[L]:
        """Say which device a line is; returns the lines it replaces. They have left the hub."""
        lines = self._lines.get(person, {})
        if line not in lines:
            return []
        replaced = [one for one, known_as in lines.items() if known_as == device]
        for one in replaced:
            self.leave(person, one)
        lines[line] = device
        return replaced

    def leave(self, person: UUID, line: L) -> None:
        """Forget a line; nothing happens if it has left."""
        lines = self._lines.get(person)
        if lines is None or line not in lines:
            return
        del lines[line]
        self._count -= 1
        if not lines:
            del self._lines[person]

    def of(self, person: UUID) -> tuple[L, ...]:
        """The lines of one person, oldest first; none if they are not connected here."""
        return tuple(self._lines.get(person, ()))
