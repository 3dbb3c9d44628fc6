"""The cache of tiles: each is drawn once for everybody who asks within a few seconds."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from prometheus_client import Counter

from geo.tiles import Tile

FRESH_S = 3.0
"""How old a tile may be. What is quicker than this comes over the stream."""
MOST = 4096
AT_ONCE = 4
"""Tiles one process draws at a time: a map that is dragged about must not take every connection."""

ASKED = Counter("dibs_tiles_asked", "Tiles asked for, by where they came from", ["source"])


class Place(NamedTuple):
    """Which tile of which market."""

    market: str
    tile: Tile


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tile as it is sent, plain and compressed, with its tag."""

    body: bytes
    gzipped: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> Drawn:
        """A tile of these bytes."""
        return cls(
            body, gzip.compress(body, 6, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        )


class Tiles:
    """Tiles drawn at most `fresh_s` seconds ago. At most `most` are remembered."""

    def __init__(self, fresh_s: float = FRESH_S, most: int = MOST) -> None:
        self.fresh_s, self.most = fresh_s, most
        self._known: dict[Place, tuple[float, Drawn]] = {}
        self._under_way: dict[Place, asyncio.Task[Drawn]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def get(self, place: Place, at: float, draw: Callable[[], Awaitable[bytes]]) -> Drawn:
        """The tile as of `at` seconds or a little before; `draw` makes it if nobody has or does.

        Raises what `draw` does, to everybody who waits for it.
        """
        known = self._known.get(place)
        if known is not None and 0 <= at - known[0] < self.fresh_s:
            ASKED.labels("kept").inc()
            return known[1]
        drawing = self._under_way.get(place)
        ASKED.labels("drawn" if drawing is None else "shared").inc()
        if drawing is None:
            drawing = asyncio.create_task(self._draw(place, at, draw))
            self._under_way[place] = drawing
            drawing.add_done_callback(lambda _: self._under_way.pop(place, None))
        return await asyncio.shield(drawing)

    async def _draw(self, place: Place, at: float, draw: Callable[[], Awaitable[bytes]]) -> Drawn:
        async with self._room:
            body = await draw()
        drawn = await asyncio.to_thread(Drawn.of, body)
        if len(self._known) >= self.most:
            self._known.clear()
        self._known[place] = (at, drawn)
        return drawn
