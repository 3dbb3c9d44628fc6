"""Tiles: the live map over HTTP, with 100,000 taskers online and 2,000 open chores.

One api process on a socket, asked as a browser does: signed in, compressed, one tile after the
other, at the zooms of a city down to a street. `cold` draws every tile (the cache forgets between
requests), `kept` asks for tiles drawn a moment ago, `view` asks for the nine tiles of a screen at
once, cold. Times are a client's, on the wall; bytes are those on the wire.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import numpy as np

from benchmarks.crowds import NOW, Crowd, benchmark_server, run_async
from benchmarks.frame import Report
from benchmarks.live_city import add_size, populate, served
from geo.points import LonLat
from geo.tiles import Tile
from service.live.cache import Tiles

ZOOMS = (8, 9, 10, 11, 12, 13, 14, 15)
GOAL_KEPT_MS, GOAL_COLD_MS = 50.0, 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_size(parser)
    parser.add_argument("--requests", type=int, default=60, help="of each zoom and kind")


def run(arguments: argparse.Namespace, report: Report) -> None:
    with benchmark_server() as url:
        run_async(_measure(url, arguments, report))
    _judge(report)


async def _measure(url: str, arguments: argparse.Namespace, report: Report) -> None:
    crowd, headers = await populate(url, arguments)
    rng = np.random.default_rng(arguments.seed)
    async with (
        served(url, lambda: NOW) as (base, runtime),
        httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as client,
    ):
        for zoom in ZOOMS:
            await _zoom(client, runtime, crowd, zoom, arguments.requests, rng, report)


async def _zoom(
    client: httpx.AsyncClient, runtime: Any, crowd: Crowd, zoom: int, many: int,
    rng: np.random.Generator, report: Report,
) -> None:  # fmt: skip
    """All rows of a zoom: tiles of the inner city, where most people are."""
    middle = crowd.city.market.centre
    spread = np.array([0.09, 0.06])
    places = [LonLat(*(np.array(middle) + rng.normal(0, 1, 2) * spread)) for _ in range(many)]
    tiles = [Tile.at(place, zoom) for place in places]

    async def ask(tile: Tile) -> int:
        path = f"/v1/markets/london/tiles/{tile.z}/{tile.x}/{tile.y}"
        async with client.stream("GET", path) as answer:
            assert answer.status_code == 200
            return sum([len(part) async for part in answer.aiter_raw()])

    async def cold(tile: Tile) -> int:
        runtime.tiles = Tiles()
        return await ask(tile)

    async def view(tile: Tile) -> int:
        runtime.tiles = Tiles()
        around = [
            Tile(zoom, tile.x + east, tile.y + south) for east in (-1, 0, 1) for south in (-1, 0, 1)
        ]
        return sum(await asyncio.gather(*map(ask, around)))

    for tile in tiles:
        await ask(tile)
    for kind, how in (("kept", ask), ("cold", cold), ("view", view)):
        if kind == "kept":
            for tile in set(tiles):
                await ask(tile)
        report.add(kind=kind, zoom=zoom, **await _timed(how, tiles))


async def _timed(ask: Callable[[Tile], Awaitable[int]], tiles: Sequence[Tile]) -> dict[str, Any]:
    walls, sizes = [], []
    for tile in tiles:
        started = time.perf_counter()
        sizes.append(await ask(tile))
        walls.append((time.perf_counter() - started) * 1_000)
    return {
        "requests": len(walls),
        "p50_ms": statistics.median(walls),
        "p99_ms": float(np.percentile(walls, 99)),
        "bytes": round(statistics.median(sizes)),
        "most_bytes": max(sizes),
    }


def _judge(report: Report) -> None:
    for kind, goal in (("kept", GOAL_KEPT_MS), ("cold", GOAL_COLD_MS)):
        worst = max(float(row["p99_ms"]) for row in report.rows if row["kind"] == kind)
        verdict = "met" if worst <= goal else "missed"
        report.notes.append(f"goal {verdict}: p99 {kind} {worst:.0f} ms, wanted {goal:.0f} ms")
