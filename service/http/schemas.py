"""The wire's common shapes: strict inputs, separate outputs, GeoJSON points, money, UTC times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
)
from starlette.responses import Response

from geo.points import LonLat, parse_lonlat


class In(BaseModel):
    """A request body: unknown fields are refused, types are not guessed, text is trimmed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, str_strip_whitespace=True, allow_inf_nan=False, frozen=True
    )


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


def answer(out: Out, status: int = 200) -> Response:
    """An answer as it goes over the wire, for routes that are asked often: what is of its model
    already is not checked against it again.
    """
    return Response(out.__pydantic_serializer__.to_json(out), status, media_type="application/json")


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[
    AwareDatetime,
    PlainSerializer(_utc, return_type=str, when_used="json"),
    Field(examples=["2026-11-23T17:00:00.000Z"]),
]
"""RFC 3339 with an offset in, UTC with milliseconds out."""


def _written(value: object) -> object:
    """Numbers would be read as seconds since 1970: a time is written as one, or refused."""
    if isinstance(value, datetime) or (isinstance(value, str) and "T" in value.upper()):
        return value
    raise ValueError("a time is written as in RFC 3339, such as 2026-11-23T17:00:00Z")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("that time is beyond the calendar") from None


TimeIn = Annotated[
    AwareDatetime,
    Field(strict=False, examples=["2026-11-23T17:00:00Z"]),
    BeforeValidator(_written),
    AfterValidator(_in_utc),
]
"""RFC 3339 with an offset, nothing else; UTC from here on."""


class PointIn(In):
    """A GeoJSON Point: longitude first, then latitude, WGS 84."""

    type: Literal["Point"]
    coordinates: list[float] = Field(min_length=2, max_length=2, examples=[[-0.0553, 51.545]])

    @field_validator("coordinates")
    @classmethod
    def _on_earth(cls, position: list[float]) -> list[float]:
        parse_lonlat(position)
        return position

    def lonlat(self) -> LonLat:
        """The place."""
        return parse_lonlat(self.coordinates)


class PointOut(Out):
    """A GeoJSON Point."""

    type: Literal["Point"] = "Point"
    coordinates: list[float] = Field(examples=[[-0.0553, 51.545]])

    @classmethod
    def of(cls, place: LonLat) -> PointOut:
        """The point of a place, to a centimetre."""
        return cls(coordinates=[round(place.lon, 7), round(place.lat, 7)])


class Money(Out):
    """An amount in the currency's minor unit: 2500 GBP is 25 pounds."""

    amount: int = Field(examples=[2500])
    currency: str = Field(examples=["GBP"])


class MoneyIn(In):
    """An amount in the currency's minor unit. What amounts can be meant, the market's categories
    say.
    """

    amount: int = Field(examples=[2500])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["GBP"])
