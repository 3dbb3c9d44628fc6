"""A market's rows as the `City` that demand is generated from, whichever way it came in."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from matching.policy import PolicyDocument
from seed_data import city as seeds
from service.db.tables import Category, Market, PolicyVersion
from service.errors import NotFound
from service.markets.queries import categories_of

TOLERANCE_M = 5.0


async def city_of(session: AsyncSession, *, slug: str) -> seeds.City:
    """The city of a market. Raises NotFound, also for a market that was not imported."""
    market = await session.scalar(select(Market).where(Market.slug == slug))
    if market is None:
        raise NotFound(f"there is no market {slug}")
    categories = await categories_of(session, market.id)
    if not categories or not all(category.profile for category in categories):
        raise NotFound(f"nothing is known of the demand of {slug}")
    categories.sort(key=lambda category: int(category.profile["position"]))
    first = categories[0].profile
    return seeds.City(
        market=await _market(session, market),
        boundary=market.boundary,
        places=tuple(map(_place, market.places["features"])),
        categories=tuple(map(_category, categories)),
        windows=seeds.WindowShares(**first["windows"]),
        with_budget=first["with_budget"],
    )


async def _market(session: AsyncSession, market: Market) -> seeds.Market:
    newest = select(PolicyVersion.document).where(PolicyVersion.market_id == market.id)
    newest = newest.order_by(PolicyVersion.version.desc()).limit(1)
    document = await session.scalar(newest)
    return seeds.Market(
        slug=market.slug,
        name=market.name,
        zone=ZoneInfo(market.zone),
        currency=market.currency,
        srid=market.srid,
        centre=market.centre,
        turn_around_s=market.turn_around_s,
        simplify_tolerance_m=TOLERANCE_M,
        policy=PolicyDocument.model_validate(document or {}),
    )


def _place(feature: dict[str, Any]) -> seeds.Place:
    properties: dict[str, Any] = feature["properties"]
    centre = properties.get("centre")
    return seeds.Place(
        id=properties["id"],
        kind=properties["kind"],
        name=properties["name"],
        shape=shapely.geometry.shape(feature["geometry"]),
        population=properties.get("population", 0),
        centre=LonLat(*centre) if centre else None,
        district=properties.get("district"),
    )


def _category(row: Category) -> seeds.Category:
    profile = row.profile
    return seeds.Category(
        slug=row.slug,
        name=row.name,
        typical_minutes=row.typical_minutes,
        shortest_minutes=profile["shortest_minutes"],
        longest_minutes=profile["longest_minutes"],
        minimum_minutes=row.minimum_minutes,
        rate_low=row.rate_low,
        rate_median=row.rate_median,
        rate_high=row.rate_high,
        demand_share=profile["demand_share"],
        hours=profile["hours"],
        weekdays=profile["weekdays"],
        by_hour=tuple(profile["by_hour"]),
        by_weekday=tuple(profile["by_weekday"]),
    )
