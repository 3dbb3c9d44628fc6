"""Kills: SIGKILL of the dispatcher and of the api in the middle of things; nothing is lost, nothing
happens twice.

Clients post chores and taskers accept what they are offered, over HTTP, and try again where nobody
answers, as phones do. Meanwhile one process or the other is killed and started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from random import Random

import httpx
import psycopg
import pytest

from service.db.urls import for_psycopg
from tests.support.city import City, assert_nothing_lost_and_nothing_twice, move_in
from tests.support.databases import cloned
from tests.support.dispatching import DispatcherProcess, dispatcher_process
from tests.support.patience import Patience
from tests.support.streams import Api, api_process

TASKERS = 20
CLIENTS = 6
CHORES_A_STRIKE = 12
STILL_S = 120


@pytest.fixture(scope="module")
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    with cloned(database_server, database_template) as url:
        yield url


@pytest.fixture
async def city(database_url: str) -> AsyncIterator[City]:
    clients, taskers = await move_in(database_url, clients=CLIENTS, taskers=TASKERS)
    with api_process(database_url, DIBS_POST_LIMIT="") as api:
        async with httpx.AsyncClient(timeout=10) as http:
            yield City([api], clients, taskers, http)


@pytest.fixture
def dispatcher(database_url: str) -> Iterator[DispatcherProcess]:
    with dispatcher_process(database_url) as running:
        yield running


@pytest.mark.parametrize(
    "strikes",
    [
        pytest.param(2, id="short"),
        pytest.param(20, id="long", marks=pytest.mark.torture),
    ],
)
async def test_processes_killed_under_load_lose_nothing_and_do_nothing_twice(
    city: City, dispatcher: DispatcherProcess, database_url: str, strikes: int
) -> None:
    chance = Random(strikes)
    with psycopg.connect(for_psycopg(database_url), autocommit=True) as looking:
        living = [asyncio.create_task(city.live(tasker)) for tasker in city.taskers]
        try:
            for strike in range(strikes):
                posting = [
                    asyncio.create_task(city.post(city.clients[n % CLIENTS], strike + 1))
                    for n in range(CHORES_A_STRIKE)
                ]
                await asyncio.sleep(chance.uniform(0.0, 0.6))
                await _strike(dispatcher if strike % 2 == 0 else city.apis[0])
                await asyncio.gather(*posting)
                await _all_booked(looking, (strike + 1) * CHORES_A_STRIKE, living)
        finally:
            for each in living:
                each.cancel()
            await asyncio.gather(*living, return_exceptions=True)
        assert_nothing_lost_and_nothing_twice(looking, city)
        bookings = looking.execute("SELECT count(*) FROM bookings").fetchone()
        assert bookings == (strikes * CHORES_A_STRIKE,)


async def _strike(victim: Api | DispatcherProcess) -> None:
    victim.kill()
    await asyncio.sleep(0.2)
    victim.start()


async def _all_booked(
    looking: psycopg.Connection, wanted: int, living: Sequence[asyncio.Task[None]]
) -> None:
    """Wait until every chore is booked; a tasker who fails says so at once."""
    patience = Patience(STILL_S)
    while (states := _states(looking)) != {"booked": wanted}:
        patience.look(states)
        for each in living:
            if each.done():
                each.result()
        await asyncio.sleep(0.1)


def _states(looking: psycopg.Connection) -> dict[str, int]:
    found = looking.execute("SELECT status, count(*) FROM chores GROUP BY 1").fetchall()
    return {str(status): int(count) for status, count in found}
