"""Which market and category somebody means, and what places and rates these can take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from geo.areas import covers, metres_outside
from geo.distance import great_circle_m
from geo.points import LonLat, one_point
from service.db.tables import Category
from service.errors import (
    NotFound,
    OutsideMarket,
    Problem,
    RateNotUsable,
    UnknownCategory,
    UnknownMarket,
)
from service.markets.queries import (
    CategoryFacts,
    MarketFacts,
    MarketShapes,
    boundary_of,
    categories_of,
    category_of,
    market_by_slug,
    shapes_of,
)

NEARBY_M = 100_000.0
"""How far from a market's centre a tasker of it may live or be; its projection stays accurate
there.
"""

HIGHEST_RATE_TIMES = 20
"""A rate is refused above so many times what the category's dear taskers take: a slip of the
decimal point.
"""

LOWEST_BUDGET_SHARE = 4
"""A budget is refused below this part of what the category's cheap taskers take: nobody could be
found.
"""


class Rate(NamedTuple):
    """What somebody asks or offers for an hour: minor units of a currency, as they named it."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class MarketPage:
    """One market with all that a map or a form needs."""

    facts: MarketFacts
    shapes: MarketShapes
    categories: list[Category]


async def market_in_path(session: AsyncSession, *, slug: str) -> MarketFacts:
    """The market a path names. Raises NotFound."""
    market = await market_by_slug(session, slug)
    if market is None:
        raise NotFound("There is no market of that name.")
    return market


async def market_in_body(session: AsyncSession, *, slug: str) -> MarketFacts:
    """The market a body names in its field `market`. Raises UnknownMarket."""
    market = await market_by_slug(session, slug)
    if market is None:
        raise unknown_market()
    return market


def unknown_market() -> Problem:
    """The refusal of a body whose field `market` names none."""
    return UnknownMarket.field("market", "unknown_market", "There is no market of that name.")


async def read_page(session: AsyncSession, *, slug: str) -> MarketPage:
    """A market with its shapes and categories. Raises NotFound."""
    market = await market_in_path(session, slug=slug)
    return MarketPage(
        market, await shapes_of(session, market.id), await categories_of(session, market.id)
    )


async def read_categories(
    session: AsyncSession, *, slug: str
) -> tuple[MarketFacts, list[Category]]:
    """A market and its categories. Raises NotFound."""
    market = await market_in_path(session, slug=slug)
    return market, await categories_of(session, market.id)


async def known_category(
    session: AsyncSession, market: MarketFacts, slug: str, field: str
) -> Category:
    """The market's category. Raises UnknownCategory, naming the body's `field`."""
    category = await category_of(session, market.id, slug)
    if category is None:
        raise unknown_category(market, field)
    return category


def unknown_category(market: MarketFacts, field: str) -> Problem:
    """The refusal of a body whose `field` names no category of the market."""
    message = f"{market.name} has no category of that name."
    return UnknownCategory.field(field, "unknown_category", message)


async def outside(session: AsyncSession, market: MarketFacts, place: LonLat) -> Problem:
    """The refusal of a place that the market does not hold: how far outside it is, and whether it
    looks swapped.
    """
    boundary = await boundary_of(session, market.id)
    metres = metres_outside(boundary, one_point(place))[0]
    swapped = abs(place.lon) <= 90 and bool(covers(boundary, one_point(place[::-1]))[0])
    return _outside(market, metres, swapped, "outside")


def refuse_far(market: MarketFacts, place: LonLat) -> None:
    """Raises OutsideMarket for a tasker's place further than NEARBY_M from the market's centre."""
    metres = great_circle_m(market.centre, place)
    if metres <= NEARBY_M:
        return
    other = LonLat(place.lat, place.lon)
    swapped = abs(place.lon) <= 90 and great_circle_m(market.centre, other) <= NEARBY_M
    raise _outside(market, metres, swapped, "from the centre", limit_m=NEARBY_M)


def _outside(market: MarketFacts, metres: float, swapped: bool, what: str, **facts: Any) -> Problem:
    message = f"That place is {metres / 1000:.1f} km {what} of {market.name}."
    if swapped:
        message += " Its coordinates look swapped: longitude comes first."
    return OutsideMarket.field(
        "point", "outside_market", message, metres=round(metres), looks_swapped=swapped, **facts
    )


def refuse_skill_rate(market: MarketFacts, category: Category, rate: Rate, *, field: str) -> None:
    """Raises RateNotUsable for a tasker's rate that cannot be meant; one may be as cheap as one
    likes.
    """
    _refuse_rate(market, category, rate, lowest=1, field=field)


def refuse_budget(
    market: MarketFacts, category: CategoryFacts, budget: Rate, *, field: str
) -> None:
    """Raises RateNotUsable for a budget that cannot be meant, or at which nobody comes."""
    lowest = max(1, category.rate_low // LOWEST_BUDGET_SHARE)
    _refuse_rate(market, category, budget, lowest=lowest, field=field)


def _refuse_rate(
    market: MarketFacts,
    category: Category | CategoryFacts,
    rate: Rate,
    *,
    lowest: int,
    field: str,
) -> None:
    highest = min(category.rate_high * HIGHEST_RATE_TIMES, 10_000_000)
    facts = {"lowest": lowest, "highest": highest, "currency": market.currency}
    if rate.currency != market.currency:
        message = f"{market.name} counts in {market.currency}."
        raise RateNotUsable.field(field, "wrong_currency", message, **facts)
    if not lowest <= rate.amount <= highest:
        reason = "too_low" if rate.amount < lowest else "too_high"
        message = f"An hour of {category.slug} is {lowest} to {highest} in minor units."
        raise RateNotUsable.field(field, reason, message, **facts)
