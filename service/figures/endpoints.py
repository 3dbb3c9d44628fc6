"""The route of a market's health, for operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from service.errors import NotFound
from service.figures import operations
from service.figures.operations import Health
from service.figures.queries import VersionRow
from service.figures.reckoning import Fill, Quantiles, declined_of
from service.http.access import Operator
from service.http.documentation import refuses
from service.http.schemas import Out, UtcTime
from service.markets.endpoints import MarketSlug
from service.runtime import Db, Now

router = APIRouter(prefix="/v1/markets/{market}", tags=["operators"])

Hours = Annotated[int, Query(ge=1, le=24 * 14, description="how far back", examples=[24])]


class FillOut(Out):
    """Of the chores posted: how many somebody took, and how many nobody did until it was over."""

    posted: int = Field(examples=[120])
    filled: int = Field(examples=[90])
    missed: int = Field(description="unfilled or expired", examples=[10])
    rate: float | None = Field(description="of those decided; null: none is", examples=[0.9])


class CategoryFill(FillOut):
    """The same of a category."""

    category: str = Field(examples=["mounting"])


class DistrictFill(FillOut):
    """The same of a district; null: outside of all."""

    district: str | None = Field(examples=["Hackney"])


class HourFill(FillOut):
    """The same of an hour."""

    starts_at: UtcTime


class QuantilesOut(Out):
    """The middle and the tail of so many values."""

    count: int = Field(examples=[90])
    p50: float | None = Field(examples=[41.0])
    p90: float | None = Field(examples=[180.0])
    p99: float | None = Field(examples=[420.0])

    @classmethod
    def of(cls, found: Quantiles) -> QuantilesOut:
        """The wire form."""
        return cls(count=found.count, p50=found.p50, p90=found.p90, p99=found.p99)


class OffersOut(Out):
    """Offers by what came of them."""

    extended: int = Field(examples=[300])
    accepted: int = Field(examples=[90])
    declined: int = Field(examples=[60])
    expired: int = Field(examples=[20])
    undelivered: int = Field(
        description="of the expired, those that reached no device", examples=[3]
    )
    withdrawn: int = Field(examples=[120])
    pending: int = Field(examples=[10])


class HealthOut(Out):
    """How a market fared in the past hours. A chore counts for the hour it was posted in."""

    since: UtcTime
    at: UtcTime
    fill: FillOut
    accepted_after_s: QuantilesOut = Field(description="seconds from post to acceptance")
    by_category: list[CategoryFill] = Field(description="most missed first")
    by_district: list[DistrictFill] = Field(description="most missed first")
    by_hour: list[HourFill]
    offers: OffersOut
    solve_ms: QuantilesOut = Field(description="of the rounds: the solver alone")
    round_ms: QuantilesOut = Field(description="of the rounds: reading, solving and writing")

    @classmethod
    def of(cls, found: Health) -> HealthOut:
        """The wire form."""
        categories, districts = found.by_category.items(), found.by_district.items()
        return cls(
            since=found.since,
            at=found.at,
            fill=FillOut(**_fill(found.fill)),
            accepted_after_s=QuantilesOut.of(found.accepted_after_s),
            by_category=[CategoryFill(category=name, **_fill(fill)) for name, fill in categories],
            by_district=[DistrictFill(district=name, **_fill(fill)) for name, fill in districts],
            by_hour=[HourFill(starts_at=at, **_fill(fill)) for at, fill in found.by_hour],
            offers=OffersOut(**found.offers._asdict()),
            solve_ms=QuantilesOut.of(found.solve_ms),
            round_ms=QuantilesOut.of(found.round_ms),
        )


class VersionFill(FillOut):
    """The same of the chores under a version of the policy, with what it took. Other days and other
    chores: a comparison of two says what happened, not why.
    """

    version: int = Field(examples=[4])
    accepted_after_s: float | None = Field(description="median, of the filled", examples=[41.0])
    travel_s: float | None = Field(description="mean, to the first booking", examples=[960.0])
    accepted: int = Field(description="of their offers", examples=[90])
    declined: int = Field(description="of their offers", examples=[60])
    ignored: int = Field(
        description="of their offers, those that arrived and expired unanswered", examples=[20]
    )
    decline_rate: float | None = Field(
        description="declined, of the offers accepted, declined or ignored; null: none was",
        examples=[0.353],
    )

    @classmethod
    def of(cls, row: VersionRow) -> VersionFill:
        """The wire form."""
        rates = {
            "rate": Fill(row.posted, row.filled, row.missed).rate,
            "decline_rate": declined_of(row.accepted, row.declined, row.ignored),
        }
        return cls.model_validate(row._asdict() | rates)


def _fill(fill: Fill) -> dict[str, float | None]:
    return {
        "posted": fill.posted, "filled": fill.filled, "missed": fill.missed, "rate": fill.rate,
    }  # fmt: skip


@router.get("/health", responses=refuses(NotFound))
async def read_market_health(
    market: MarketSlug, _: Operator, db: Db, now: Now, hours: Hours = 24
) -> HealthOut:
    """Fill rates, waits, what was missed where, offers that reached nobody, and rounds' times."""
    return HealthOut.of(await db.run(operations.read_health, market=market, hours=hours, now=now))


@router.get("/health/versions", responses=refuses(NotFound))
async def read_versions_health(
    market: MarketSlug, _: Operator, db: Db, now: Now
) -> list[VersionFill]:
    """How the chores of the past 28 days fared, by the version of the policy they are under."""
    rows = await db.run(operations.read_versions, market=market, now=now)
    return [VersionFill.of(row) for row in rows]
