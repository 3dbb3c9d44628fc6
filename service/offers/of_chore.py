"""A chore's offers, as operators read them: who was asked, when, and what came of it."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.chores.queries import chore_by_id
from service.db.tables import Offer
from service.errors import NotFound
from service.http.access import Operator
from service.http.documentation import refuses
from service.http.schemas import Money, Out, UtcTime
from service.offers.endpoints import State
from service.runtime import Db

router = APIRouter(tags=["operators"])

EXAMPLE: dict[str, Any] = {
    "id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a15",
    "tasker_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a14",
    "round_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a16",
    "wave": 1,
    "state": "withdrawn",
    "rate": {"amount": 2500, "currency": "GBP"},
    "starts_at": "2026-11-23T17:00:00.000Z",
    "ends_at": "2026-11-23T18:00:00.000Z",
    "distance_m": 1240,
    "travel_s": 480,
    "extended_at": "2026-11-23T12:00:00.000Z",
    "expires_at": "2026-11-23T12:15:00.000Z",
    "delivered_at": "2026-11-23T12:00:00.180Z",
    "closed_at": "2026-11-23T12:00:41.000Z",
    "withdrawn_for": "chore_taken",
}


class Extended(NamedTuple):
    """An offer, and the currency of its market."""

    offer: Offer
    currency: str


class ExtendedOffer(Out):
    """An offer as operators see it. Why a tasker declined is theirs alone."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    tasker_id: UUID
    round_id: UUID
    wave: int
    state: State
    rate: Money = Field(description="for an hour")
    starts_at: UtcTime
    ends_at: UtcTime
    distance_m: int
    travel_s: int
    extended_at: UtcTime
    expires_at: UtcTime
    delivered_at: UtcTime | None = Field(description="when a device of the tasker's had it")
    closed_at: UtcTime | None
    withdrawn_for: str | None

    @classmethod
    def of(cls, row: Extended) -> ExtendedOffer:
        """The wire's form of an offer."""
        offer = row.offer
        same = {name: getattr(offer, name) for name in cls.model_fields if hasattr(offer, name)}
        return cls.model_validate(
            same
            | {
                "state": offer.status,
                "rate": Money(amount=offer.rate, currency=row.currency),
                "withdrawn_for": offer.closed_reason if offer.status == "withdrawn" else None,
            }
        )


async def offers_of_chore(session: AsyncSession, *, chore_id: UUID) -> list[Extended]:
    """Every offer ever made for a chore, oldest first. Raises NotFound."""
    chore = await chore_by_id(session, chore_id)
    if chore is None:
        raise NotFound
    offers = await session.scalars(
        select(Offer).where(Offer.chore_id == chore_id).order_by(Offer.id)
    )
    return [Extended(offer, chore.currency) for offer in offers]


@router.get("/v1/chores/{chore_id}/offers", responses=refuses(NotFound))
async def list_offers_of_chore(chore_id: UUID, _: Operator, db: Db) -> list[ExtendedOffer]:
    """Every offer ever made for a chore, oldest first, for operators."""
    return [ExtendedOffer.of(row) for row in await db.run(offers_of_chore, chore_id=chore_id)]
