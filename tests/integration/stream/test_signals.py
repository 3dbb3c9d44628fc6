"""How many signals a batch of events costs the bus, counted by a connection that listens too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from notifications.messages import ChoreExpired
from service.bus import CHANNEL, open_bus, unpack
from service.db.engine import Database
from service.db.urls import for_psycopg
from service.events.append import Announcement, announce
from service.stream.relay import BATCH, Relay, heard
from tests.integration.stream.test_bus import Ear
from tests.support.scene import make_client

PEOPLE, EACH = 60, 5
SETTLED_S = 0.5


def now() -> datetime:
    return datetime.now(UTC)


async def _tell_all(database: Database, people: Sequence[UUID]) -> None:
    data = ChoreExpired(chore_id=UUID(int=1))
    told = [Announcement(person, None, "chore.expired", data) for person in people] * EACH
    await database.run(announce, told, now=now())


async def _listening(database_url: str) -> psycopg.AsyncConnection:
    """A connection that hears what nodes hear."""
    url = for_psycopg(database_url)
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await connection.execute(f"LISTEN {CHANNEL}")
    return connection


async def test_a_batch_of_events_wakes_the_other_nodes_with_one_signal(
    database: Database, database_url: str
) -> None:
    people = [(await database.run(make_client)).id for _ in range(PEOPLE)]
    assert PEOPLE * EACH < BATCH
    async with (
        await _listening(database_url) as listening,
        open_bus(database_url) as here,
        open_bus(database_url) as there,
    ):
        other_node = Ear(there, "told")
        await other_node.wait_for(None)
        relay = Relay(database, here.publish, lambda _person, _events: None, now, poll_s=60)
        await _tell_all(database, people)
        assert await relay.relay_batch() == PEOPLE * EACH
        (payload,) = [notify.payload async for notify in listening.notifies(timeout=SETTLED_S)]
    _, signals = unpack(payload)
    (signal,) = signals
    assert heard(signal.partition(":")[2]) == dict.fromkeys(people, EACH)
    assert other_node.calls == [frozenset(), frozenset({signal.partition(":")[2]})]
