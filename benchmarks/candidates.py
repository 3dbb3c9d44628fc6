"""Candidates: the 20 nearest taskers of a chore who could take it, among up to a million.

Rows are of `source`: `dibs batch` and `dibs single` run the very search of a round, all filters
(area, rate, blocks, earlier offers, room, days off) and the planner settings included, for 100
chores at once and for one; half of the chores are for now. `dibs nobody` asks for a rate that
nobody takes, 5 km around the densest spot; `dibs few` for one that one in a thousand takes, within
20 km. `postgis dwithin` is the query as people write it: ST_DWithin on geography, filters, ORDER BY
ST_Distance. `postgis knn` orders by geography's <-> without a bound. `redis geosearch` answers
less: the nearest 20 of the category, whatever they ask and wherever they work.

`ms_per_chore` is the median on the wall, as a client sees it; `cpu_ms` what server and client
computed meanwhile, which a busy machine does not change.
"""

import argparse
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.crowds import NOW, Crowd, benchmark_server, open_crowd, run_async
from benchmarks.frame import Report
from benchmarks.redis import Redis, running_redis
from geo.cells import cell_of, centre_of
from geo.points import LonLat
from service.db.engine import Database, open_database
from service.dispatch.candidates import Sought, find_candidates

MOST = 20
RADIUS_M = 5_000.0
FURTHEST_M = 20_000.0
BATCH = 100
GOAL_MS, GOAL_GROWTH = 0.3, 2.0

AS_WRITTEN = text(
    """
    SELECT t.id FROM taskers AS t
    JOIN skills AS s ON s.tasker_id = t.id JOIN service_areas AS a ON a.tasker_id = t.id
    WHERE s.category = :category AND s.active AND s.rate <= :budget AND a.kind = 'regular'
    AND ST_DWithin(t.base_point::geography, ST_MakePoint(:lon, :lat)::geography, :radius)
    AND ST_Covers(a.area, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
    ORDER BY ST_Distance(t.base_point::geography, ST_MakePoint(:lon, :lat)::geography) LIMIT 20
    """.replace("::geography", "\\:\\:geography")
)
BY_KNN = text(
    """
    SELECT t.id FROM taskers AS t
    JOIN skills AS s ON s.tasker_id = t.id JOIN service_areas AS a ON a.tasker_id = t.id
    WHERE s.category = :category AND s.active AND s.rate <= :budget AND a.kind = 'regular'
    AND ST_Covers(a.area, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
    ORDER BY t.base_point::geography <-> ST_MakePoint(:lon, :lat)::geography LIMIT 20
    """.replace("::geography", "\\:\\:geography")
)
FOR_THEM = text(
    "CREATE INDEX bases_as_geography ON taskers USING gist ((base_point\\:\\:geography))"
)
GEOMETRY = text(
    "SELECT s.category, s.tasker_id, ST_X(t.base_point), ST_Y(t.base_point)"
    " FROM skills AS s JOIN taskers AS t ON t.id = s.tasker_id WHERE s.market_id = :market_id"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sizes", default="10000,100000,1000000", help="taskers, rising, with commas between"
    )
    parser.add_argument("--cities", default="london,dense", help="london, dense or both")
    parser.add_argument("--chores", type=int, default=400, help="chores of each measurement")
    parser.add_argument("--peer-chores", type=int, default=40, help="the same for slow peers")
    parser.add_argument("--seed", type=int, default=1)


def run(arguments: argparse.Namespace, report: Report) -> None:
    for city in arguments.cities.split(","):
        with benchmark_server() as url:
            run_async(_city(url, city, arguments, report))
    _judge(report)


@dataclass(frozen=True)
class Took:
    """Medians of one chore's milliseconds, and how many taskers were found on average."""

    ms_per_chore: float
    cpu_ms: float | None
    found: float


