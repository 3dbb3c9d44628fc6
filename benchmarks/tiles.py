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
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks import crowds
from benchmarks.crowds import NOW, Crowd, benchmark_server, open_crowd, run_async
from benchmarks.frame import Report
from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.postgis import to_metric
from geo.tiles import Tile
from service.app import create_app
from service.db.engine import open_database
from service.db.tables import Account, Chore, LoginSession, new_id
from service.http.tokens import Claims, sign_access
from service.live.cache import Tiles
from service.settings import Settings
from service.stream.server import DrainingServer, server_config

ZOOMS = (8, 9, 10, 11, 12, 13, 14, 15)
GOAL_KEPT_MS, GOAL_COLD_MS = 50.0, 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--taskers", type=int, default=100_000, help="all of them online")
    parser.add_argument("--chores", type=int, default=2_000, help="open ones")
    parser.add_argument("--requests", type=int, default=60, help="of each zoom and kind")
    parser.add_argument("--seed", type=int, default=1)


def run(arguments: argparse.Namespace, report: Report) -> None:
    crowds.ONLINE = 1.0
    with benchmark_server() as url:
        run_async(_measure(url, arguments, report))
    _judge(report)


async def _measure(url: str, arguments: argparse.Namespace, report: Report) -> None:
    async with open_database(url, pool=2) as database:
        crowd = await open_crowd(database, "london", arguments.seed)
        await crowd.grow(arguments.taskers)
        rng = np.random.default_rng(arguments.seed)
        headers = await database.run(_fill, crowd=crowd, many=arguments.chores, rng=rng)
        async with database.engine.connect() as connection:
            await connection.execute(text("ANALYZE chores"))
            await connection.commit()
    app = create_app(
        Settings(environment="test", database_url=SecretStr(url), port=0, log_level="error")
    )
    server = DrainingServer(server_config(app, Settings(environment="test", port=0)))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (the server has no event to wait for)
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    app.state.runtime.clock = lambda: NOW
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60
    ) as client:
        for zoom in ZOOMS:
            await _zoom(client, app.state.runtime, crowd, zoom, arguments.requests, rng, report)
    server.drain()
    await serving


async def _fill(
    session: AsyncSession, *, crowd: Crowd, many: int, rng: np.random.Generator
) -> dict[str, str]:
    """Open chores around people's homes, and an operator: the headers of their requests."""
    operator, login, client = new_id(), new_id(), new_id()
    for account, role in ((operator, "viewer"), (client, None)):
        session.add(
            Account(
                id=account, email=f"{account}@people.example", password_hash="!", name="Opal",
                is_client=role is None, is_tasker=False, operator_role=role, created_at=NOW,
            )
        )  # fmt: skip
    await session.flush()
    session.add(LoginSession(id=login, account_id=operator, created_at=NOW))
    homes = crowd.homes or []
    places = [homes[n] for n in rng.integers(len(homes), size=many)]
    session.add_all(_chore(crowd, client, place) for place in places)
    key = Settings(environment="test").secret_key.get_secret_value()
    token = sign_access(Claims(operator, login), key=key, now=NOW, lifetime_s=3_600)
    return {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}


def _chore(crowd: Crowd, client: Any, place: LonLat) -> Chore:
    cell, ends = cell_of(place), NOW + timedelta(hours=4)
    return Chore(
        id=new_id(), market_id=crowd.market_id, client_id=client, point=place,
        metric_point=to_metric(centre_of(cell), crowd.city.market.srid), cell=cell,
        category=crowd.city.categories[0].slug, address="", notes="", wanted_now=False,
        window_start=NOW, window_end=ends, duration_minutes=60, budget_rate=None, status="open",
        policy_version=1, wave=0, match_by=ends, created_at=NOW,
    )  # fmt: skip


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
