"""A city into the database: whole, as the API would have written it, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
import shapely
from pydantic import SecretStr

from seed_data import LONDON
from seed_data.city import City, Tasker
from seed_data.demand import chore_at
from seed_data.folder import read_city
from seed_data.ground import ground_of
from seed_data.taskers import generate_taskers
from service.accounts.passwords import CHEAP_PREFIX
from service.app import create_app
from service.db.engine import Database
from service.errors import Conflict, Invalid
from service.markets.importing.cities import city_of
from service.markets.importing.operations import Plan, import_city
from service.markets.importing.people import PASSWORD, client_email, shared_hash, tasker_email
from service.settings import Settings
from service.taskers.copies import settle_copies
from tests.support.scene import MONDAY_NOON

COUNT = 300
TABLES = (
    "markets", "categories", "policy_versions", "accounts", "taskers", "skills", "service_areas",
    "weekly_hours",
)  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    return read_city(LONDON)


@pytest.fixture(scope="module")
def taskers(city: City) -> list[Tasker]:
    return generate_taskers(city, COUNT, np.random.default_rng(1))


@pytest.fixture
async def plan(city: City, taskers: list[Tasker]) -> Plan:
    return Plan(city, taskers, 20, await shared_hash(Settings(environment="test")))


def sizes(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return {name: _one(connection, f"SELECT count(*) FROM {name}") for name in TABLES}


def _one(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]


async def test_london_comes_in_whole(
    database: Database, connection: psycopg.Connection[Any], plan: Plan, city: City
) -> None:
    told: dict[str, int] = dict.fromkeys(plan.sizes(), 0)

    def progress(step: str, rows: int) -> None:
        told[step] += rows

    await database.run(import_city, plan=plan, now=MONDAY_NOON, progress=progress)
    expected = plan.sizes()
    assert told == expected
    assert sizes(connection) == {
        "markets": 1,
        "categories": len(city.categories),
        "policy_versions": 1,
        "accounts": COUNT + 20,
        "taskers": COUNT,
        "skills": expected["skills"],
        "service_areas": expected["areas"],
        "weekly_hours": expected["hours"],
    }


async def test_what_lies_in_the_tables_is_what_was_drawn(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    for tasker in plan.taskers[:20]:
        row = connection.execute(
            """SELECT t.id, a.name, t.mode, st_x(base_point), st_y(base_point), st_srid(base_point)
               FROM taskers t JOIN accounts a USING (id) WHERE a.email = %s""",
            [tasker_email("london", tasker.id)],
        ).fetchone()
        assert row is not None
        who, *facts = row
        assert facts == [tasker.name, tasker.mode, *tasker.home, 4326]
        areas = dict(connection.execute(
            "SELECT kind, st_asbinary(area) FROM service_areas WHERE tasker_id = %s", [who]
        ).fetchall())  # fmt: skip
        assert shapely.from_wkb(areas["regular"]) == tasker.area
        assert ("same_day" in areas) == (tasker.same_day_area is not None)
        rates = dict(connection.execute(
            "SELECT category, rate FROM skills WHERE tasker_id = %s", [who]
        ).fetchall())  # fmt: skip
        assert rates == {skill.category: skill.rate for skill in tasker.skills}
        hours = connection.execute(
            "SELECT weekday, starts, ends FROM weekly_hours WHERE tasker_id = %s ORDER BY 1, 2",
            [who],
        ).fetchall()
        assert hours == [(day, starts, ends) for day, (starts, ends) in tasker.hours]


async def test_skills_come_with_the_copies_that_a_change_would_settle(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    copied = "SELECT tasker_id, category, weekdays, sure_m, sure_today_m FROM skills ORDER BY 1, 2"
    imported = connection.execute(copied).fetchall()
    assert len({row[2] for row in imported}) > 5
    connection.execute("UPDATE skills SET weekdays = 0, sure_m = 0, sure_today_m = 0")
    for tasker_id in {row[0] for row in imported}:
        await database.run(settle_copies, tasker_id)
    assert connection.execute(copied).fetchall() == imported


async def test_metric_points_are_postgis_own_and_areas_valid_there(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    assert _one(
        connection,
        """SELECT bool_and(s.point = st_transform(t.base_point, 27700) AND s.active)
           FROM skills s JOIN taskers t ON t.id = s.tasker_id""",
    )
    assert _one(connection, "SELECT bool_and(st_isvalid(area)) FROM service_areas")
    assert _one(connection, "SELECT max(st_npoints(area)) FROM service_areas") <= 520


async def test_the_planner_knows_the_new_sizes(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    assert _one(connection, "SELECT reltuples FROM pg_class WHERE relname = 'taskers'") == COUNT


async def test_a_refused_row_takes_everything_with_it(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    last = replace(plan.taskers[-1], mode="horse")  # type: ignore[arg-type]
    spoilt = replace(plan, taskers=[*plan.taskers[:-1], last])
    with pytest.raises(psycopg.errors.CheckViolation):
        await database.run(import_city, plan=spoilt, now=MONDAY_NOON)
    assert set(sizes(connection).values()) == {0}


async def test_a_market_that_is_there_is_kept(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    with pytest.raises(Conflict, match="already"):
        await database.run(import_city, plan=plan, now=MONDAY_NOON)
    assert sizes(connection)["accounts"] == COUNT + 20


async def test_an_unused_market_can_be_replaced(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    smaller = replace(plan, taskers=plan.taskers[:50], clients=3)
    await database.run(import_city, plan=smaller, now=MONDAY_NOON, replace=True)
    after = sizes(connection)
    assert (after["markets"], after["taskers"], after["accounts"]) == (1, 50, 53)


async def test_a_market_whose_people_signed_in_is_not_replaced(
    database: Database, connection: psycopg.Connection[Any], plan: Plan
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    connection.execute(
        """INSERT INTO login_sessions (id, account_id, created_at)
           SELECT gen_random_uuid(), id, now() FROM accounts WHERE email = %s""",
        [client_email("london", 1)],
    )
    with pytest.raises(Conflict, match="signed in"):
        await database.run(import_city, plan=plan, now=MONDAY_NOON, replace=True)
    assert sizes(connection)["accounts"] == COUNT + 20


async def test_a_projection_unknown_to_postgis_is_refused(database: Database, plan: Plan) -> None:
    elsewhere = replace(plan.city, market=replace(plan.city.market, srid=27))
    with pytest.raises(Invalid):
        await database.run(import_city, plan=replace(plan, city=elsewhere), now=MONDAY_NOON)


async def test_the_password_of_all_is_cheap_on_a_laptop_and_lost_in_production() -> None:
    assert (await shared_hash(Settings(environment="development"))).startswith(CHEAP_PREFIX)
    secret = SecretStr("a-long-enough-secret-for-a-production-key")
    production = Settings(environment="production", secret_key=secret)
    assert (await shared_hash(production)).startswith("$argon2id$")


@pytest.mark.parametrize(("cheap", "status"), [(True, 201), (False, 401)])
async def test_seeded_people_sign_in_only_where_cheap_hashes_count(
    database: Database, plan: Plan, settings: Settings, cheap: bool, status: int
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    app = create_app(settings.model_copy(update={"cheap_password_hashes": cheap}))
    transport = httpx.ASGITransport(app=app)
    credentials = {"email": tasker_email("london", "tasker-00001"), "password": PASSWORD}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as client,
    ):
        answer = await client.post("/v1/sessions", json=credentials)
    assert answer.status_code == status, answer.text


async def test_a_market_comes_back_as_the_city_it_was(
    database: Database, plan: Plan, city: City
) -> None:
    await database.run(import_city, plan=plan, now=MONDAY_NOON)
    again = await database.run(city_of, slug="london")
    assert again.categories == city.categories
    assert again.market == city.market
    assert [place.id for place in again.places] == [place.id for place in city.places]
    rng = np.random.default_rng
    once, twice = (chore_at(ground_of(c), MONDAY_NOON, rng(2)) for c in (city, again))
    assert once == twice
