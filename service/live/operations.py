"""Use cases of the live map: the ground of a market, and one tile of what is on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from geo.tiles import Box, Tile, box_around
from matching.wave import radius_m
from service.live import queries
from service.live.queries import Reach
from service.markets.operations import NEARBY_M, market_in_path
from service.markets.queries import shapes_of
from service.policies.queries import documents

MARGIN = 0.05
"""What is looked at around a tile, of its width: its buffer, and what bends between projections."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a market's map is drawn on: features of GeoJSON, by what they are."""

    bounds: Box
    centre: LonLat
    districts: list[dict[str, Any]]
    parks: list[dict[str, Any]]
    river: dict[str, Any] | None


async def read_ground(session: AsyncSession, *, market: str) -> Ground:
    """The ground of a market, from what it was imported with. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    shapes = await shapes_of(session, facts.id)
    features: list[dict[str, Any]] = shapes.places.get("features", [])
    return Ground(
        bounds=Box(*map(float, shapely.bounds(shapes.boundary))),
        centre=facts.centre,
        districts=_of_kind(features, "district"),
        parks=_of_kind(features, "park"),
        river=_lines(_of_kind(features, "river")),
    )


async def draw_tile(session: AsyncSession, *, market: str, tile: Tile) -> bytes:
    """A tile of who and what is there now; empty far from the market. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    box = tile.box(MARGIN).within(box_around(facts.centre, NEARBY_M))
    if box is None:
        return b""
    radii = await radii_of(session, facts.id, await queries.reaches(session, facts.id))
    return await queries.draw(
        session, tile, box=box, market_id=facts.id, srid=facts.srid, radii=list(radii.items())
    )


async def radii_of(
    session: AsyncSession, market_id: int, reaches: Iterable[Reach]
) -> dict[Reach, float]:
    """How far each of these reaches: the radius of the newest wave, or of the first to come."""
    wanted = set(reaches)
    policies = await documents(session, market_id, {reach.version for reach in wanted})
    return {
        reach: radius_m(
            policies[reach.version].for_category(reach.category), max(reach.waves - 1, 0)
        )
        for reach in wanted
    }


def _of_kind(features: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "id": n,
            "properties": {key: one["properties"].get(key) for key in ("id", "name")},
            "geometry": one["geometry"],
        }
        for n, one in enumerate(features, 1)
        if one["properties"]["kind"] == kind
    ]


def _lines(rivers: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rivers:
        return None
    return {
        "type": "MultiLineString",
        "coordinates": [river["geometry"]["coordinates"] for river in rivers],
    }
