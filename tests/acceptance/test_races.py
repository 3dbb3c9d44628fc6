"""Races over real HTTP against two api processes: whoever comes first, there is one booking."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database, open_database
from service.db.tables import Market
from service.db.urls import for_psycopg
from tests.support.databases import cloned
from tests.support.scene import Person, make_client, make_market, make_tasker
from tests.support.streams import Api, api_process, now
from tests.support.work import make_chore, make_offers

TASKERS = 50
DAY = timedelta(days=1)
SHORT, LONG = 5, 200


@dataclass
class Arena:
    """Fifty taskers of one market, and two api processes on one database."""

    database: Database
    apis: Sequence[Api]
    market: Market
    client: Person
    taskers: Sequence[Person]
    day: int = 0

    async def wave(self, taskers: Sequence[Person], *starts_in: timedelta) -> list[UUID]:
        """A chore for each start, on a day of its own, offered to all these taskers in one wave."""
        self.day += 1
        offers: list[UUID] = []

        async def make(session: AsyncSession) -> None:
            for after in starts_in:
                begins, at = self.day * DAY + after, now()
                chore = await make_chore(
                    session, self.market, self.client, status="offered", starts_in=begins, now=at
                )
                offers.extend(
                    await make_offers(
                        session, self.market, chore, taskers, starts_in=begins, now=at
                    )
                )

        await self.database.run(make)
        return offers

    async def accept_all(
        self, http: httpx.AsyncClient, offers: Sequence[UUID], taskers: Sequence[Person]
    ) -> Counter[str]:
        """Everybody accepts at once, every other one at the second api: the answers by kind."""
        answers = await asyncio.gather(
            *(
                _accepted(http, self.apis[n % 2], offer, tasker)
                for n, (offer, tasker) in enumerate(zip(offers, taskers, strict=True))
            )
        )
        return Counter(_kind(answer) for answer in answers)


async def _accepted(
    http: httpx.AsyncClient, api: Api, offer: UUID, tasker: Person
) -> httpx.Response:
    """The answer to an accept. 503 says that nothing was done; a kept connection may be closed just
    as it is used again. People try again, and the holder gets the same booking.
    """
    path = f"{api.http}/v1/offers/{offer}/accept"
    while True:
        with suppress(httpx.TransportError):
            answer = await http.post(path, headers=tasker.headers)
            if answer.status_code != 503:
                return answer
        await asyncio.sleep(0.5)


@pytest.fixture(scope="module")
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    with cloned(database_server, database_template) as url:
        yield url


@pytest.fixture(scope="module")
def apis(database_url: str) -> Iterator[Sequence[Api]]:
    with api_process(database_url) as one, api_process(database_url) as other:
        yield one, other


@pytest.fixture
async def arena(database_url: str, apis: Sequence[Api]) -> AsyncIterator[Arena]:
    async with open_database(database_url) as database:

        async def make(session: AsyncSession) -> Arena:
            at = now()
            market = await make_market(session, slug=f"city-{at:%H%M%S%f}", now=at)
            client = await make_client(session, now=at)
            taskers = [await make_tasker(session, market, now=at) for _ in range(TASKERS)]
            return Arena(database, apis, market, client, taskers)

        yield await database.run(make)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=TASKERS, max_keepalive_connections=TASKERS)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        yield client


@pytest.fixture
def looking(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection that looks; and at the end the server has seen no deadlock."""
    with psycopg.connect(for_psycopg(database_url), autocommit=True) as opened:
        yield opened
        opened.execute("SELECT pg_stat_force_next_flush()")
        found = opened.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        assert found.fetchone() == (0,)


RACES = [
    pytest.param(SHORT, id="short"),
    pytest.param(LONG, id="long", marks=pytest.mark.torture),
]


@pytest.mark.parametrize("times", RACES)
async def test_fifty_taskers_accepting_one_wave_at_once_yield_one_booking(
    arena: Arena, http: httpx.AsyncClient, looking: psycopg.Connection, times: int
) -> None:
    for _ in range(times):
        offers = await arena.wave(arena.taskers, timedelta(0))
        answers = await arena.accept_all(http, offers, arena.taskers)
        assert answers == {"booked": 1, "chore-taken": TASKERS - 1}
    _everything_happened_once(looking, arena, times)


@pytest.mark.parametrize("times", [pytest.param(10, id="short"), RACES[1]])
async def test_one_tasker_accepting_two_overlapping_offers_at_once_gets_one_booking(
    arena: Arena, http: httpx.AsyncClient, looking: psycopg.Connection, times: int
) -> None:
    tasker = arena.taskers[0]
    for _ in range(times):
        offers = await arena.wave([tasker], timedelta(0), timedelta(minutes=30))
        answers = await arena.accept_all(http, offers, [tasker, tasker])
        assert answers == {"booked": 1, "overlapping-booking": 1}
    _everything_happened_once(looking, arena, times)


@pytest.mark.parametrize("times", [pytest.param(10, id="short"), RACES[1]])
async def test_taskers_who_cross_on_overlapping_chores_never_lock_each_other(
    arena: Arena, http: httpx.AsyncClient, looking: psycopg.Connection, times: int
) -> None:
    """Two are asked for the same two chores, and each takes another one: each accept withdraws an
    offer that the other one is about to withdraw as well.
    """
    pair = arena.taskers[:2]
    for _ in range(times):
        first, _, _, second = await arena.wave(pair, timedelta(0), timedelta(minutes=30))
        answers = await arena.accept_all(http, [first, second], pair)
        assert answers == {"booked": 2}
    _everything_happened_once(looking, arena, 2 * times)


def _kind(answer: httpx.Response) -> str:
    if answer.status_code == 200:
        return "booked"
    return str(answer.json()["type"]).rsplit("/", 1)[1]


def _everything_happened_once(looking: psycopg.Connection, arena: Arena, bookings: int) -> None:
    market = arena.market.id
    counts = looking.execute(
        """SELECT count(*), count(DISTINCT chore_id), count(DISTINCT offer_id)
        FROM bookings WHERE market_id = %s""",
        [market],
    )
    assert counts.fetchone() == (bookings, bookings, bookings)
    told: dict[str, int] = dict(
        looking.execute(
            "SELECT type, count(*) FROM events WHERE market_id = %s GROUP BY 1", [market]
        ).fetchall()
    )
    withdrawn = looking.execute(
        "SELECT count(*) FROM offers WHERE market_id = %s AND status = 'withdrawn'", [market]
    ).fetchone()
    assert told.pop("chore.booked") == told.pop("booking.created") == bookings
    assert (told.pop("offer.withdrawn", 0),) == withdrawn
    assert not told
