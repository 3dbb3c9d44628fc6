"""The reader's queries: bounded however many lack however much, and everybody else has a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from notifications.frames import StoredEvent
from service.db.engine import Database
from service.stream.reader import PEOPLE_PER_QUERY, ROWS_PER_PERSON, ROWS_PER_QUERY, Reader

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Store:
    """Has endless rows for everybody, and notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    async def run_single(
        self, _query: Any, *, wanted: Mapping[UUID, int], most: int
    ) -> dict[UUID, list[StoredEvent]]:
        self.asked.append((len(wanted), most))
        return {
            person: [StoredEvent(after + 1 + i, "chore.expired", AT, "{}") for i in range(most)]
            for person, after in wanted.items()
        }


async def read_by(people: int) -> tuple[Store, dict[UUID, int], list[int]]:
    """So many lack everything: what was asked, who got how many rows, and how many had got theirs
    whenever somebody else had a turn.
    """
    store, got, seen = Store(), dict[UUID, int](), list[int]()
    reader = Reader(cast("Database", store))
    for number in range(people):
        person = UUID(int=number)

        def deliver(rows: Sequence[StoredEvent], person: UUID = person) -> None:
            got[person] = len(rows)

        reader.want(person, 0, deliver)
    running = asyncio.create_task(reader.run())
    while len(got) < people:
        await asyncio.sleep(0)
        seen.append(len(got))
    running.cancel()
    return store, got, seen


async def test_one_person_gets_many_rows_at_once() -> None:
    store, got, _ = await read_by(1)
    assert store.asked == [(1, ROWS_PER_PERSON)]
    assert set(got.values()) == {ROWS_PER_PERSON}


async def test_many_people_share_the_rows_of_a_query() -> None:
    store, got, _ = await read_by(PEOPLE_PER_QUERY + 50)
    assert [people for people, _ in store.asked] == [PEOPLE_PER_QUERY, 50]
    assert all(people * most <= ROWS_PER_QUERY for people, most in store.asked)
    assert min(got.values()) == ROWS_PER_QUERY // PEOPLE_PER_QUERY


async def test_between_two_peoples_rows_everybody_else_has_a_turn() -> None:
    _, _, seen = await read_by(20)
    steps = [later - earlier for earlier, later in zip([0, *seen], seen, strict=False)]
    assert max(steps) == 1
