"""The town: London with so many taskers, of whom some are let in, and its clients."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from benchmarks.crowds import open_crowd
from benchmarks.load.people import Person, make_clients, sign_in
from geo.points import LonLat
from service.db.engine import open_database

CLIENTS = 500
DAYS = range(2, 14)
"""Chores are wanted within a window of one of these days from now on."""
NEARBY_DEG = 0.003

PICK = """
    SELECT t.id, ST_X(t.base_point), ST_Y(t.base_point), min(s.category)
    FROM taskers AS t JOIN skills AS s ON s.tasker_id = t.id
    WHERE s.active GROUP BY t.id ORDER BY md5(t.id::text) LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tasker who listens: where they live, and something they can do."""

    person: Person
    home: LonLat
    category: str


def settle(url: str, taskers: int) -> None:
    """Have so many taskers live there; a town that was kept is taken as it is, without the chores
    of the run before, which would all be due by now.
    """
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        known = connection.execute("SELECT count(*) FROM taskers").fetchone()
        connection.execute("TRUNCATE chores, rounds, events, event_counters CASCADE")
    if known == (0,):
        asyncio.run(_grow(url, taskers))


async def _grow(url: str, taskers: int) -> None:
    async with open_database(url, pool=1) as database:
        crowd = await open_crowd(database, "london", seed=1)
        await crowd.grow(taskers)


def let_in(connection: psycopg.Connection, count: int) -> tuple[list[Person], list[Neighbour]]:
    """Clients, and as many taskers as shall listen, anywhere in town; all signed in."""
    found = connection.execute(PICK, [count]).fetchall()
    people = sign_in(connection, [row[0] for row in found])
    neighbours = [
        Neighbour(person, LonLat(lon, lat), category)
        for person, (_, lon, lat, category) in zip(people, found, strict=True)
    ]
    return make_clients(connection, CLIENTS), neighbours


def wishes(neighbours: Sequence[Neighbour], count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Chores as they are posted: each near somebody who listens and could do it, some days from
    now.
    """
    return [_wish(rng.choice(neighbours), rng) for _ in range(count)]


def _wish(near: Neighbour, rng: random.Random) -> dict[str, Any]:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = midnight + timedelta(days=rng.choice(DAYS), hours=rng.randint(8, 14))
    place = [round(each + rng.uniform(-NEARBY_DEG, NEARBY_DEG), 6) for each in near.home]
    return {
        "market": "london",
        "category": near.category,
        "point": {"type": "Point", "coordinates": place},
        "address": "12 Mare Street, London E8",
        "notes": "Brick wall, bracket is here.",
        "when": {"start": starts.isoformat(), "end": (starts + timedelta(hours=4)).isoformat()},
        "duration_min": rng.choice((60, 90, 120)),
    }
