"""Dispatcher processes: one leads, another stands by and takes over."""

from __future__ import annotations

import time

import httpx
import psycopg
import pytest

from service.db.engine import open_database
from tests.support.dispatching import DispatcherProcess, dispatcher_process
from tests.support.scene import make_market
from tests.support.streams import free_port

LONG_LEASE = "30"


@pytest.fixture
async def market(database_url: str) -> None:
    """A market to lead."""
    async with open_database(database_url) as database:
        await database.run(make_market)


async def test_a_leader_asked_to_end_hands_over_at_once(
    database_url: str, connection: psycopg.Connection, market: None
) -> None:
    """Long before the lease would have run out."""
    with dispatcher_process(database_url, DIBS_LEASE_S=LONG_LEASE) as first:
        (leader,) = _leader_after(connection, [])
        with dispatcher_process(database_url, DIBS_LEASE_S="3") as second:
            assert _ends_well(first)
            _leader_after(connection, [leader])
            assert _ends_well(second)


async def test_a_leader_that_was_killed_is_replaced_when_its_lease_ends(
    database_url: str, connection: psycopg.Connection, market: None
) -> None:
    with dispatcher_process(database_url) as first, dispatcher_process(database_url) as second:
        (leader,) = _leader_after(connection, [])
        killed = first if f"/{first.process.pid}/" in leader else second
        killed.kill()
        _leader_after(connection, [leader])


async def test_a_dispatcher_tells_its_rounds_at_its_metrics_port(
    database_url: str, connection: psycopg.Connection, market: None
) -> None:
    port = free_port()
    with dispatcher_process(database_url, DIBS_DISPATCH_METRICS_PORT=str(port)) as dispatcher:
        _leader_after(connection, [])
        async with httpx.AsyncClient() as prometheus:
            answer = await prometheus.get(f"http://127.0.0.1:{port}/metrics")
        assert "dibs_rounds_total" in answer.text
        assert "dibs_travel_trips" in answer.text
        assert _ends_well(dispatcher)


def _ends_well(dispatcher: DispatcherProcess) -> bool:
    return dispatcher.process.terminate(20) == 0


def _leader_after(connection: psycopg.Connection, others: list[str]) -> list[str]:
    """Wait for a leader that is none of these: its name."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = connection.execute("SELECT holder FROM leases").fetchall()
        leaders = [str(holder) for (holder,) in found if holder not in others]
        if leaders:
            return leaders
        time.sleep(0.05)
    raise TimeoutError(f"nobody leads after {others}")
