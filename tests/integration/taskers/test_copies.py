"""The copies beside skills: right after every change of what they are copied from."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from shapely import MultiPolygon, Polygon
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of
from geo.points import LonLat
from service.db.engine import Database
from service.taskers.areas.queries import write_area
from service.taskers.copies import settle_copies
from service.taskers.operations import set_active
from tests.integration.taskers.conftest import City
from tests.support.scene import HACKNEY, METRES_PER_DEGREE, MONDAY_NOON, north_of, square
from tests.support.wire import point, pounds, profile

ME = "/v1/taskers/me"


class Copies:
    """The tasker's requests, and the copies they leave behind."""

    def __init__(self, api: httpx.AsyncClient, city: City, connection: psycopg.Connection) -> None:
        self.api, self.headers, self.connection = api, city.tasker.headers, connection
        self.id = city.tasker.id

    async def put(self, path: str, body: dict[str, Any]) -> None:
        answer = await self.api.put(ME + path, json=body, headers=self.headers)
        assert answer.is_success, answer.text

    async def delete(self, path: str) -> None:
        assert (await self.api.delete(ME + path, headers=self.headers)).is_success

    def skill(self) -> tuple[int, int, int]:
        """Weekdays, and both circles."""
        (row,) = self.connection.execute(
            "SELECT weekdays, sure_m, sure_today_m FROM skills WHERE tasker_id = %s", [self.id]
        ).fetchall()
        return row[0], row[1], row[2]

    def present(self) -> list[tuple[str, int, bool, int]]:
        """Category, rate, whether the cell is that of their presence, and the circle."""
        return self.connection.execute(
            """SELECT k.slug, s.rate, s.cell = p.cell, s.sure_m
               FROM present_skills s JOIN categories k ON k.number = s.category_number
               LEFT JOIN presence p ON p.tasker_id = s.tasker_id
               WHERE s.tasker_id = %s AND k.market_id = s.market_id ORDER BY 1""",
            [self.id],
        ).fetchall()


@pytest.fixture
def copies(api: httpx.AsyncClient, city: City, connection: psycopg.Connection) -> Copies:
    return Copies(api, city, connection)


def drawn(half_m: float, at: LonLat = HACKNEY) -> dict[str, Any]:
    return dict(square(at, half_m).__geo_interface__)


async def test_weekdays_are_those_of_the_week_or_all_with_hours_of_a_date(copies: Copies) -> None:
    assert copies.skill()[0] == 127
    nights = [{"weekday": "tuesday", "starts": "22:00", "ends": "02:00"}]
    await copies.put("/hours", {"weekly": nights})
    assert copies.skill()[0] == 0b10
    day = "/hours/exceptions/2026-12-24"
    await copies.put(day, {"hours": []})
    assert copies.skill()[0] == 0b10
    await copies.put(day, {"hours": [{"starts": "10:00", "ends": "12:00"}]})
    assert copies.skill()[0] == 127
    await copies.delete(day)
    assert copies.skill()[0] == 0b10
    await copies.put("/hours", {"weekly": []})
    assert copies.skill()[0] == 0


async def test_circles_follow_both_areas_and_the_base(copies: Copies) -> None:
    assert copies.skill()[1:] == pytest.approx((4_990, 4_990), abs=15)
    await copies.put("/areas/same_day", drawn(1_000))
    assert copies.skill()[1:] == pytest.approx((4_990, 998), abs=15)
    await copies.put("/areas/regular", drawn(2_000))
    assert copies.skill()[1:] == pytest.approx((1_998, 998), abs=15)
    await copies.put("", profile(base_point=point(north_of(HACKNEY, 1_500))))
    assert copies.skill()[1:] == pytest.approx((498, 0), abs=15)
    await copies.delete("/areas/same_day")
    assert copies.skill()[1:] == pytest.approx((498, 498), abs=15)
    await copies.delete("/areas/regular")
    assert copies.skill()[1:] == (0, 0)