async def _city(url: str, name: str, arguments: argparse.Namespace, report: Report) -> None:
    async with open_database(url, pool=1) as database:
        crowd = await open_crowd(database, name, arguments.seed)
        async with database.engine.begin() as connection:
            await connection.execute(FOR_THEM)
        for size in map(int, arguments.sizes.split(",")):
            await crowd.grow(size)
            await _measure(crowd, arguments, report)


async def _measure(crowd: Crowd, arguments: argparse.Namespace, report: Report) -> None:
    """All rows of one city at one size."""
    chores = _chores(crowd, arguments.chores, arguments.seed)
    few = chores[: arguments.peer_chores]
    nobody = [replace(each, budget_rate=1, centre=_densest(crowd)) for each in few]
    scarce = [replace(each, budget_rate=await _rate_of_few(crowd, each.category),
                      radius_m=FURTHEST_M, wanted_now=False) for each in few]  # fmt: skip
    measured: dict[str, Took] = {
        "dibs batch": await _search(crowd, chores, BATCH),
        "dibs single": await _search(crowd, chores, 1),
        "dibs nobody": await _search(crowd, nobody, 1),
        "dibs few": await _search(crowd, scarce, 1),
        "postgis dwithin": await _as_written(crowd, AS_WRITTEN, few),
        "postgis knn": await _as_written(crowd, BY_KNN, few),
    }
    with running_redis() as redis:
        if redis is None:
            report.notes.append("redis-server is not installed: its rows are missing")
        else:
            await _load(crowd, redis[0])
            measured["redis geosearch"] = _geosearch(*redis, chores)
    for source, took in measured.items():
        report.add(
            source=source,
            city=crowd.city.market.slug,
            taskers=crowd.taskers,
            per_km2=round(crowd.per_km2()),
            **vars(took),
        )


def _chores(crowd: Crowd, many: int, seed: int) -> list[Sought]:
    """Chores around people's homes, of every category as often as it is asked for."""
    rng = np.random.default_rng(seed)
    categories = crowd.city.categories
    shares = np.array([each.demand_share for each in categories])
    homes = crowd.homes or []
    return [
        _sought(
            categories[rng.choice(len(categories), p=shares / shares.sum())].slug,
            homes[rng.integers(len(homes))],
            now=bool(n % 2),
            budget=None,
        )
        for n in range(many)
    ]


def _sought(category: str, place: LonLat, *, now: bool, budget: int | None) -> Sought:
    return Sought(
        chore_id=uuid4(),
        client_id=uuid4(),
        category=category,
        centre=centre_of(cell_of(place)),
        radius_m=RADIUS_M,
        budget_rate=budget,
        today=True,
        wanted_now=now,
        seen_since=NOW - timedelta(minutes=5),
        room=3,
        weekdays=127 if now else 0b11,
    )


def _densest(crowd: Crowd) -> LonLat:
    """The centre of the cell that most of the last added live in."""
    cells = [cell_of(home) for home in crowd.homes or []]
    return centre_of(max(set(cells), key=cells.count))


async def _rate_of_few(crowd: Crowd, category: str) -> int:
    """A rate that one in a thousand of a category takes."""
    wanted = text(
        "SELECT percentile_disc(0.001) WITHIN GROUP (ORDER BY rate) FROM skills"
        " WHERE market_id = :market_id AND category = :category"
    )

    async def read(session: AsyncSession) -> int:
        found = await session.scalar(wanted, {"market_id": crowd.market_id, "category": category})
        return int(found or 1)

    return await crowd.database.run(read)


async def _search(crowd: Crowd, chores: Sequence[Sought], at_once: int) -> Took:
    """The search of a round, `at_once` chores a question."""

    async def search(session: AsyncSession, part: Sequence[Sought]) -> int:
        found = await find_candidates(
            session,
            market_id=crowd.market_id,
            srid=crowd.city.market.srid,
            sought=part,
            most=MOST,
        )
        return len(found)

    parts = [chores[n : n + at_once] for n in range(0, len(chores), at_once)]
    return await _timed(crowd.database, search, parts, at_once)


