"""Routes of the live map, for operators: the ground, and tiles of what is on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from geo.tiles import DEEPEST, Tile
from service.errors import Invalid
from service.http.access import Operator
from service.http.documentation import refuses
from service.http.schemas import Out, PointOut
from service.live import operations
from service.live.cache import Place
from service.live.operations import Ground
from service.markets.endpoints import SHAPES_KEPT, MarketSlug
from service.runtime import Db, Run

router = APIRouter(prefix="/v1/markets/{market}", tags=["operators"])

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
TILE_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A vector tile with the layers `taskers`, `chores` and `bookings`, those"
        " that hold something. Taskers online: `count` of a cell or a square, close by `id`, `mode`"
        " and `cell` of each. Chores: `id`, `status`, `category`, `wave`, `radius_m`. Bookings:"
        " `id`, `chore_id`, `status`.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {"ETag": {"schema": {"type": "string"}}},
    },
    304: {"description": "It is as `If-None-Match` has it."},
}

Zoom = Annotated[int, Path(ge=0, le=DEEPEST, examples=[12])]
Column = Annotated[int, Path(ge=0, lt=1 << DEEPEST, examples=[2046])]
Row = Annotated[int, Path(ge=0, lt=1 << DEEPEST, examples=[1361])]


class Features(Out):
    """A GeoJSON FeatureCollection; each feature has an `id` and a `name`."""

    type: str = Field(default="FeatureCollection", examples=["FeatureCollection"])
    features: list[dict[str, Any]] = Field(examples=[[]])


class MapOut(Out):
    """The ground of a market, to draw the live map on."""

    bounds: list[float] = Field(
        description="west, south, east, north in degrees", examples=[[-0.51, 51.28, 0.33, 51.69]]
    )
    centre: PointOut
    districts: Features
    parks: Features
    river: dict[str, Any] | None = Field(description="GeoJSON MultiLineString", examples=[None])

    @classmethod
    def of(cls, ground: Ground) -> MapOut:
        """The wire form."""
        return cls(
            bounds=list(ground.bounds),
            centre=PointOut.of(ground.centre),
            districts=Features(features=ground.districts),
            parks=Features(features=ground.parks),
            river=ground.river,
        )


@router.get("/map")
async def read_market_map(market: MarketSlug, _: Operator, db: Db, response: Response) -> MapOut:
    """Districts, parks and the river, as the market was imported with them."""
    response.headers["Cache-Control"] = SHAPES_KEPT.replace("public", "private")
    return MapOut.of(await db.run(operations.read_ground, market=market))


@router.get(
    "/tiles/{z}/{x}/{y}",
    response_class=Response,
    responses=TILE_CONTENT | refuses(Invalid),
)
async def read_market_tile(
    market: MarketSlug, z: Zoom, x: Column, y: Row, _: Operator, request: Request, runtime: Run
) -> Response:
    """A vector tile of the market at this moment, at most three seconds old."""
    tile = Tile(z, x, y)
    if not tile.exists:
        field = "x" if x >> z else "y"
        raise Invalid.field(field, "out_of_range", f"Zoom {z} has {1 << z} tiles each way.")
    drawn = await runtime.tiles.get(
        Place(market, tile),
        runtime.now().timestamp(),
        lambda: runtime.database.run(operations.draw_tile, market=market, tile=tile),
    )
    headers = {
        "ETag": drawn.etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == drawn.etag:
        return Response(status_code=304, headers=headers)
    body = drawn.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = drawn.gzipped, "gzip"
    return Response(body, headers=headers, media_type=MEDIA_TYPE)
