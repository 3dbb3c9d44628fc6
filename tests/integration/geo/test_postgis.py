"""The column types carry places whole, and the expressions say what the pure functions say."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from shapely.geometry import MultiPolygon, Polygon, box
from sqlalchemy import (
    Column,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from geo.areas import covers
from geo.circles import circle
from geo.distance import great_circle_m
from geo.points import LonLat, as_points
from geo.postgis import (
    AreaShape,
    LonLatPoint,
    MetricPoint,
    MetricXY,
    distance_m,
    in_box,
    nearest_first,
    to_metric,
)
from geo.postgis import covers as sql_covers

BRITISH_GRID, UTM_10 = 27700, 26910
HACKNEY, BRIXTON = LonLat(-0.0553, 51.545), LonLat(-0.1149, 51.4613)
MISSION, TWIN_PEAKS = LonLat(-122.4194, 37.7599), LonLat(-122.4477, 37.7544)
AREA = MultiPolygon(
    [
        Polygon(box(-0.2, 51.4, 0.0, 51.6).exterior, [box(-0.15, 51.45, -0.05, 51.55).exterior]),
        box(-0.11, 51.49, -0.09, 51.51),
    ]
)

tables = MetaData()
spots = Table(
    "geo_spots",
    tables,
    Column("id", Integer, primary_key=True),
    Column("place", LonLatPoint()),
    Column("point", MetricPoint()),
    Column("area", AreaShape()),
)
Index("geo_spots_nearest", spots.c.point, postgresql_using="gist")


@pytest.fixture
async def postgis(database_url: str) -> AsyncIterator[AsyncConnection]:
    """A connection to a database with the table `geo_spots` in it."""
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(tables.create_all)
        yield connection
    await engine.dispose()


async def test_what_is_written_comes_back_whole(postgis: AsyncConnection) -> None:
    written = insert(spots).values(
        id=1, place=HACKNEY, point=to_metric(HACKNEY, BRITISH_GRID), area=AREA
    )
    row = (await postgis.execute(written.returning(spots))).one()
    assert row.place == HACKNEY
    assert isinstance(row.place, LonLat)
    assert row.point == pytest.approx((534_948.7, 184_692.5, BRITISH_GRID), abs=0.1)
    assert shapely.equals_identical(row.area, AREA)
    assert (await postgis.execute(select(spots))).one() == row


async def test_a_float_of_seventeen_digits_survives(postgis: AsyncConnection) -> None:
    awkward = LonLat(0.1 + 0.2, -1.0000000000000002e-7)
    await postgis.execute(insert(spots).values(id=1, place=awkward))
    assert await postgis.scalar(select(spots.c.place)) == awkward


async def test_nothing_stays_nothing(postgis: AsyncConnection) -> None:
    await postgis.execute(insert(spots).values(id=1, place=None, point=None, area=None))
    assert (await postgis.execute(select(spots))).one() == (1, None, None, None)


async def test_many_rows_of_two_markets_share_a_table(postgis: AsyncConnection) -> None:
    rows = [
        {"id": 1, "place": HACKNEY, "point": MetricXY(1.5, 2.5, BRITISH_GRID)},
        {"id": 2, "place": MISSION, "point": MetricXY(3.5, 4.5, UTM_10)},
    ]
    await postgis.execute(insert(spots), rows)
    points = select(spots.c.point).order_by(spots.c.id)
    assert (await postgis.scalars(points)).all() == [rows[0]["point"], rows[1]["point"]]


async def test_places_compare_as_values(postgis: AsyncConnection) -> None:
    await postgis.execute(insert(spots), [{"id": 1, "place": HACKNEY}, {"id": 2, "place": BRIXTON}])
    same = select(spots.c.id).where(spots.c.place == HACKNEY)
    moved = select(spots.c.id).where(spots.c.place.is_distinct_from(HACKNEY))
    assert (await postgis.scalars(same)).all() == [1]
    assert (await postgis.scalars(moved)).all() == [2]


async def test_two_markets_are_never_compared_by_accident(postgis: AsyncConnection) -> None:
    await postgis.execute(insert(spots).values(id=1, point=to_metric(HACKNEY, BRITISH_GRID)))
    with pytest.raises(DBAPIError, match="mixed SRID"):
        await postgis.execute(select(distance_m(spots.c.point, to_metric(MISSION, UTM_10))))


@pytest.mark.parametrize(
    ("a", "b", "srid"), [(HACKNEY, BRIXTON, BRITISH_GRID), (MISSION, TWIN_PEAKS, UTM_10)]
)
async def test_metric_distance_is_the_geodesic_within_one_part_in_a_thousand(
    postgis: AsyncConnection, a: LonLat, b: LonLat, srid: int
) -> None:
    planar = await postgis.scalar(select(distance_m(to_metric(a, srid), to_metric(b, srid))))
    geodesic = Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)["s12"]
    assert planar == pytest.approx(geodesic, rel=0.001)


async def test_the_database_and_python_agree_on_who_is_inside(postgis: AsyncConnection) -> None:
    points = as_points(np.random.default_rng(5).uniform((-0.25, 51.35), (0.05, 51.65), (500, 2)))
    edges = [LonLat(-0.2, 51.5), LonLat(0.0, 51.6), LonLat(-0.15, 51.5), LonLat(-0.11, 51.5)]
    asked = [*(LonLat(*point) for point in points.tolist()), *edges]
    await postgis.execute(insert(spots), [{"id": i, "place": p} for i, p in enumerate(asked)])
    await postgis.execute(spots.update().values(area=AREA))
    held = await postgis.scalars(select(spots.c.id).where(sql_covers(spots.c.area, spots.c.place)))
    assert sorted(held) == np.flatnonzero(covers(AREA, as_points(asked))).tolist()


async def test_nearest_first_within_a_box_is_one_ordered_index_scan(
    postgis: AsyncConnection,
) -> None:
    await postgis.execute(
        text(
            "INSERT INTO geo_spots (id, point) SELECT n, ST_SetSRID(ST_MakePoint("
            "500000 + (n * 7919) % 60000, 160000 + (n * 104729) % 50000), 27700) "
            "FROM generate_series(1, 20000) n"
        )
    )
    await postgis.execute(text("ANALYZE geo_spots"))
    plan = await plan_of(postgis, nearest(3_000))
    assert "Index Scan using geo_spots_nearest" in plan
    assert "Index Cond: (point &&" in plan
    assert "Order By: (point <->" in plan
    assert "Sort" not in plan


async def test_the_box_and_the_distance_leave_those_within_the_radius_nearest_first(
    postgis: AsyncConnection,
) -> None:
    places = [LonLat(HACKNEY.lon + step / 1_000, HACKNEY.lat) for step in range(60, 0, -5)]
    for i, place in enumerate(places):
        await postgis.execute(
            insert(spots).values(id=i, place=place, point=to_metric(place, BRITISH_GRID))
        )
    metres = great_circle_m(as_points([HACKNEY]), as_points(places))
    expected = [i for i in np.argsort(metres).tolist() if metres[i] <= 3_000]
    assert (await postgis.scalars(nearest(3_000))).all() == expected
    assert 0 < len(expected) < len(places)


async def test_a_drawn_circle_is_the_database_s_circle(postgis: AsyncConnection) -> None:
    await postgis.execute(insert(spots).values(id=1, area=circle(HACKNEY, 5_000)))
    radius_m = await postgis.scalar(
        select(
            func.ST_MaxDistance(
                func.ST_Transform(spots.c.area, BRITISH_GRID), to_metric(HACKNEY, BRITISH_GRID)
            )
        )
    )
    assert radius_m == pytest.approx(5_000, rel=0.006)


def nearest(radius_m: float) -> Select[tuple[int]]:
    centre = to_metric(HACKNEY, BRITISH_GRID)
    near = (in_box(spots.c.point, centre, radius_m), distance_m(spots.c.point, centre) <= radius_m)
    return select(spots.c.id).where(*near).order_by(nearest_first(spots.c.point, centre)).limit(20)


async def plan_of(postgis: AsyncConnection, statement: Select[tuple[int]]) -> str:
    """The statement's plan, made for the very parameters that it would run with."""

    def explained(_c: object, _cursor: object, sql: str, values: object, *_rest: object) -> object:
        return f"EXPLAIN {sql}", values

    event.listen(postgis.sync_connection, "before_cursor_execute", explained, retval=True)
    return "\n".join(str(line) for line in await postgis.scalars(statement))
