"""Markets in SQL: facts without the heavy shapes, and the shapes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from shapely import MultiPolygon
from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from service.db.direct import Prepared
from service.db.tables import Category, Market


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """A market without its boundary and places. `srid` is its metric projection."""

    id: int
    slug: str
    name: str
    zone: str
    currency: str
    srid: int
    centre: LonLat
    turn_around_s: int


@dataclass(frozen=True, slots=True)
class MarketShapes:
    """What of a market is drawn: its boundary, and its places as a GeoJSON FeatureCollection."""

    boundary: MultiPolygon
    places: dict[str, Any]


class CategoryFacts(NamedTuple):
    """A category as a wish meets it: the least minutes that are billed, and the usual rates, minor
    units an hour.
    """

    slug: str
    minimum_minutes: int
    rate_low: int
    rate_high: int


FACTS: tuple[Any, ...] = (
    Market.id,
    Market.slug,
    Market.name,
    Market.zone,
    Market.currency,
    Market.srid,
    Market.centre,
    Market.turn_around_s,
)
"""The columns of `MarketFacts`."""


def _facts() -> Select[*tuple[Any, ...]]:
    return select(*FACTS)


BY_SLUG = Prepared(_facts().where(Market.slug == bindparam("slug")))
CATEGORY = Prepared(
    select(*Category.__table__.columns).where(
        Category.market_id == bindparam("market"), Category.slug == bindparam("slug")
    )
)


async def all_markets(session: AsyncSession) -> list[MarketFacts]:
    """Every market, by name."""
    found = await session.execute(_facts().order_by(Market.name, Market.id))
    return [MarketFacts(**row) for row in found.mappings()]


async def market_by_slug(session: AsyncSession, slug: str) -> MarketFacts | None:
    """The market that is called `slug` on the wire."""
    row = await BY_SLUG.row(session, {"slug": slug})
    return MarketFacts(*row) if row else None


async def market_by_id(session: AsyncSession, market_id: int) -> MarketFacts:
    """The market a row belongs to."""
    found = await session.execute(_facts().where(Market.id == market_id))
    return MarketFacts(**found.mappings().one())


async def shapes_of(session: AsyncSession, market_id: int) -> MarketShapes:
    """The boundary and the places of a market."""
    found = await session.execute(
        select(Market.boundary, Market.places).where(Market.id == market_id)
    )
    return MarketShapes(*found.one())


async def boundary_of(session: AsyncSession, market_id: int) -> MultiPolygon:
    """The boundary alone."""
    found = await session.execute(select(Market.boundary).where(Market.id == market_id))
    return found.scalar_one()


async def categories_of(session: AsyncSession, market_id: int) -> list[Category]:
    """A market's categories, by name."""
    found = await session.scalars(
        select(Category).where(Category.market_id == market_id).order_by(Category.name)
    )
    return list(found)


async def category_of(session: AsyncSession, market_id: int, slug: str) -> Category | None:
    """One category of a market, to be read."""
    row = await CATEGORY.row(session, {"market": market_id, "slug": slug})
    names = Category.__table__.columns.keys()
    return Category(**dict(zip(names, row, strict=True))) if row else None
