"""The ground of a wish, in SQL: everything that it is held against, read in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, and_, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from geo.postgis import LonLatPoint, covers
from matching.policy import PolicyDocument
from service.db.direct import Prepared
from service.db.tables import Category, Market, PolicyVersion
from service.experiments.queries import is_running
from service.markets.queries import FACTS, CategoryFacts, MarketFacts
from service.policies.queries import document_of


@dataclass(frozen=True, slots=True)
class Ground:
    """A market, whether it holds the place, whether an experiment runs there, the version of the
    policy in force, and the category, if it has one of that name.
    """

    market: MarketFacts
    inside: bool
    experimenting: bool
    version: int
    document: PolicyDocument
    category: CategoryFacts | None


_newest = (
    select(func.max(PolicyVersion.version))
    .where(PolicyVersion.market_id == Market.id)
    .correlate(Market)
    .scalar_subquery()
)
_category = (Category.slug, Category.minimum_minutes, Category.rate_low, Category.rate_high)
GROUND = Prepared(
    select(
        *FACTS,
        covers(Market.__table__.c.boundary, bindparam("place", type_=LonLatPoint())),
        is_running(Market.__table__.c.id),
        PolicyVersion.version,
        cast(PolicyVersion.document, Text),
        *_category,
    )
    .join(
        PolicyVersion,
        and_(PolicyVersion.market_id == Market.id, PolicyVersion.version == _newest),
    )
    .outerjoin(
        Category, and_(Category.market_id == Market.id, Category.slug == bindparam("category"))
    )
    .where(Market.slug == bindparam("market"))
)


async def ground_of(
    session: AsyncSession, *, market: str, category: str, place: LonLat, now: datetime
) -> Ground | None:
    """What a wish is held against; None where no market is called so."""
    row = await GROUND.row(
        session, {"market": market, "category": category, "place": place, "now": now}
    )
    if row is None:
        return None
    inside, experimenting, version, document, *found = row[len(FACTS) :]
    return Ground(
        MarketFacts(*row[: len(FACTS)]),
        inside,
        experimenting,
        version,
        document_of(document),
        CategoryFacts(*found) if found[0] is not None else None,
    )
