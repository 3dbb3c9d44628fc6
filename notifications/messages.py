"""What an event tells: the data of every event type a person's stream can carry.

Every type is a line of `EVENTS`, the one registry: it is what `announce` checks before a row is
written, what the AsyncAPI document is generated from, and what a client's types are derived from.
Ids are UUIDs, times RFC 3339 in UTC, money integer minor units with an ISO 4217 code, places
GeoJSON points in (lon, lat).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer


def rfc3339(at: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, to the millisecond, ending in Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time", "examples": ["2026-11-21T17:00:00.000Z"]}),
]


def _lon_lat(coordinates: list[float]) -> list[float]:
    lon, lat = coordinates
    if abs(lon) > 180 or abs(lat) > 90:
        raise ValueError("coordinates are [longitude, latitude], within 180 and 90 degrees")
    return coordinates


Coordinates = Annotated[
    list[Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]],
    Field(min_length=2, max_length=2, examples=[[-0.0553, 51.545]]),
    AfterValidator(_lon_lat),
]


class Wire(BaseModel):
    """Anything that is written on the wire: strict types, no unknown field, never changed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_serialization_defaults_required=True
    )


class Money(Wire):
    """An amount in minor units (pence, cents) of one currency."""

    amount: int = Field(description="minor units", examples=[2650])
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217", examples=["GBP"])


class Point(Wire):
    """A GeoJSON point, (lon, lat) in degrees, WGS 84."""

    type: Literal["Point"] = "Point"
    coordinates: Coordinates


class Place(Wire):
    """Where a chore is, as exactly as the reader may know it."""

    point: Point
    address: str | None = Field(default=None, description="only where `exact`")
    exact: bool = Field(description="false: the centre of the chore's privacy cell")


BookingState = Literal["scheduled", "en_route", "in_progress", "completed", "cancelled", "no_show"]
Actor = Literal["client", "tasker", "operator"]


class Booking(Wire):
    """A booking as its reader may see it."""

    id: UUID
    chore_id: UUID
    client_id: UUID
    tasker_id: UUID
    tasker_name: str | None = None
    category: str = Field(examples=["mounting"])
    state: BookingState
    starts_at: Instant
    ends_at: Instant
    rate: Money = Field(description="an hour's work")
    price: Money | None = Field(default=None, description="once completed")
    place: Place


class Offer(Wire):
    """An offer as the tasker sees it before taking it: never the exact place."""

    id: UUID
    chore_id: UUID
    category: str = Field(examples=["mounting"])
    near: Point = Field(description="the centre of the chore's privacy cell")
    distance_m: float = Field(ge=0, description="great circle to that centre")
    travel_s: float = Field(ge=0)
    rate: Money = Field(description="an hour's work, fixed with the offer")
    estimated_pay: Money
    starts_at: Instant
    ends_at: Instant
    duration_min: int = Field(gt=0)
    wave: int = Field(ge=1)
    expires_at: Instant


class ChorePosted(Wire):
    """Your chore is in, and taskers are being looked for."""

    chore_id: UUID
    category: str = Field(examples=["mounting"])
    match_by: Instant


class ChoreOffered(Wire):
    """Your chore was offered to taskers."""

    chore_id: UUID
    wave: int = Field(ge=1)
    offers: int = Field(ge=1, description="how many taskers were asked")


class ChoreBooked(Wire):
    """A tasker took your chore."""

    chore_id: UUID
    booking: Booking


class ChoreReopened(Wire):
    """Your booking fell through, and taskers are being looked for again."""

    chore_id: UUID
    reason: Literal["tasker_cancelled", "tasker_no_show", "operator_released"]


class ChoreUnfilled(Wire):
    """The last wave passed; the chore stays matchable until `match_by`."""

    chore_id: UUID
    waves: int = Field(ge=0)
    match_by: Instant


class ChoreExtended(Wire):
    """An operator gave your chore more time: taskers are looked for until the new `match_by`."""

    chore_id: UUID
    match_by: Instant
    window_end: Instant = Field(description="the latest moment at which the work may end")


class ChoreExpired(Wire):
    """Nobody took the chore before its `match_by`."""

    chore_id: UUID


class ChoreCancelled(Wire):
    """The chore was called off."""

    chore_id: UUID
    by: Actor
    reason: str | None = None


class OfferExtended(Wire):
    """A chore you may take, until `offer.expires_at`."""

    offer: Offer


class OfferWithdrawn(Wire):
    """An offer you can no longer take; it counts against nobody."""

    offer_id: UUID
    chore_id: UUID
    reason: Literal["chore_taken", "chore_cancelled", "chore_expired", "tasker_unavailable"]


class OfferExpired(Wire):
    """An offer's deadline passed."""

    offer_id: UUID
    chore_id: UUID
    delivered: bool = Field(description="false: it never reached you, and is no refusal")


class BookingChanged(Wire):
    """The booking, as it is now."""

    booking: Booking


class BookingCompleted(Wire):
    """The work is done; this is its price."""

    booking: Booking
    price: Money


class BookingCancelled(Wire):
    """The booking was called off, and by whom."""

    booking: Booking
    by: Actor
    reason: str | None = None


EVENTS: Mapping[str, type[Wire]] = MappingProxyType(
    {
        "chore.posted": ChorePosted,
        "chore.offered": ChoreOffered,
        "chore.booked": ChoreBooked,
        "chore.reopened": ChoreReopened,
        "chore.unfilled": ChoreUnfilled,
        "chore.extended": ChoreExtended,
        "chore.expired": ChoreExpired,
        "chore.cancelled": ChoreCancelled,
        "offer.extended": OfferExtended,
        "offer.withdrawn": OfferWithdrawn,
        "offer.expired": OfferExpired,
        "booking.created": BookingChanged,
        "booking.en_route": BookingChanged,
        "booking.started": BookingChanged,
        "booking.completed": BookingCompleted,
        "booking.cancelled": BookingCancelled,
        "booking.no_show": BookingChanged,
        "booking.overrun": BookingChanged,
    }
)
"""Every event type and the model of its data."""


def check_event(event_type: str, data: Wire) -> str:
    """The JSON text of an event's data, once it is the model registered for its type.

    Raises KeyError for an unknown type and TypeError for another type's data: both are mistakes of
    the caller.
    """
    if not isinstance(data, EVENTS[event_type]):
        raise TypeError(
            f"{event_type} carries {EVENTS[event_type].__name__}, not {data.__class__.__name__}"
        )
    return data.model_dump_json()