async def test_a_skill_that_is_added_comes_with_its_copies(
    copies: Copies, connection: psycopg.Connection
) -> None:
    first = copies.skill()
    await copies.put("/skills/cleaning", {"rate": pounds(2000)})
    rows = connection.execute("SELECT weekdays, sure_m, sure_today_m FROM skills").fetchall()
    assert rows == [first, first]


async def test_skills_stand_where_somebody_is_while_they_are_online(copies: Copies) -> None:
    assert copies.present() == []
    await copies.put("/presence", {"online": True, "point": point()})
    ((category, rate, there, sure_m),) = copies.present()
    assert (category, rate, there) == ("mounting", 2500, True)
    assert 4_000 < sure_m < 5_000
    elsewhere = north_of(HACKNEY, 3_000)
    assert cell_of(elsewhere) != cell_of(HACKNEY)
    await copies.put("/presence", {"online": True, "point": point(elsewhere)})
    ((_, _, there, further_m),) = copies.present()
    assert there
    assert further_m == pytest.approx(sure_m - 3_000, abs=1_000)
    await copies.put("/presence", {"online": False})
    assert copies.present() == []


async def test_skills_of_somebody_online_follow_the_list(copies: Copies, city: City) -> None:
    await copies.put("/presence", {"online": True, "point": point()})
    await copies.put("/skills/cleaning", {"rate": pounds(2000)})
    await copies.put("/skills/mounting", {"rate": pounds(2600)})
    assert [row[:3] for row in copies.present()] == [
        ("cleaning", 2000, True), ("mounting", 2600, True),
    ]  # fmt: skip
    await copies.delete("/skills/mounting")
    assert [row[0] for row in copies.present()] == ["cleaning"]
    await copies.put("/skills", {"skills": [{"category": "moving", "rate": pounds(3000)}]})
    assert [row[0] for row in copies.present()] == ["moving"]
    await copies.put("/areas/regular", drawn(900, north_of(HACKNEY, 5_000)))
    assert [row[3] for row in copies.present()] == [0]


async def test_nobody_inactive_stands_anywhere(
    copies: Copies, city: City, database: Database
) -> None:
    await copies.put("/presence", {"online": True, "point": point()})
    await database.run(set_active, tasker_id=city.tasker.id, active=False, now=MONDAY_NOON)
    assert copies.present() == []
    await database.run(set_active, tasker_id=city.tasker.id, active=True, now=MONDAY_NOON)
    assert copies.present() == []


async def test_what_the_circle_holds_the_area_holds_whatever_its_shape(
    copies: Copies, city: City, database: Database, connection: psycopg.Connection
) -> None:
    """Star-shaped areas of up to 30 km, long edges among them; 36 points on each circle."""
    rng = np.random.default_rng(7)
    for _ in range(25):
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        reach = rng.uniform(500, 30_000, len(angles))
        degrees = np.stack([np.cos(angles) * 1.6, np.sin(angles)], axis=1)
        star = Polygon(np.array(HACKNEY) + degrees * (reach / METRES_PER_DEGREE)[:, None])
        shape = square(HACKNEY, 400).union(star.buffer(0))
        area = MultiPolygon(getattr(shape, "geoms", [shape]))

        async def draw(session: AsyncSession, area: MultiPolygon = area) -> None:
            await write_area(
                session, tasker_id=city.tasker.id, market_id=city.market.id, kind="regular",
                area=area,
            )  # fmt: skip
            await settle_copies(session, city.tasker.id)

        await database.run(draw)
        held, sure_m = connection.execute(
            """SELECT bool_and(ST_Covers(a.area, ST_Transform(ST_Translate(
                          s.point, s.sure_m * cos(n), s.sure_m * sin(n)), 4326))), min(s.sure_m)
               FROM skills s JOIN service_areas a USING (tasker_id),
                    generate_series(0.0, 6.2, 0.175) AS n
               WHERE a.kind = 'regular'"""
        ).fetchone() or (None, 0)
        assert held
        assert sure_m > 300
