"""The bus on PostgreSQL: signals reach the other processes, gathered, and come back after a
break.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from service.bus import PostgresBus, open_bus


class Ear:
    """Collects what a bus says on a topic."""

    def __init__(self, bus: PostgresBus, topic: str) -> None:
        self.calls: list[frozenset[str]] = []
        self._some = asyncio.Event()
        bus.subscribe(topic, self._hear)

    def _hear(self, payloads: frozenset[str]) -> None:
        self.calls.append(payloads)
        self._some.set()

    def _has(self, payload: str | None) -> bool:
        return any(payload in call if payload is not None else not call for call in self.calls)

    async def wait_for(self, payload: str | None, within_s: float = 5) -> None:
        """Wait until a payload was heard; None waits for a call to look around."""
        async with asyncio.timeout(within_s):
            while not self._has(payload):
                self._some.clear()
                await self._some.wait()


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[PostgresBus]:
    async with open_bus(database_url) as bus:
        yield bus


@pytest.fixture
async def there(database_url: str) -> AsyncIterator[PostgresBus]:
    async with open_bus(database_url) as bus:
        yield bus


async def test_whoever_starts_to_listen_is_told_to_look_around(there: PostgresBus) -> None:
    await Ear(there, "work").wait_for(None)


async def test_a_signal_reaches_this_process_and_the_others(
    here: PostgresBus, there: PostgresBus
) -> None:
    near, far = Ear(here, "work"), Ear(there, "work")
    await far.wait_for(None)
    here.publish(["work:3"])
    await near.wait_for("3", within_s=0.1)
    await far.wait_for("3")
    await asyncio.sleep(0.1)
    assert sum("3" in call for call in near.calls) == 1


async def test_a_signal_of_another_topic_is_not_heard(
    here: PostgresBus, there: PostgresBus
) -> None:
    work, events = Ear(there, "work"), Ear(there, "events")
    await work.wait_for(None)
    here.publish(["events", "work:1"])
    await work.wait_for("1")
    assert events.calls == [frozenset(), frozenset({""})]


async def test_signals_gather_while_a_notify_is_under_way(
    here: PostgresBus, there: PostgresBus
) -> None:
    far = Ear(there, "work")
    await far.wait_for(None)
    for i in range(2000):
        here.publish([f"work:{i}"])
    await far.wait_for("1999")
    heard = frozenset[str]().union(*far.calls)
    assert heard == {str(i) for i in range(2000)}
    assert len(far.calls) < 20


async def test_what_this_process_deals_with_alone_is_not_sent(
    here: PostgresBus, there: PostgresBus
) -> None:
    here.subscribe("events", lambda _: None, suffices=True)
    events, work = Ear(there, "events"), Ear(there, "work")
    await work.wait_for(None)
    here.publish(["events", "work:1"])
    await work.wait_for("1")
    assert events.calls == [frozenset()]


async def test_after_a_break_everybody_looks_around_and_signals_flow_again(
    here: PostgresBus, there: PostgresBus, connection: psycopg.Connection
) -> None:
    far = Ear(there, "work")
    await far.wait_for(None)
    far.calls.clear()
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name LIKE 'dibs-bus-%' AND datname = current_database()"
    )
    await far.wait_for(None)
    here.publish(["work:7"])
    await far.wait_for("7")
