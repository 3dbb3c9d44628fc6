"""Many changes at once: edits of one tasker take turns, and no two orders of locks meet."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import psycopg
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from tests.integration.taskers.conftest import City
from tests.support.scene import HACKNEY, Person, make_tasker, north_of
from tests.support.wire import point, pounds
from tests.support.work import make_chore, make_offers

ROUNDS = 5


def deadlocks() -> float:
    """Transactions run again after a deadlock, in this process."""
    return REGISTRY.get_sample_value("dibs_transactions_retried_total", {"sqlstate": "40P01"}) or 0


async def test_lists_of_skills_put_at_once_leave_one_of_them_whole(
    api: httpx.AsyncClient, city: City, connection: psycopg.Connection
) -> None:
    lists = [["mounting", "cleaning"], ["cleaning", "moving"], ["moving"], ["mounting"]]

    async def put(categories: list[str]) -> int:
        skills = [{"category": name, "rate": pounds(2500)} for name in categories]
        answer = await api.put(
            "/v1/taskers/me/skills", json={"skills": skills}, headers=city.tasker.headers
        )
        return answer.status_code

    for _ in range(ROUNDS):
        assert set(await asyncio.gather(*(put(one) for one in lists))) == {200}
        rows = connection.execute("SELECT category FROM skills ORDER BY 1").fetchall()
        assert [name for (name,) in rows] in [sorted(one) for one in lists]


async def test_moving_about_while_accepting_and_cancelling_never_deadlocks(
    api: httpx.AsyncClient, city: City, database: Database
) -> None:
    others = [await database.run(make_tasker, city.market) for _ in range(3)]
    everybody = [city.tasker, *others]
    before = deadlocks()

    async def offered(session: AsyncSession) -> tuple[UUID, list[UUID]]:
        chore_id = await make_chore(session, city.market, city.client, status="offered")
        return chore_id, await make_offers(session, city.market, chore_id, everybody)

    async def move(who: Person, metres: float) -> httpx.Response:
        here = {"online": True, "point": point(north_of(HACKNEY, metres))}
        return await api.put("/v1/taskers/me/presence", json=here, headers=who.headers)

    async def price(who: Person, rate: int) -> httpx.Response:
        return await api.put(
            "/v1/taskers/me/skills/mounting", json={"rate": pounds(rate)}, headers=who.headers
        )

    for turn in range(ROUNDS):
        chores = [await database.run(offered) for _ in range(3)]
        work = [
            api.post(f"/v1/offers/{offer}/accept", headers=who.headers)
            for _, offers in chores
            for who, offer in zip(everybody, offers, strict=True)
        ]
        work += [move(who, 2_000 * (turn % 2)) for who in everybody]
        work += [price(who, 2_500 + turn) for who in everybody]
        work += [
            api.post(f"/v1/chores/{chores[0][0]}/cancel", headers=city.client.headers),
            api.post(f"/v1/chores/{chores[1][0]}/cancel", headers=city.client.headers),
        ]
        codes = {answer.status_code for answer in await asyncio.gather(*work)}
        assert codes <= {200, 409}
    assert deadlocks() == before
