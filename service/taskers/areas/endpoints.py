"""Service areas over HTTP, as GeoJSON (lon, lat)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path
from pydantic import Field, WithJsonSchema
from shapely import MultiPolygon

from geo.areas import DRAWN_BY_HAND, as_geojson, km2_of
from service.errors import AreaNotUsable, NotFound, ProfileNeeded
from service.http.access import Tasker
from service.http.documentation import refuses
from service.http.schemas import Out
from service.runtime import Db, Now
from service.taskers.areas import operations

router = APIRouter(prefix="/v1/taskers/me/areas", tags=["taskers"])

EXAMPLE = {
    "type": "Polygon",
    "coordinates": [
        [[-0.08, 51.53], [-0.03, 51.53], [-0.03, 51.56], [-0.08, 51.56], [-0.08, 51.53]]
    ],
}

Kind = Annotated[
    Literal["regular", "same_day"],
    Path(description="same_day replaces the regular area for chores of today"),
]
GeoJsonArea = Annotated[
    dict[str, Any],
    Body(examples=[EXAMPLE]),
    WithJsonSchema(
        {
            "type": "object",
            "title": "GeoJsonArea",
            "description": "A GeoJSON Polygon or MultiPolygon, holes allowed, in (lon, lat), of at"
            f" most {DRAWN_BY_HAND.max_vertices} vertices and {DRAWN_BY_HAND.max_km2:g} km2, within"
            f" {DRAWN_BY_HAND.margin_m:g} m of the market.",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
                "coordinates": {"type": "array", "items": {"type": "array", "items": {}}},
            },
        }
    ),
]


class AreaOut(Out):
    """An area as it is held: always a MultiPolygon, overlaps united, rings turned as RFC 7946 has
    it.
    """

    kind: Literal["regular", "same_day"]
    area: dict[str, Any] = Field(
        examples=[{"type": "MultiPolygon", "coordinates": [EXAMPLE["coordinates"]]}]
    )
    km2: float = Field(description="what it covers", examples=[11.5])

    @classmethod
    def of(cls, kind: Literal["regular", "same_day"], area: MultiPolygon) -> AreaOut:
        """The wire form."""
        return cls(kind=kind, area=as_geojson(area), km2=round(km2_of(area), 3))


@router.get("/{kind}", responses=refuses(NotFound))
async def read_area(kind: Kind, caller: Tasker, db: Db) -> AreaOut:
    """One of the caller's areas."""
    found = await db.run(operations.read_area, tasker_id=caller.account_id, kind=kind)
    return AreaOut.of(kind, found)


@router.put("/{kind}", responses=refuses(ProfileNeeded, AreaNotUsable))
async def put_area(kind: Kind, body: GeoJsonArea, caller: Tasker, db: Db, now: Now) -> AreaOut:
    """Draw one of the caller's areas, or draw it anew. Refused, it says why and where."""
    area = await db.run(
        operations.put_area, tasker_id=caller.account_id, kind=kind, geojson=body, now=now
    )
    return AreaOut.of(kind, area)


@router.delete("/{kind}", status_code=204, responses=refuses(ProfileNeeded))
async def delete_area(kind: Kind, caller: Tasker, db: Db, now: Now) -> None:
    """Drop one of the caller's areas."""
    await db.run(operations.delete_area, tasker_id=caller.account_id, kind=kind, now=now)
