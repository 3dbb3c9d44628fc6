"""PostGIS, wrapped once: the column types of the tables and the expressions of the queries.

Three kinds of column, each giving and taking plain Python values, none with an index of its own
(a table names its indexes and says which query each one serves):

- `LonLatPoint`: `geometry(Point, 4326)`, holds a `LonLat`;
- `AreaShape`: `geometry(MultiPolygon, 4326)`, holds a shapely `MultiPolygon`;
- `MetricPoint`: `geometry(Point)` in the metric projection of the row's market, holds a `MetricXY`.
  Markets in one table have different projections, so the column fixes no SRID: each value has one.

Distances between metric points are planar metres of that projection: within 0.1 % of the ground
in a city near its projection's centre (British National Grid, UTM). PostGIS refuses to compare two
SRIDs, so a query never leaves its market by accident. A geometry has `=` but no `<>`: to ask
whether a place changed, say `column.is_distinct_from(place)`.
"""

import struct
from typing import NamedTuple, cast

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.elements import WKBElement
from shapely.geometry import MultiPolygon
from sqlalchemy import ColumnElement, Dialect, Float, func, literal
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from geo.points import LonLat

WGS84 = 4326


class MetricXY(NamedTuple):
    """A place in a metric projection: easting and northing in metres, and the EPSG code of it."""

    x_m: float
    y_m: float
    srid: int


class LonLatPoint(TypeDecorator[LonLat]):
    """A column of places: `geometry(Point, 4326)`, in Python a `LonLat`."""

    impl = Geometry
    cache_ok = True

    def __init__(self) -> None:
        super().__init__("POINT", srid=WGS84, spatial_index=False)

    @override
    def process_bind_param(self, value: LonLat | None, dialect: Dialect) -> str | None:
        return None if value is None else _ewkt_point(value[0], value[1], WGS84)

    @override
    def process_result_value(self, value: WKBElement | None, dialect: Dialect) -> LonLat | None:
        return None if value is None else LonLat(*_point_of(value)[:2])


class MetricPoint(TypeDecorator[MetricXY]):
    """A column of places in their market's projection, in Python a `MetricXY`."""

    impl = Geometry
    cache_ok = True

    def __init__(self) -> None:
        super().__init__("POINT", srid=0, spatial_index=False)

    @override
    def process_bind_param(self, value: MetricXY | None, dialect: Dialect) -> str | None:
        return None if value is None else _ewkt_point(*value)

    @override
    def process_result_value(self, value: WKBElement | None, dialect: Dialect) -> MetricXY | None:
        return None if value is None else MetricXY(*_point_of(value))


class AreaShape(TypeDecorator[MultiPolygon]):
    """A column of areas: `geometry(MultiPolygon, 4326)`, in Python a shapely `MultiPolygon`."""

    impl = Geometry
    cache_ok = True

    def __init__(self) -> None:
        super().__init__("MULTIPOLYGON", srid=WGS84, spatial_index=False)

    @override
    def process_bind_param(self, value: MultiPolygon | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return shapely.to_wkb(shapely.set_srid(value, WGS84), hex=True, include_srid=True)

    @override
    def process_result_value(
        self, value: WKBElement | None, dialect: Dialect
    ) -> MultiPolygon | None:
        return None if value is None else cast("MultiPolygon", shapely.from_wkb(bytes(value.data)))


def to_metric(place: LonLat | ColumnElement[LonLat], srid: int) -> ColumnElement[MetricXY]:
    """A place in the projection `srid`: what a `MetricPoint` column is written with."""
    point = literal(place, LonLatPoint()) if isinstance(place, tuple) else place
    return func.ST_Transform(point, srid, type_=MetricPoint())


def to_lonlat(point: ColumnElement[MetricXY]) -> ColumnElement[LonLat]:
    """A metric point back in degrees: `to_metric` undone, to within a millimetre."""
    return func.ST_Transform(point, WGS84, type_=LonLatPoint())


def in_box(
    point: ColumnElement[MetricXY], centre: ColumnElement[MetricXY], radius_m: object
) -> ColumnElement[bool]:
    """The square of `radius_m` around `centre` holds `point`: the condition that bounds an index.

    Everything nearer than the radius is in it and up to 41 % more, so `distance_m` decides after.
    """
    return point.bool_op("&&")(func.ST_Expand(centre, radius_m))


def nearest_first(
    point: ColumnElement[MetricXY], centre: ColumnElement[MetricXY]
) -> ColumnElement[float]:
    """Sort key for an ordered scan of a GiST index on `point`: nearest to `centre` first."""
    return point.op("<->", return_type=Float())(centre)


def distance_m(
    point: ColumnElement[MetricXY], other: ColumnElement[MetricXY]
) -> ColumnElement[float]:
    """Planar metres between two metric points of one market."""
    return func.ST_Distance(point, other, type_=Float())


def covers(area: ColumnElement[MultiPolygon], point: ColumnElement[LonLat]) -> ColumnElement[bool]:
    """The area holds the point, edge included; edges are straight in degrees, as in areas.py."""
    return func.ST_Covers(area, point)


def _ewkt_point(x: float, y: float, srid: int) -> str:
    """EWKT of a point; repr of a float is exact, so what comes back is what went in."""
    return f"SRID={srid};POINT({float(x)!r} {float(y)!r})"


def _point_of(value: WKBElement) -> tuple[float, float, int]:
    """x, y and SRID of an EWKB point: byte order, type, SRID, two doubles."""
    raw = bytes(value.data)
    _, srid, x, y = struct.unpack_from("<IIdd" if raw[0] else ">IIdd", raw, 1)
    return x, y, srid
