"""Several api processes: any of them serves anybody, and what breaks delays and never loses."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.exceptions import ConnectionClosedError

from notifications.messages import ChoreExpired
from service.db.engine import Database
from service.events.append import Announcement, announce
from tests.support.scene import Person
from tests.support.streams import PADDING, Api, Subscriber, api_process, is_gapless, now, tell

BUS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"


async def test_a_person_hears_the_same_on_every_node(
    api: Api, other_api: Api, database: Database, ada: Person
) -> None:
    async with (
        Subscriber.resumed(api, ada, device="phone") as phone,
        Subscriber.resumed(other_api, ada, device="laptop") as laptop,
    ):
        for n in range(1, 21):
            await tell(database, ada)
            started = time.monotonic()
            assert await phone.hear_events(n, within_s=2) == [n]
            assert await laptop.hear_events(n, within_s=2) == [n]
            assert time.monotonic() - started < 0.9  # told, rather than found by a poll


async def test_rows_claimed_by_a_relay_that_died_before_telling_arrive_all_the_same(
    api: Api, database: Database, ada: Person
) -> None:
    async def claimed_and_untold(session: AsyncSession) -> None:
        data = ChoreExpired(chore_id=PADDING)
        told = [Announcement(ada.id, None, "chore.expired", data)]
        await announce(session, told, now=now())
        await session.execute(
            text("UPDATE events SET relayed_at = at WHERE recipient_id = :person"),
            {"person": ada.id},
        )

    async with Subscriber.resumed(api, ada) as line:
        await database.run(claimed_and_untold)
        assert await line.hear_events(1, within_s=5) == [1]


async def test_events_written_while_nobody_listens_are_found_by_the_poll(
    api: Api, database: Database, ada: Person
) -> None:
    database.on_wake = lambda _: None
    async with Subscriber.resumed(api, ada) as line:
        await tell(database, ada)
        assert await line.hear_events(1, within_s=3) == [1]


async def test_losing_the_listening_connections_loses_nothing(
    api: Api, other_api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    async with (
        Subscriber.resumed(api, ada, device="phone") as phone,
        Subscriber.resumed(other_api, ada, device="laptop") as laptop,
    ):
        hearing = asyncio.gather(phone.hear_events(60), laptop.hear_events(60))
        for n in range(60):
            if n % 10 == 0:
                connection.execute(f"{BUS} AND application_name LIKE 'dibs-bus-%'")
            await tell(database, ada)
            await asyncio.sleep(0.03)
        assert all(is_gapless(heard, 60) for heard in await hearing)
        await asyncio.sleep(1)
        await tell(database, ada)
        started = time.monotonic()
        assert await phone.hear_events(61) == await laptop.hear_events(61) == [61]
        assert time.monotonic() - started < 0.9


async def test_losing_every_database_connection_loses_nothing(
    api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    async with Subscriber.resumed(api, ada) as line:
        hearing = asyncio.create_task(line.hear_events(40))
        for n in range(40):
            if n % 20 == 10:
                connection.execute(f"{BUS} AND application_name = 'dibs-api'")
            await tell(database, ada)
            await asyncio.sleep(0.03)
        assert is_gapless(await hearing, 40)


async def test_killing_a_node_under_load_loses_nothing(
    api: Api, database: Database, database_url: str, ada: Person
) -> None:
    with api_process(database_url) as doomed:
        async with (
            Subscriber.resumed(api, ada, device="phone") as phone,
            Subscriber.resumed(doomed, ada, device="laptop") as laptop,
        ):
            hearing = asyncio.create_task(phone.hear_events(100))
            cut_off = asyncio.create_task(laptop.hear_events(100))
            for n in range(100):
                if n == 50:
                    doomed.kill()
                await tell(database, ada)
            assert is_gapless(await hearing, 100)
            with pytest.raises(ConnectionClosedError, match="no close frame"):
                await cut_off
        async with Subscriber.resumed(api, ada, n=0, device="laptop") as laptop:
            assert is_gapless(await laptop.hear_events(100), 100)


async def test_a_node_that_is_replaced_says_so_and_ends_in_time(
    api: Api, database: Database, database_url: str, ada: Person
) -> None:
    with api_process(database_url) as leaving:
        async with Subscriber.resumed(leaving, ada) as line:
            await tell(database, ada)
            assert await line.hear_events(1) == [1]
            assert leaving.terminate() == 0
            assert await line.closed_with() == 1012
        async with Subscriber.resumed(api, ada, n=None) as line:
            await tell(database, ada)
            assert await line.hear_events(2) == [2]
