"""The cache of tiles: drawn once for many, fresh for a moment, and failing for everybody alike."""

from __future__ import annotations

import asyncio

import pytest

from geo.tiles import Tile
from service.live.cache import AT_ONCE, FRESH_S, Place, Tiles

HERE = Place("london", Tile(0, 0, 0))


class Painter:
    """Draws when let, and counts."""

    def __init__(self) -> None:
        self.drawn, self.at_once, self.most = 0, 0, 0
        self.may = asyncio.Event()

    async def __call__(self) -> bytes:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await self.may.wait()
        self.at_once -= 1
        self.drawn += 1
        return b"tile %d" % self.drawn


async def test_many_who_ask_at_once_get_one_drawing() -> None:
    tiles, paint = Tiles(), Painter()
    asking = [asyncio.create_task(tiles.get(HERE, 0.0, paint)) for _ in range(50)]
    await asyncio.sleep(0)
    paint.may.set()
    found = await asyncio.gather(*asking)
    assert paint.drawn == 1
    assert {one.body for one in found} == {b"tile 1"}


async def test_a_tile_is_drawn_anew_once_it_is_old() -> None:
    tiles, paint = Tiles(), Painter()
    paint.may.set()
    first = await tiles.get(HERE, 0.0, paint)
    assert await tiles.get(HERE, FRESH_S - 0.1, paint) is first
    later = await tiles.get(HERE, FRESH_S, paint)
    assert (later.body, later.etag != first.etag) == (b"tile 2", True)


async def test_somebody_who_leaves_does_not_take_the_drawing_from_the_others() -> None:
    tiles, paint = Tiles(), Painter()
    leaves = asyncio.create_task(tiles.get(HERE, 0.0, paint))
    stays = asyncio.create_task(tiles.get(HERE, 0.0, paint))
    await asyncio.sleep(0)
    leaves.cancel()
    paint.may.set()
    assert (await stays).body == b"tile 1"


async def test_a_failure_is_everybodys_who_waits_and_is_not_kept() -> None:
    tiles = Tiles()

    async def fails() -> bytes:
        raise LookupError

    waiting = [asyncio.create_task(tiles.get(HERE, 0.0, fails)) for _ in range(3)]
    assert all(
        isinstance(error, LookupError)
        for error in await asyncio.gather(*waiting, return_exceptions=True)
    )
    paint = Painter()
    paint.may.set()
    assert (await tiles.get(HERE, 0.0, paint)).body == b"tile 1"


async def test_only_a_few_are_drawn_at_a_time() -> None:
    tiles, paint = Tiles(), Painter()
    places = [Place("london", Tile(5, n, 0)) for n in range(20)]
    asking = [asyncio.create_task(tiles.get(place, 0.0, paint)) for place in places]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert paint.at_once == AT_ONCE
    paint.may.set()
    await asyncio.gather(*asking)
    assert (paint.drawn, paint.most) == (20, AT_ONCE)


async def test_what_is_remembered_is_bounded() -> None:
    tiles, paint = Tiles(most=3), Painter()
    paint.may.set()
    for n in range(5):
        await tiles.get(Place("london", Tile(5, n, 0)), 0.0, paint)
    drawn = paint.drawn
    await tiles.get(Place("london", Tile(5, 0, 0)), 0.0, paint)
    assert (drawn, paint.drawn) == (5, 6)


@pytest.mark.parametrize("body", [b"", b"tile" * 1000])
async def test_what_is_compressed_is_the_same_tile(body: bytes) -> None:
    import gzip

    async def draw() -> bytes:
        return body

    drawn = await Tiles().get(HERE, 0.0, draw)
    assert gzip.decompress(drawn.gzipped) == drawn.body == body