async def _as_written(crowd: Crowd, question: object, chores: Sequence[Sought]) -> Took:
    async def ask(session: AsyncSession, part: Sequence[Sought]) -> int:
        (chore,) = part
        asked = {
            "category": chore.category,
            "budget": chore.budget_rate or 10**7,
            "lon": chore.centre.lon,
            "lat": chore.centre.lat,
            "radius": chore.radius_m,
        }
        wanted = {name: asked[name] for name in question.compile().params}  # type: ignore[attr-defined]
        return len((await session.execute(question, wanted)).all())  # type: ignore[call-overload]

    return await _timed(crowd.database, ask, [[each] for each in chores], 1)


async def _timed(
    database: Database,
    ask: Callable[[AsyncSession, Sequence[Sought]], Awaitable[int]],
    parts: Sequence[Sequence[Sought]],
    at_once: int,
) -> Took:
    """Ask everything once to warm up (at most twenty questions of it), then measure each."""
    walls, found = [], 0
    async with AsyncSession(database.engine) as session:
        backend = int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)
        for part in parts[:20]:
            await ask(session, part)
        before = _cpu_s(backend), time.process_time()
        for part in parts:
            started = time.perf_counter()
            found += await ask(session, part)
            walls.append((time.perf_counter() - started) / at_once)
        after = _cpu_s(backend), time.process_time()
        await session.rollback()
    many = sum(map(len, parts))
    return Took(statistics.median(walls) * 1_000, _cpu_ms(before, after, many), found / many)


async def _load(crowd: Crowd, redis: Redis) -> None:
    """Everybody's base under the key of each of their categories."""

    async def people(session: AsyncSession) -> list[tuple[str, UUID, float, float]]:
        rows = await session.execute(GEOMETRY, {"market_id": crowd.market_id})
        return [(category, who, lon, lat) for category, who, lon, lat in rows]

    rows = await crowd.database.run(people)
    for at in range(0, len(rows), 10_000):
        part = rows[at : at + 10_000]
        redis.ask_all([("GEOADD", key, lon, lat, who.bytes) for key, who, lon, lat in part])


def _geosearch(redis: Redis, server: int, chores: Sequence[Sought]) -> Took:
    walls, found = [], 0
    before = _cpu_s(server), time.process_time()
    for chore in chores:
        started = time.perf_counter()
        reply = redis.ask(
            "GEOSEARCH", chore.category, "FROMLONLAT", chore.centre.lon, chore.centre.lat,
            "BYRADIUS", chore.radius_m, "m", "ASC", "COUNT", MOST,
        )  # fmt: skip
        walls.append(time.perf_counter() - started)
        found += len(reply) if isinstance(reply, list) else 0
    after = _cpu_s(server), time.process_time()
    cpu_ms = _cpu_ms(before, after, len(chores))
    return Took(statistics.median(walls) * 1_000, cpu_ms, found / len(chores))


def _cpu_s(pid: int) -> float | None:
    """Seconds that a process has computed; None where that cannot be known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu_ms(
    before: tuple[float | None, float], after: tuple[float | None, float], many: int
) -> float | None:
    if before[0] is None or after[0] is None:
        return None
    return (after[0] - before[0] + after[1] - before[1]) * 1_000 / many


def _judge(report: Report) -> None:
    """What came of the goals."""
    batches = [row for row in report.rows if row["source"] == "dibs batch"]
    for city in {row["city"] for row in batches}:
        took = {row["taskers"]: row["ms_per_chore"] for row in batches if row["city"] == city}
        line = f"{city}: {took[max(took)]:.3f} ms a chore at {max(took):,} (goal {GOAL_MS})"
        if {100_000, 1_000_000} <= took.keys():
            growth = took[1_000_000] / took[100_000]
            line += f", {growth:.2f} x that at 100,000 (goal {GOAL_GROWTH:g})"
        report.notes.append(line)
