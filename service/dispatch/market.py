"""The market of a round: its facts, and the versions of its policy that due chores are under."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from matching.chance import AcceptanceModel
from matching.policy import MatchingPolicy, PolicyDocument
from service.acceptance.models import model_of
from service.db.direct import Prepared
from service.db.tables import FittedAcceptance, Market
from service.policies.queries import documents


@dataclass(frozen=True)
class RoundMarket:
    """A market as a round needs it: versions of its policy, its newest model of acceptance."""

    id: int
    slug: str
    zone: ZoneInfo
    currency: str
    srid: int
    turn_around_s: int
    policies: Mapping[int, PolicyDocument]
    acceptance: AcceptanceModel

    def policy(self, version: int, category: str) -> MatchingPolicy:
        """What a version of the policy says for a category. Raises KeyError for one not read."""
        return self.policies[version].for_category(category)

    def local_date(self, at: datetime) -> date:
        """The date on the market's wall."""
        return at.astimezone(self.zone).date()

    def day_starts(self, at: datetime) -> datetime:
        """The midnight on the market's wall before `at`."""
        return datetime.combine(self.local_date(at), time(0), self.zone)

    def today_ends(self, at: datetime) -> datetime:
        """The midnight on the market's wall after `at`."""
        return datetime.combine(self.local_date(at) + timedelta(days=1), time(0), self.zone)


_newest = (
    select(FittedAcceptance.coefficients)
    .where(FittedAcceptance.market_id == Market.id)
    .order_by(FittedAcceptance.version.desc())
    .limit(1)
    .scalar_subquery()
)
FACTS = Prepared(
    select(
        Market.slug, Market.zone, Market.currency, Market.srid, Market.turn_around_s, _newest
    ).where(Market.id == bindparam("market"))
)


async def market_of_round(
    session: AsyncSession, market_id: int, versions: Collection[int]
) -> RoundMarket | None:
    """The market, with these versions of its policy."""
    row = await FACTS.row(session, {"market": market_id})
    if row is None:
        return None
    slug, zone, currency, srid, turn_around_s, coefficients = row
    policies = await documents(session, market_id, versions)
    return RoundMarket(
        market_id,
        slug,
        ZoneInfo(zone),
        currency,
        srid,
        turn_around_s,
        policies,
        model_of(coefficients),
    )
