"""Kills: SIGKILL of the dispatcher and of the api in the middle of things; nothing is lost, nothing
happens twice.

Clients post chores and taskers accept what they are offered, over HTTP, and try again where nobody
answers, as phones do. Meanwhile one process or the other is killed and started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import open_database
from service.db.urls import for_psycopg
from tests.support.databases import cloned
from tests.support.dispatching import DispatcherProcess, dispatcher_process
from tests.support.scene import HACKNEY, Person, make_client, make_market, make_tasker
from tests.support.streams import Api, api_process, now

TASKERS = 20
CLIENTS = 6
CHORES_A_STRIKE = 12
BOOKED_WITHIN_S = 300


@dataclass
class City:
    """People on phones, and the two processes that serve them."""

    api: Api
    dispatcher: DispatcherProcess
    clients: Sequence[Person]
    taskers: Sequence[Person]
    http: httpx.AsyncClient
    posted: dict[str, UUID] = field(default_factory=dict)
    accepted: dict[UUID, UUID] = field(default_factory=dict)

    async def post(self, client: Person, day: int) -> None:
        """Post one chore for a day, with one key, until somebody answers."""
        key, path = str(uuid4()), f"{self.api.http}/v1/chores"
        headers = client.headers | {"Idempotency-Key": key}
        start = (now() + timedelta(days=day)).replace(hour=9, minute=0)
        chore = {
            "market": "london", "category": "mounting", "address": "12 Mare Street, E8",
            "point": {"type": "Point", "coordinates": list(HACKNEY)}, "duration_min": 60,
            "when": {"start": start.isoformat(), "end": start.replace(hour=18).isoformat()},
        }  # fmt: skip
        answer = await self._answered("POST", path, headers, chore)
        assert answer.status_code == 201, answer.text
        self.posted[key] = UUID(answer.json()["id"])

    async def live(self, tasker: Person) -> None:
        """Accept whatever is offered, for ever."""
        pending = f"{self.api.http}/v1/offers?state=pending"
        while True:
            listed = await self._answered("GET", pending, tasker.headers)
            for offer in listed.json()["items"]:
                path = f"{self.api.http}/v1/offers/{offer['id']}/accept"
                answer = await self._answered("POST", path, tasker.headers)
                if answer.status_code == 200:
                    booking = UUID(answer.json()["id"])
                    assert self.accepted.setdefault(UUID(offer["id"]), booking) == booking
                else:
                    assert answer.status_code == 409, answer.text
            await asyncio.sleep(0.5)

    async def _answered(
        self, method: str, url: str, headers: dict[str, str], body: Any = None
    ) -> httpx.Response:
        """The first real answer: dead connections and 503 are tried again."""
        while True:
            with suppress(httpx.TransportError):
                answer = await self.http.request(method, url, headers=headers, json=body)
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    with cloned(database_server, database_template) as url:
        yield url


@pytest.fixture
async def city(database_url: str) -> AsyncIterator[City]:
    async def make(session: AsyncSession) -> tuple[list[Person], list[Person]]:
        at = now()
        market = await make_market(session, now=at)
        clients = [await make_client(session, now=at) for _ in range(CLIENTS)]
        return clients, [await make_tasker(session, market, now=at) for _ in range(TASKERS)]

    async with open_database(database_url) as database:
        clients, taskers = await database.run(make)
    with (
        api_process(database_url, DIBS_POST_LIMIT="") as api,
        dispatcher_process(database_url) as dispatcher,
    ):
        async with httpx.AsyncClient(timeout=10) as http:
            yield City(api, dispatcher, clients, taskers, http)


@pytest.mark.parametrize(
    "strikes",
    [
        pytest.param(2, id="short"),
        pytest.param(20, id="long", marks=pytest.mark.torture),
    ],
)
async def test_processes_killed_under_load_lose_nothing_and_do_nothing_twice(
    city: City, database_url: str, strikes: int
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
                await _strike(city, "dispatcher" if strike % 2 == 0 else "api")
                await asyncio.gather(*posting)
                await _all_booked(looking, (strike + 1) * CHORES_A_STRIKE, living)
        finally:
            for each in living:
                each.cancel()
            await asyncio.gather(*living, return_exceptions=True)
        _nothing_lost_and_nothing_twice(looking, city)


async def _strike(city: City, whom: str) -> None:
    victim: Api | DispatcherProcess = city.api if whom == "api" else city.dispatcher
    victim.kill()
    await asyncio.sleep(0.2)
    victim.start()


async def _all_booked(
    looking: psycopg.Connection, wanted: int, living: Sequence[asyncio.Task[None]]
) -> None:
    """Wait until every chore is booked; a tasker who fails says so at once."""
    with suppress(TimeoutError):
        async with asyncio.timeout(BOOKED_WITHIN_S):
            while _states(looking) != {"booked": wanted}:
                for each in living:
                    if each.done():
                        each.result()
                await asyncio.sleep(0.1)
    assert _states(looking) == {"booked": wanted}


def _states(looking: psycopg.Connection) -> dict[str, int]:
    found = looking.execute("SELECT status, count(*) FROM chores GROUP BY 1").fetchall()
    return {str(status): int(count) for status, count in found}


def _nothing_lost_and_nothing_twice(looking: psycopg.Connection, city: City) -> None:
    """What people were answered is what the tables say, and the tables agree with each other."""
    chores = {row[0] for row in looking.execute("SELECT id FROM chores").fetchall()}
    assert chores == set(city.posted.values())
    bookings = dict(looking.execute("SELECT offer_id, id FROM bookings").fetchall())  # type: dict[UUID, UUID]
    assert city.accepted.items() <= bookings.items()
    assert len(bookings) == len(chores)
    for question in CONTRADICTIONS:
        assert looking.execute(question.encode()).fetchall() == [], question


CONTRADICTIONS = (
    # An accepted offer without its booking, or the other way round.
    """SELECT o.id FROM offers o FULL JOIN bookings b ON b.offer_id = o.id
    WHERE (o.status = 'accepted') IS DISTINCT FROM (b.id IS NOT NULL)""",
    # Somebody still holding an offer of a chore that is booked.
    """SELECT o.id FROM offers o JOIN chores c ON c.id = o.chore_id
    WHERE o.status = 'pending' AND c.status <> 'offered'""",
    # A wave that was counted and not extended, or extended without its decision.
    """SELECT c.id FROM chores c WHERE c.wave <> (
    SELECT count(DISTINCT d.wave) FROM decisions d WHERE d.chore_id = c.id AND d.outcome = 'offers')
    AND NOT EXISTS (SELECT FROM decisions d WHERE d.chore_id = c.id AND d.outcome <> 'offers')""",
    # An offer that nobody was told of, or told of twice.
    """SELECT o.id FROM offers o LEFT JOIN events e
    ON e.recipient_id = o.tasker_id AND e.n = o.event_n AND e.type = 'offer.extended'
    AND e.data->'offer'->>'id' = o.id::text WHERE e.n IS NULL""",
    """SELECT data->'offer'->>'id' FROM events WHERE type = 'offer.extended'
    GROUP BY 1 HAVING count(*) > 1""",
    # A booking of which either side was not told exactly once.
    """SELECT b.id FROM bookings b WHERE 1 <> (
    SELECT count(*) FROM events e WHERE e.recipient_id = b.tasker_id AND e.type = 'booking.created'
    AND e.data->'booking'->>'id' = b.id::text) OR 1 <> (
    SELECT count(*) FROM events e WHERE e.recipient_id = b.client_id AND e.type = 'chore.booked'
    AND e.data->'booking'->>'id' = b.id::text)""",
    # A gap in somebody's numbers.
    """SELECT recipient_id FROM events GROUP BY 1 HAVING count(*) <> max(n) OR min(n) <> 1""",
)
