"""The event that is pushed in every benchmark of the stream: an offer, marked with its time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from benchmarks.load.lines import marked_id
from notifications.frames import StoredEvent, event_frame
from notifications.messages import Money, Offer, OfferExtended, Point, check_event

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OFFER = Offer(
    id=UUID(int=0),
    chore_id=UUID("0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a12"),
    category="furniture-assembly",
    near=Point(coordinates=[-0.0553, 51.545]),
    distance_m=1250.0,
    travel_s=420.0,
    rate=Money(amount=2650, currency="GBP"),
    estimated_pay=Money(amount=3975, currency="GBP"),
    starts_at=AT,
    ends_at=AT,
    duration_min=90,
    wave=1,
    expires_at=AT,
)


def offer_at(scheduled_us: int) -> OfferExtended:
    """The offer as an event's data."""
    marked = UUID(marked_id(scheduled_us))
    return OfferExtended(offer=OFFER.model_copy(update={"id": marked}))


def frame_at(scheduled_us: int) -> str:
    """The same as the frame that a subscriber gets."""
    data = check_event("offer.extended", offer_at(scheduled_us))
    return event_frame(StoredEvent(1, "offer.extended", AT, data))
