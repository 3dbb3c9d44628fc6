"""A market's health: what the tables say, by category, district and hour."""

from __future__ import annotations

from datetime import timedelta

import httpx
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from seed_data import LONDON
from seed_data.folder import read_city
from service.db.engine import Database
from service.markets.importing.rows import base_map
from tests.support.scene import (
    HACKNEY,
    MONDAY_NOON,
    make_client,
    make_market,
    make_person,
    make_tasker,
    north_of,
)
from tests.support.wire import refused
from tests.support.work import make_booking, make_chore, make_offers, make_round

HEALTH = "/v1/markets/london/health"


async def test_health_says_what_was_filled_missed_and_undelivered(
    api: httpx.AsyncClient, database: Database, connection: psycopg.Connection
) -> None:
    async def scene(session: AsyncSession) -> dict[str, str]:
        market = await make_market(session)
        market.places = base_map(read_city(LONDON))
        client, tasker = await make_client(session), await make_tasker(session, market)
        earlier = MONDAY_NOON - timedelta(hours=2)
        await make_booking(session, market, client, tasker, now=earlier)
        for status in ("unfilled", "open"):
            await make_chore(session, market, client, status=status, now=earlier)
        far = north_of(HACKNEY, 30_000)
        lost = await make_chore(session, market, client, status="offered", at=far, now=earlier)
        await make_offers(
            session, market, lost, [tasker], status="expired", closed_at=MONDAY_NOON, now=earlier
        )
        other = await make_tasker(session, market)
        await make_offers(
            session, market, lost, [other], status="declined", closed_at=MONDAY_NOON, now=earlier
        )
        await make_chore(session, market, client, now=MONDAY_NOON - timedelta(hours=30))
        await make_round(session, market)
        return (await make_person(session, operator_role="viewer")).headers

    headers = await database.run(scene)
    answer = await api.get(HEALTH, params={"hours": 6}, headers=headers)
    assert answer.status_code == 200, answer.text
    health = answer.json()
    assert health["fill"] == {"posted": 4, "filled": 1, "missed": 1, "rate": 0.5}
    assert health["accepted_after_s"]["count"] == 1
    assert [each["category"] for each in health["by_category"]] == ["mounting"]
    districts = {each["district"]: each["posted"] for each in health["by_district"]}
    assert districts == {"Hackney": 3, None: 1}
    assert [each["posted"] for each in health["by_hour"]] == [0, 0, 0, 0, 4, 0]
    assert (health["offers"]["expired"], health["offers"]["undelivered"]) == (1, 1)
    assert health["solve_ms"]["p50"] == 1
    assert health["round_ms"]["p99"] == 3
    (version,) = (await api.get(f"{HEALTH}/versions", headers=headers)).json()
    assert (version["version"], version["posted"], version["rate"]) == (1, 5, 0.5)
    assert (version["accepted_after_s"], version["travel_s"]) == (0, 180)
    answers = [version[name] for name in ("accepted", "declined", "ignored", "decline_rate")]
    assert answers == [1, 1, 0, 0.5]
    whole = (await api.get(HEALTH, params={"hours": 48}, headers=headers)).json()
    assert whole["fill"]["posted"] == 5


async def test_an_idle_market_has_figures_of_nothing_and_bad_hours_are_refused(
    api: httpx.AsyncClient, database: Database
) -> None:
    async def scene(session: AsyncSession) -> dict[str, str]:
        await make_market(session)
        return (await make_person(session, operator_role="viewer")).headers

    headers = await database.run(scene)
    health = (await api.get(HEALTH, headers=headers)).json()
    assert health["fill"] == {"posted": 0, "filled": 0, "missed": 0, "rate": None}
    assert (len(health["by_hour"]), health["by_district"]) == (24, [])
    for hours in (0, -1, 24 * 14 + 1, "x"):
        answer = await api.get(HEALTH, params={"hours": hours}, headers=headers)
        assert refused(answer, "invalid")["field"] == "hours"
    refused(await api.get("/v1/markets/atlantis/health", headers=headers), "not-found")
