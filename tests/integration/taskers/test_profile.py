"""A tasker's profile and skills."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg

from geo.points import LonLat
from service.db.engine import Database
from service.taskers.operations import set_active
from tests.integration.conftest import Clock
from tests.integration.taskers.conftest import City, Watch
from tests.support.scene import HACKNEY, MONDAY_NOON, make_market, north_of
from tests.support.wire import everything, point, pounds, profile, refused

ME = "/v1/taskers/me"


def skill(category: str = "mounting", amount: float = 2500) -> dict[str, Any]:
    return {"category": category, "rate": pounds(amount)}


async def test_a_profile_is_made_read_and_replaced(api: httpx.AsyncClient, city: City) -> None:
    headers = city.novice.headers
    refused(await api.get(ME, headers=headers), "not-found")
    made = await api.put(ME, json=profile(bio=" Strong. "), headers=headers)
    assert made.status_code == 200
    body = made.json()
    assert (body["name"], body["bio"], body["active"], body["online"]) == (
        "Nia Novice", "Strong.", True, False,
    )  # fmt: skip
    assert body["furthest_m"] == 20_000
    replaced = await api.put(ME, json=profile(mode="van", furthest_m=900), headers=headers)
    assert (replaced.json()["mode"], replaced.json()["bio"]) == ("van", "")
    assert (await api.get(ME, headers=headers)).json() == replaced.json()


async def test_saying_what_already_holds_changes_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    headers = city.tasker.headers
    await api.put(ME, json=profile(), headers=headers)
    await api.put(ME + "/skills", json={"skills": [skill()]}, headers=headers)
    before = everything(connection)
    await api.put(ME, json=profile(), headers=headers)
    await api.put(ME + "/skills", json={"skills": [skill()]}, headers=headers)
    await api.put(ME + "/skills/mounting", json={"rate": pounds(2500)}, headers=headers)
    await api.delete(ME + "/skills/cleaning", headers=headers)
    assert everything(connection) == before


async def test_skills_move_with_the_base_point(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection, watch: Watch
) -> None:
    there = north_of(HACKNEY, 500)
    before = watch.revision()
    await api.put(ME, json=profile(base_point=point(there)), headers=city.tasker.headers)
    apart = connection.execute(
        "SELECT max(ST_Distance(s.point, ST_Transform(t.base_point, 32630))), max(ST_Y(base_point))"
        " FROM skills s JOIN taskers t ON t.id = s.tasker_id"
    ).fetchone()
    assert apart == (0.0, there.lat)
    assert watch.revision() == before + 1
    assert watch.due() == MONDAY_NOON


async def test_a_shorter_reach_than_the_chore_is_away_leaves_it_waiting(
    api: httpx.AsyncClient, city: City, watch: Watch
) -> None:
    away = profile(base_point=point(north_of(HACKNEY, 2_000)), furthest_m=1_500)
    await api.put(ME, json=away, headers=city.tasker.headers)
    assert watch.due() is None


async def test_a_lower_rate_makes_a_chore_due_and_a_higher_one_does_not(
    api: httpx.AsyncClient, city: City, watch: Watch, connection: psycopg.Connection
) -> None:
    connection.execute("UPDATE chores SET budget_rate = 2000")
    headers = city.tasker.headers
    dear = await api.put(ME + "/skills/mounting", json={"rate": pounds(2400)}, headers=headers)
    assert dear.json() == {"skills": [skill(amount=2400)]}
    assert watch.due() is None
    await api.put(ME + "/skills/mounting", json={"rate": pounds(1900)}, headers=headers)
    assert watch.due() == MONDAY_NOON


async def test_the_whole_list_of_skills_is_replaced(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    wanted = {"skills": [skill("moving", 3000), skill("cleaning", 1)]}
    answer = await api.put(ME + "/skills", json=wanted, headers=city.tasker.headers)
    assert answer.json() == {"skills": [skill("cleaning", 1), skill("moving", 3000)]}
    rows = connection.execute(
        "SELECT category, rate, active, ST_SRID(point) FROM skills ORDER BY 1"
    ).fetchall()
    assert rows == [("cleaning", 1, True, 32630), ("moving", 3000, True, 32630)]
    gone = await api.delete(ME + "/skills/moving", headers=city.tasker.headers)
    assert gone.status_code == 204
    left = await api.get(ME + "/skills", headers=city.tasker.headers)
    assert left.json() == {"skills": [skill("cleaning", 1)]}


async def test_who_has_no_profile_is_told_to_make_one(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    headers = city.novice.headers
    square = {"type": "Polygon", "coordinates": [[[0, 51], [0.1, 51], [0.1, 51.1], [0, 51]]]}
    for path, body in (
        ("/skills", {"skills": []}),
        ("/skills/mounting", {"rate": pounds(2500)}),
        ("/areas/regular", square),
        ("/hours", {"weekly": []}),
        ("/hours/exceptions/2026-12-25", {"hours": []}),
        ("/presence", {"online": True, "point": point()}),
        ("/presence", {"online": False}),
    ):
        refused(await api.put(ME + path, json=body, headers=headers), "profile-needed")
    for path in ("/skills", "/areas/regular", "/hours"):
        refused(await api.get(ME + path, headers=headers), "not-found")
    assert everything(connection) == before


async def test_only_taskers_have_a_profile(api: httpx.AsyncClient, city: City) -> None:
    refused(await api.put(ME, json=profile(), headers=city.client.headers), "not-allowed")
    refused(await api.get(ME, headers=city.operator.headers), "not-allowed")
    refused(await api.get(ME), "not-signed-in")


BAD_PROFILES: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "unknown market": ({"market": "atlantis"}, "unknown-market", "unknown_market"),
    "another city": ({"base_point": point(LonLat(2.35, 48.85))}, "outside-market", None),
    "swapped": ({"base_point": point(LonLat(51.5, -0.05))}, "outside-market", None),
    "the other side": ({"base_point": point(LonLat(179.9, -51.5))}, "outside-market", None),
    "out of range": ({"base_point": point(LonLat(-0.05, 91))}, "invalid", "value_error"),
    "by rocket": ({"mode": "rocket"}, "invalid", "literal_error"),
    "no mode": ({"mode": None}, "invalid", "literal_error"),
    "long bio": ({"bio": "x" * 1001}, "invalid", "string_too_long"),
    "negative notice": ({"minimum_notice_min": -1}, "invalid", "greater_than_equal"),
    "notice of a month": ({"minimum_notice_min": 43_200}, "invalid", "less_than_equal"),
    "25 hours a day": ({"most_minutes_a_day": 1500}, "invalid", "less_than_equal"),
    "no reach": ({"furthest_m": 0}, "invalid", "greater_than_equal"),
    "reach of 10^12": ({"furthest_m": 10**12}, "invalid", "less_than_equal"),
    "half a metre": ({"furthest_m": 500.5}, "invalid", "int_type"),
    "unknown field": ({"active": True}, "invalid", "extra_forbidden"),
}
BAD_SKILLS: dict[str, tuple[Any, str, str | None]] = {
    "a rate of -1": ([skill(amount=-1)], "rate-not-usable", "too_low"),
    "a rate of 0": ([skill(amount=0)], "rate-not-usable", "too_low"),
    "a rate of 10^12": ([skill(amount=10**12)], "rate-not-usable", "too_high"),
    "a rate of 20.5": ([skill(amount=20.5)], "invalid", "int_type"),
    "dollars": (
        [{"category": "mounting", "rate": {"amount": 1, "currency": "USD"}}],
        "rate-not-usable", "wrong_currency",
    ),
    "no such category": ([skill(), skill("alchemy")], "unknown-category", "unknown_category"),
    "one named twice": ([skill(), skill(amount=2600)], "invalid", "named_twice"),
    "no list": (None, "invalid", "list_type"),
    "a hundred and one": ([skill()] * 101, "invalid", "too_long"),
    "no rate": ([{"category": "mounting"}], "invalid", "missing"),
}  # fmt: skip


async def test_every_bad_profile_and_skill_has_its_refusal_and_changes_nothing(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    before = everything(connection)
    for different, problem, reason in BAD_PROFILES.values():
        for who in (city.tasker, city.novice):
            answer = await api.put(ME, json=profile(**different), headers=who.headers)
            refused(answer, problem, reason)
    for skills, problem, reason in BAD_SKILLS.values():
        answer = await api.put(ME + "/skills", json={"skills": skills}, headers=city.tasker.headers)
        refused(answer, problem, reason)
    one = await api.put(
        ME + "/skills/mounting", json={"rate": pounds(-1)}, headers=city.tasker.headers
    )
    facts = refused(one, "rate-not-usable", "too_low")
    assert (facts["field"], facts["lowest"], facts["highest"]) == ("rate", 1, 120_000)
    assert everything(connection) == before


async def test_a_profile_stays_in_its_market(
    api: httpx.AsyncClient, city: City, database: Database, connection: psycopg.Connection
) -> None:
    async def second(session: Any) -> None:
        await make_market(session, slug="surrey")

    await database.run(second)
    before = everything(connection)
    answer = await api.put(ME, json=profile(market="surrey"), headers=city.tasker.headers)
    refused(answer, "market-fixed")
    assert everything(connection) == before


async def test_an_inactive_tasker_is_out_of_matching_and_offline_until_back(
    api: httpx.AsyncClient, city: City, database: Database, connection: psycopg.Connection,
    watch: Watch, clock: Clock,
) -> None:  # fmt: skip
    here = {"online": True, "point": point()}
    await api.put(ME + "/presence", json=here, headers=city.tasker.headers)
    watch.rest()
    await database.run(set_active, tasker_id=city.tasker.id, active=False, now=clock.at)
    assert connection.execute("SELECT count(*) FROM presence").fetchone() == (0,)
    assert connection.execute("SELECT bool_or(active) FROM skills").fetchone() == (False,)
    assert watch.due() is None
    refused(await api.put(ME + "/presence", json=here, headers=city.tasker.headers), "not-allowed")
    await api.put(ME + "/skills", json={"skills": [skill("moving")]}, headers=city.tasker.headers)
    assert connection.execute("SELECT bool_or(active) FROM skills").fetchone() == (False,)
    await api.put(ME + "/skills", json={"skills": [skill()]}, headers=city.tasker.headers)
    await database.run(set_active, tasker_id=city.tasker.id, active=True, now=clock.at)
    assert connection.execute("SELECT bool_and(active) FROM skills").fetchone() == (True,)
    assert watch.due() == clock.at


async def test_operators_list_and_read_taskers(api: httpx.AsyncClient, city: City) -> None:
    headers = city.operator.headers
    await api.put(
        ME + "/presence", json={"online": True, "point": point()}, headers=city.tasker.headers
    )

    async def listed(**query: str) -> list[str]:
        answer = await api.get("/v1/markets/london/taskers", params=query, headers=headers)
        return [tasker["id"] for tasker in answer.json()["items"]]

    mine = str(city.tasker.id)
    assert await listed() == [mine]
    assert await listed(category="mounting", online="true") == [mine]
    assert await listed(category="cleaning") == []
    assert await listed(online="false") == []
    one = (await api.get(f"/v1/taskers/{mine}", headers=headers)).json()
    assert one["skills"] == [skill()]
    assert one["near"]["coordinates"] != one["base_point"]["coordinates"]
    novice = await api.get(f"/v1/taskers/{city.novice.id}", headers=headers)
    refused(novice, "not-found")
    for path in ("/v1/markets/london/taskers", f"/v1/taskers/{mine}"):
        refused(await api.get(path, headers=city.client.headers), "not-allowed")
