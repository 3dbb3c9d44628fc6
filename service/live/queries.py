"""The live map in SQL: who and what is there now, as rows and as vector tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.tiles import Box, Tile
from matching.lifecycle import ChoreState
from service.db.tables import Chore
from service.db.tables.bookings import LIVE

WANTED = (ChoreState.OPEN, ChoreState.OFFERED, ChoreState.UNFILLED)
"""States of a chore that still looks for somebody."""

EXTENT, BUFFER = 4096, 64
"""Units across a tile, and how far beyond its edge things are kept, so that no symbol is cut."""
EACH_FROM_ZOOM = 14
"""From here taskers are told apart; below they are counted by cell."""
CELLS_FROM_ZOOM = 11
"""Below this, where cells are closer than a symbol is wide, they are counted by squares."""
SQUARE = 256
"""Side of such a square, in units of the tile."""

_TILE = """
    WITH tile AS (
        SELECT ST_TileEnvelope(:z, :x, :y) AS edge,
               ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), :srid) AS ground,
               ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS degrees
    ), reach AS (
        SELECT * FROM unnest(
            CAST(:versions AS int[]), CAST(:categories AS text[]), CAST(:waves AS int[]),
            CAST(:radii AS float8[])
        ) AS r(version, category, wave, radius_m)
    ), people AS ({people}), wanted AS (
        SELECT CAST(c.id AS text) AS id, c.status, c.category, c.wave, r.radius_m,
               ST_AsMVTGeom(ST_Transform(c.point, 3857), tile.edge, :extent, :buffer) AS geom
        FROM tile CROSS JOIN chores AS c
        LEFT JOIN reach AS r ON (r.version, r.category, r.wave)
                              = (c.policy_version, c.category, c.wave)
        WHERE c.market_id = :market_id AND c.status = ANY(CAST(:wanted AS text[]))
          AND c.point && tile.degrees
    ), booked AS (
        SELECT CAST(b.id AS text) AS id, CAST(b.chore_id AS text) AS chore_id, b.status,
               ST_AsMVTGeom(ST_Transform(c.point, 3857), tile.edge, :extent, :buffer) AS geom
        FROM tile CROSS JOIN chores AS c
        JOIN bookings AS b ON b.chore_id = c.id AND b.{live}
        WHERE c.market_id = :market_id AND c.status = 'booked' AND c.point && tile.degrees
    )
    SELECT coalesce((SELECT ST_AsMVT(people, 'taskers', :extent, 'geom') FROM people
                     WHERE geom IS NOT NULL), '')
        || coalesce((SELECT ST_AsMVT(wanted, 'chores', :extent, 'geom') FROM wanted
                     WHERE geom IS NOT NULL), '')
        || coalesce((SELECT ST_AsMVT(booked, 'bookings', :extent, 'geom') FROM booked
                     WHERE geom IS NOT NULL), '')
"""

# Each tasker, at the centre of the cell they are present in.
_EACH = """
        SELECT CAST(p.tasker_id AS text) AS id, true AS online, t.mode, p.cell,
               ST_AsMVTGeom(ST_Transform(p.point, 3857), tile.edge, :extent, :buffer) AS geom
        FROM tile CROSS JOIN presence AS p JOIN taskers AS t ON t.id = p.tasker_id
        WHERE p.market_id = :market_id AND p.point && tile.ground
"""

# How many are in each cell: counted by the cell's name, and only then joined with where it is. Of
# everybody's points, comparing and hashing a hundred thousand took four fifths of the time.
_CELLS = """
        SELECT n AS count,
               ST_AsMVTGeom(ST_Transform(c.point, 3857), tile.edge, :extent, :buffer) AS geom
        FROM tile CROSS JOIN (
            SELECT cell, count(*) AS n FROM presence WHERE market_id = :market_id GROUP BY cell
        ) AS p JOIN presence_cells AS c ON (c.market_id, c.cell) = (:market_id, p.cell)
        WHERE c.point && tile.ground
"""

# How many are in each square of the tile, where most of them are.
_SQUARES = f"""
        SELECT CAST(sum(count) AS bigint) AS count,
               ST_MakePoint(round(sum(ST_X(geom) * count) / sum(count)),
                            round(sum(ST_Y(geom) * count) / sum(count))) AS geom
        FROM ({_CELLS}) AS cells WHERE geom IS NOT NULL
        GROUP BY floor(ST_X(geom) / :square), floor(ST_Y(geom) / :square)
"""  # noqa: S608 (made of the constants here)

EACH, CELLS, SQUARES = (
    text(_TILE.format(people=people, live=LIVE)) for people in (_EACH, _CELLS, _SQUARES)
)


class Reach(NamedTuple):
    """How far the search of some chores has come: those under this version, of this category, that
    had so many waves.
    """

    version: int
    category: str
    waves: int


async def reaches(session: AsyncSession, market_id: int) -> list[Reach]:
    """The different reaches of the chores that look for somebody."""
    found = await session.execute(
        select(Chore.policy_version, Chore.category, Chore.wave)
        .where(Chore.market_id == market_id, Chore.status.in_(WANTED))
        .distinct()
    )
    return [Reach(*row) for row in found]


async def draw(
    session: AsyncSession,
    tile: Tile,
    *,
    box: Box,
    market_id: int,
    srid: int,
    radii: Sequence[tuple[Reach, float]],
) -> bytes:
    """The vector tile of a market: layers `taskers`, `chores`, `bookings`, each only if it holds
    something. `box` is the part of the tile near the market, whose projection ends somewhere.
    """
    people = EACH if tile.z >= EACH_FROM_ZOOM else CELLS if tile.z >= CELLS_FROM_ZOOM else SQUARES
    found = await session.scalar(
        people,
        tile._asdict()
        | box._asdict()
        | {
            "market_id": market_id,
            "srid": srid,
            "wanted": list(WANTED),
            "extent": EXTENT,
            "buffer": BUFFER,
            "square": SQUARE,
            "versions": [reach.version for reach, _ in radii],
            "categories": [reach.category for reach, _ in radii],
            "waves": [reach.waves for reach, _ in radii],
            "radii": [radius for _, radius in radii],
        },
    )
    return bytes(found)
