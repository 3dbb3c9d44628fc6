"""Markets over HTTP: what anybody may know of a city before signing in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from geo.areas import as_geojson
from service.db.tables import Category
from service.errors import NotFound
from service.http.documentation import refuses
from service.http.schemas import Money, Out, PointOut
from service.markets import operations
from service.markets.queries import MarketFacts, all_markets
from service.runtime import Db

router = APIRouter(prefix="/v1/markets", tags=["markets"])

MarketSlug = Annotated[
    str, Path(max_length=41, description="The market's name on the wire.", examples=["london"])
]

SHAPES_KEPT = "public, max-age=300"
"""A boundary changes with an import; five minutes of the old one hurt nobody."""


class MarketOut(Out):
    """A city: its time zone, the currency of all its money, and its centre."""

    slug: str = Field(examples=["london"])
    name: str = Field(examples=["London"])
    zone: str = Field(description="IANA time zone", examples=["Europe/London"])
    currency: str = Field(description="ISO 4217", examples=["GBP"])
    centre: PointOut

    @classmethod
    def of(cls, market: MarketFacts) -> MarketOut:
        """The wire form."""
        return cls(
            slug=market.slug,
            name=market.name,
            zone=market.zone,
            currency=market.currency,
            centre=PointOut.of(market.centre),
        )


class CategoryOut(Out):
    """A kind of chore, with the hourly rates usual for it here."""

    slug: str = Field(examples=["furniture-assembly"])
    name: str = Field(examples=["Furniture assembly"])
    typical_min: int = Field(description="how long one usually takes", examples=[120])
    minimum_min: int = Field(description="the least that is billed", examples=[60])
    rate_low: Money
    rate_median: Money
    rate_high: Money

    @classmethod
    def of(cls, category: Category, currency: str) -> CategoryOut:
        """The wire form."""
        low, median, high = (
            Money(amount=rate, currency=currency)
            for rate in (category.rate_low, category.rate_median, category.rate_high)
        )
        return cls(
            slug=category.slug,
            name=category.name,
            typical_min=category.typical_minutes,
            minimum_min=category.minimum_minutes,
            rate_low=low,
            rate_median=median,
            rate_high=high,
        )


class MarketDetail(MarketOut):
    """A city with its shapes, as GeoJSON (lon, lat), and its categories."""

    boundary: dict[str, Any] = Field(
        description="GeoJSON MultiPolygon",
        examples=[{"type": "MultiPolygon", "coordinates": [[[[-0.5, 51.3], [0.3, 51.3]]]]}],
    )
    places: dict[str, Any] = Field(
        description="GeoJSON FeatureCollection of districts and localities",
        examples=[{"type": "FeatureCollection", "features": []}],
    )
    categories: list[CategoryOut]


@router.get("")
async def list_markets(db: Db) -> list[MarketOut]:
    """Every market, by name."""
    return [MarketOut.of(market) for market in await db.run(all_markets)]


@router.get("/{market}", responses=refuses(NotFound))
async def read_market(market: MarketSlug, db: Db, response: Response) -> MarketDetail:
    """One market with its boundary, its places and its categories."""
    found = await db.run(operations.read_page, slug=market)
    response.headers["Cache-Control"] = SHAPES_KEPT
    return MarketDetail(
        **dict(MarketOut.of(found.facts)),
        boundary=as_geojson(found.shapes.boundary),
        places=found.shapes.places or {"type": "FeatureCollection", "features": []},
        categories=[CategoryOut.of(one, found.facts.currency) for one in found.categories],
    )


@router.get("/{market}/categories", responses=refuses(NotFound))
async def list_categories(market: MarketSlug, db: Db) -> list[CategoryOut]:
    """A market's categories, by name."""
    facts, categories = await db.run(operations.read_categories, slug=market)
    return [CategoryOut.of(category, facts.currency) for category in categories]
