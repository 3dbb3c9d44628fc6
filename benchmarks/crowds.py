"""Cities with very many taskers in PostGIS, filled in steps; the same people for every peer."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import shapely.affinity
from shapely import MultiPolygon
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.likenesses import ASIDE_M, add_likenesses, note_founders, put_to_work
from geo.cells import cells_of, centres_of
from geo.points import LonLat
from seed_data import LONDON
from seed_data.city import City, Tasker
from seed_data.folder import read_city
from seed_data.taskers import generate_taskers
from service.db.cluster import private, ready_binaries
from service.db.cluster.places import choose_place
from service.db.cluster.tuning import LIVING
from service.db.engine import Database
from service.db.migrations import migrate
from service.markets.importing import rows
from service.markets.importing.operations import Plan, import_city
from service.markets.importing.queries import (
    STAGED_SKILLS,
    copy_rows,
    settle_skills,
    stage_skills,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FOUNDERS = 10_000
METRES_PER_DEGREE = 111_195.0
SQUEEZED = 0.4
"""The denser city is London with every distance from its middle so much shorter: six times as many
taskers on a square kilometre.
"""
ONLINE = 0.3
TUNING = LIVING | {
    "shared_buffers": "4GB",
    "effective_cache_size": "12GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}
"""A server with room for a million taskers, that need not survive a power cut."""

PRESENT = text(
    """
    INSERT INTO presence (tasker_id, market_id, cell, point, online_since, seen_at)
    SELECT t.id, CAST(:market_id AS smallint), t.cell,
           ST_Transform(ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326), CAST(:srid AS int)),
           :now, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:cells AS text[]), CAST(:lons AS float8[]),
                CAST(:lats AS float8[])) AS t(id, cell, lon, lat)
    """
)


@dataclass
class Crowd:
    """A market in a database and how many taskers it has; `homes` of some, to put chores near."""

    database: Database
    city: City
    market_id: int
    squeeze: float
    rng: np.random.Generator
    taskers: int = 0
    homes: list[LonLat] | None = None

    async def grow(self, wanted: int) -> None:
        """Add taskers until there are so many, with offers, then give the planner statistics.

        The first `FOUNDERS` are generated; the others are their likenesses.
        """
        if not self.taskers:
            await self.database.run(self._found, many=min(wanted, FOUNDERS))
        if self.taskers < wanted:
            await self.database.run(
                add_likenesses,
                have=self.taskers,
                wanted=wanted,
                founders=FOUNDERS,
                srid=self.city.market.srid,
                aside=self._aside(),
            )
        self.taskers = wanted
        await self.database.run(put_to_work)
        async with self.database.engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("VACUUM ANALYZE"))

    async def _found(self, session: AsyncSession, *, many: int) -> None:
        drawn = generate_taskers(self.city, many, self.rng)
        people = [self._squeezed(each) for each in drawn]
        await self._write(session, people=people)
        await note_founders(session)
        self.homes, self.taskers = [each.home for each in people], many

    def _aside(self) -> tuple[float, float]:
        north = self.squeeze * ASIDE_M / METRES_PER_DEGREE
        return north / math.cos(math.radians(self.city.market.centre.lat)), north

    def _squeezed(self, tasker: Tasker) -> Tasker:
        if self.squeeze == 1:
            return tasker
        middle = self.city.market.centre
        home = LonLat(
            *(m + (h - m) * self.squeeze for m, h in zip(middle, tasker.home, strict=True))
        )
        today = tasker.same_day_area and self._shrunk(tasker.same_day_area)
        return replace(tasker, home=home, area=self._shrunk(tasker.area), same_day_area=today)

    def _shrunk(self, area: MultiPolygon) -> MultiPolygon:
        lon, lat = self.city.market.centre
        return shapely.affinity.scale(area, self.squeeze, self.squeeze, origin=(lon, lat))

    async def _write(self, session: AsyncSession, *, people: Sequence[Tasker]) -> None:
        known, market_id = rows.with_ids(people), self.market_id
        names = f"{self.city.market.slug}-{self.taskers}"
        await stage_skills(session)
        for table, columns, stream in (
            ("accounts", rows.ACCOUNT_COLUMNS, rows.tasker_accounts(known, names, "!", NOW)),
            ("taskers", rows.TASKER_COLUMNS, rows.tasker_rows(known, market_id, NOW)),
            ("service_areas", rows.AREA_COLUMNS, rows.area_rows(known, market_id)),
            ("weekly_hours", rows.HOURS_COLUMNS, rows.hours_rows(known)),
            (STAGED_SKILLS, rows.SKILL_COLUMNS, rows.skill_rows(known)),
        ):
            await copy_rows(session, table, columns, stream)
        await settle_skills(session, market_id)
        online = [n for n in range(len(people)) if self.rng.random() < ONLINE]
        cells = cells_of(np.array([people[n].home for n in online]).reshape(-1, 2))
        centres = centres_of(cells)
        await session.execute(
            PRESENT,
            {
                "market_id": market_id,
                "srid": self.city.market.srid,
                "now": NOW - timedelta(minutes=1),
                "ids": [known.ids[n] for n in online],
                "cells": cells,
                "lons": centres[:, 0].tolist(),
                "lats": centres[:, 1].tolist(),
            },
        )

    def per_km2(self, radius_m: float = 2_000) -> float:
        """Taskers on a square kilometre around the middle, from the last that were added."""
        homes = np.array(self.homes)
        middle = np.array(self.city.market.centre)
        scale = np.array([METRES_PER_DEGREE * math.cos(math.radians(middle[1])), METRES_PER_DEGREE])
        near = (np.hypot(*((homes - middle) * scale).T) <= radius_m).mean()
        return float(near * self.taskers / (math.pi * (radius_m / 1_000) ** 2))


async def open_crowd(database: Database, name: str, seed: int) -> Crowd:
    """London, or the denser city, without anybody yet."""
    city = read_city(LONDON)
    city = replace(city, market=replace(city.market, slug=name))
    await database.run(import_city, plan=Plan(city, [], 0, "!"), now=NOW)

    async def found(session: AsyncSession) -> int:
        which = text("SELECT id FROM markets WHERE slug = :slug")
        return int(await session.scalar(which, {"slug": name}) or 0)

    squeeze = 1.0 if name == "london" else SQUEEZED
    market_id = await database.run(found)
    return Crowd(database, city, market_id, squeeze, np.random.default_rng(seed))


@contextmanager
def benchmark_server() -> Iterator[str]:
    """The URL of a migrated database on a private server of the benchmark's own, deleted
    afterwards.
    """
    ready_binaries(print)
    place = choose_place("pg-benchmark", print)
    private.start(place, TUNING, print)
    try:
        private.ensure_database(place, "benchmark")
        url = place.url("benchmark")
        migrate(url)
        yield url
    finally:
        private.remove(place)


def run_async(coroutine: object) -> None:
    """Run a benchmark that awaits."""
    asyncio.run(coroutine)  # type: ignore[arg-type]
