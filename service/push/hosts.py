"""Hosts: how many pushes may be under way to each, so that one push service that hangs holds up the
devices of no other.
"""

from __future__ import annotations

from collections import Counter

FIRST, LEAST, MOST_AT_ONCE = 4, 2, 32
"""A host begins with a few at once, gets one more with every answer up to as many as a process has
under way at all, and half with every failure, down to what shows that it is back.
"""
MOST_REMEMBERED = 1000


class Hosts:
    """Tries under way by host, and how many each may have."""

    def __init__(self, first: int = FIRST) -> None:
        self._first = first
        self._under_way: Counter[str] = Counter()
        self._room: dict[str, int] = {}

    def take(self, host: str) -> bool:
        """Begin a try; False where the host has enough of them."""
        if self._under_way[host] >= self._room.get(host, self._first):
            return False
        self._under_way[host] += 1
        return True

    def give_back(self, host: str, *, failed: bool) -> None:
        """End a try. The thousand hosts that were heard of last are remembered."""
        self._under_way[host] -= 1
        if not self._under_way[host]:
            del self._under_way[host]
        room = self._room.pop(host, self._first)
        self._room[host] = max(LEAST, room // 2) if failed else min(MOST_AT_ONCE, room + 1)
        if len(self._room) > MOST_REMEMBERED:
            del self._room[next(iter(self._room))]
