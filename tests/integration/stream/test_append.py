"""Events written with the change they tell of: numbers without gaps, whoever writes at the same
time.
"""

from __future__ import annotations

import asyncio
from random import Random
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.messages import ChoreExpired, OfferExpired
from service.db.engine import Database
from service.events.append import Announcement, announce
from tests.support.scene import MONDAY_NOON, Person, make_client

DATA = ChoreExpired(chore_id=UUID(int=1))


def about(person: Person) -> Announcement:
    return Announcement(person.id, None, "chore.expired", DATA)


async def people(database: Database, count: int) -> list[Person]:
    return [await database.run(make_client) for _ in range(count)]


async def test_numbers_rise_by_one_per_person_in_the_order_given(database: Database) -> None:
    ada, bob = await people(database, 2)
    first = [about(ada), about(bob), about(ada)]
    assert await database.run(announce, first, now=MONDAY_NOON) == [1, 1, 2]
    assert await database.run(announce, [about(ada)], now=MONDAY_NOON) == [3]


async def test_telling_nobody_writes_nothing_and_wakes_nobody(database: Database) -> None:
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append
    assert await database.run(announce, [], now=MONDAY_NOON) == []
    assert woken == []


async def test_the_relay_is_woken_after_the_commit_and_only_then(database: Database) -> None:
    [ada] = await people(database, 1)
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append

    async def told_and_undone(session: AsyncSession) -> None:
        await announce(session, [about(ada)], now=MONDAY_NOON)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(told_and_undone)
    assert woken == []
    assert await database.run(announce, [about(ada)], now=MONDAY_NOON) == [1]
    assert woken == [frozenset({"events"})]


async def test_data_of_another_type_is_refused_and_takes_no_number(database: Database) -> None:
    [ada] = await people(database, 1)
    wrong = OfferExpired(offer_id=UUID(int=1), chore_id=UUID(int=2), delivered=False)
    told = [Announcement(ada.id, None, "chore.expired", wrong)]
    with pytest.raises(TypeError):
        await database.run(announce, told, now=MONDAY_NOON)
    assert await database.run(announce, [about(ada)], now=MONDAY_NOON) == [1]


async def test_many_writers_telling_the_same_people_leave_no_gap_and_no_deadlock(
    database: Database, connection: psycopg.Connection
) -> None:
    random = Random(1)
    crowd = await people(database, 6)

    async def write_some() -> None:
        for _ in range(15):
            told = [about(random.choice(crowd)) for _ in range(random.randint(1, 8))]
            await database.run(announce, told, now=MONDAY_NOON)

    await asyncio.gather(*(write_some() for _ in range(12)))
    rows = connection.execute(
        "SELECT c.last_n, array_agg(e.n ORDER BY e.n) FROM event_counters AS c"
        " JOIN events AS e USING (recipient_id) GROUP BY recipient_id, c.last_n"
    ).fetchall()
    assert len(rows) == 6
    assert all(numbers == list(range(1, last + 1)) for last, numbers in rows)
