"""The routes of offers: a tasker lists and reads their own, accepts, declines."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field
from starlette.requests import HTTPConnection

from geo.cells import centre_of
from matching.pricing import price
from service.bookings.endpoints import BookingOut
from service.errors import (
    ChoreCancelled,
    ChoreTaken,
    NotFound,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    OverlappingBooking,
)
from service.http.access import Tasker
from service.http.documentation import refuses
from service.http.pages import Page, PageOf, page
from service.http.schemas import In, Money, Out, PointOut, UtcTime, answer
from service.offers import operations
from service.offers.queries import OfferRow, offers_page
from service.runtime import Db, Now, runtime_of

router = APIRouter(prefix="/v1/offers", tags=["offers"])

State = Literal["pending", "accepted", "declined", "expired", "withdrawn"]


class OfferOut(Out):
    """An offer as its tasker sees it: the place is the centre of the chore's cell, the distance
    from there.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a15",
                    "chore_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a12",
                    "state": "pending",
                    "category": "mounting",
                    "near": {"type": "Point", "coordinates": [-0.0561, 51.5437]},
                    "distance_m": 1240,
                    "travel_s": 480,
                    "rate": {"amount": 2500, "currency": "GBP"},
                    "estimated_pay": {"amount": 2500, "currency": "GBP"},
                    "starts_at": "2026-11-23T17:00:00.000Z",
                    "ends_at": "2026-11-23T18:00:00.000Z",
                    "duration_min": 60,
                    "wave": 1,
                    "extended_at": "2026-11-23T12:00:00.000Z",
                    "expires_at": "2026-11-23T12:15:00.000Z",
                    "closed_at": None,
                    "closed_reason": None,
                }
            ]
        },
    )

    id: UUID
    chore_id: UUID
    state: State
    category: str
    near: PointOut = Field(description="the centre of the chore's privacy cell")
    distance_m: int
    travel_s: int
    rate: Money = Field(description="for an hour, fixed with the offer")
    estimated_pay: Money = Field(description="for the planned time; the price follows the actual")
    starts_at: UtcTime
    ends_at: UtcTime
    duration_min: int
    wave: int
    extended_at: UtcTime
    expires_at: UtcTime
    closed_at: UtcTime | None
    closed_reason: str | None

    @classmethod
    def of(cls, row: OfferRow) -> OfferOut:
        """The wire's form of an offer."""
        return cls.model_validate(
            {
                "id": row.id,
                "chore_id": row.chore_id,
                "state": row.status,
                "category": row.category,
                "near": PointOut.of(centre_of(row.cell)),
                "distance_m": row.distance_m,
                "travel_s": row.travel_s,
                "rate": Money(amount=row.rate, currency=row.currency),
                "estimated_pay": Money(amount=estimated_pay(row), currency=row.currency),
                "starts_at": row.starts_at,
                "ends_at": row.ends_at,
                "duration_min": round((row.ends_at - row.starts_at).total_seconds() / 60),
                "wave": row.wave,
                "extended_at": row.extended_at,
                "expires_at": row.expires_at,
                "closed_at": row.closed_at,
                "closed_reason": row.closed_reason,
            }
        )


def estimated_pay(row: OfferRow) -> int:
    """Minor units for the planned time at the offer's rate."""
    planned_s = (row.ends_at - row.starts_at).total_seconds()
    return price(row.rate, planned_s, minimum_s=row.minimum_minutes * 60)


class DeclineIn(In):
    """Why an offer is declined: a word for the tasker's own list, shown to nobody else."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "too_far"}]})

    reason: str = Field(default="", max_length=200)


TOO_LATE = (ChoreCancelled, ChoreTaken, OfferExpired, OfferWithdrawn, OverlappingBooking)


@router.get("")
async def list_offers(
    caller: Tasker,
    db: Db,
    cut: PageOf,
    state: Annotated[list[State] | None, Query()] = None,
) -> Page[OfferOut]:
    """The tasker's own offers, newest first; by `state`, which may be given more than once."""
    rows = await db.run(offers_page, tasker_id=caller.account_id, states=state or [], cut=cut)
    return page(rows, cut, lambda row: row.id, OfferOut.of)


@router.get("/{offer_id}", responses=refuses(NotFound))
async def get_offer(offer_id: UUID, caller: Tasker, db: Db) -> OfferOut:
    """One of the tasker's own offers."""
    return OfferOut.of(
        await db.run(operations.read_offer, offer_id=offer_id, tasker_id=caller.account_id)
    )


@router.post(
    "/{offer_id}/accept",
    response_model=BookingOut,
    responses=refuses(NotFound, OfferDeclined, *TOO_LATE),
)
async def accept_offer(offer_id: UUID, caller: Tasker, connection: HTTPConnection) -> Response:
    """Call dibs. The booking is final; a refusal says why. Accepting again gives the same
    booking.
    """
    run = runtime_of(connection)
    now = run.now()
    row = await run.turns.accept(
        run.database, offer_id=offer_id, tasker_id=caller.account_id, now=now
    )
    return answer(BookingOut.of(row, caller, now))


@router.post(
    "/{offer_id}/decline",
    responses=refuses(NotFound, OfferAccepted, *TOO_LATE),
)
async def decline_offer(
    offer_id: UUID, caller: Tasker, db: Db, now: Now, body: DeclineIn | None = None
) -> OfferOut:
    """Say no, for good: this chore is not offered to this tasker again."""
    reason = body.reason if body else ""
    row = await db.run(
        operations.decline,
        offer_id=offer_id,
        tasker_id=caller.account_id,
        reason=reason,
        now=now,
    )
    return OfferOut.of(row)
