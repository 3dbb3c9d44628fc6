"""The market of a round: its facts and the newest version of its policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from matching.policy import MatchingPolicy, PolicyDocument
from service.db.tables import Market, PolicyVersion


@dataclass(frozen=True)
class RoundMarket:
    """A market as a round needs it, with the policy in force."""

    id: int
    slug: str
    zone: ZoneInfo
    currency: str
    srid: int
    turn_around_s: int
    policy_version: int
    policies: PolicyDocument

    def policy(self, category: str) -> MatchingPolicy:
        """The policy of a category."""
        return self.policies.for_category(category)

    def local_date(self, at: datetime) -> date:
        """The date on the market's wall."""
        return at.astimezone(self.zone).date()

    def day_starts(self, at: datetime) -> datetime:
        """The midnight on the market's wall before `at`."""
        return datetime.combine(self.local_date(at), time(0), self.zone)

    def today_ends(self, at: datetime) -> datetime:
        """The midnight on the market's wall after `at`."""
        return datetime.combine(self.local_date(at) + timedelta(days=1), time(0), self.zone)


async def market_of_round(session: AsyncSession, market_id: int) -> RoundMarket | None:
    """The market, with the newest version of its policy."""
    found = await session.execute(
        select(
            Market.id,
            Market.slug,
            Market.zone,
            Market.currency,
            Market.srid,
            Market.turn_around_s,
            PolicyVersion.version,
            PolicyVersion.document,
        )
        .join(PolicyVersion, PolicyVersion.market_id == Market.id)
        .where(Market.id == market_id)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    policies = PolicyDocument.model_validate(row.document)
    return RoundMarket(
        row.id, row.slug, ZoneInfo(row.zone), row.currency, row.srid, row.turn_around_s,
        row.version, policies,
    )  # fmt: skip
