"""Recovery: what serves the city is taken away under load, one thing after the other; nothing is
lost, nothing happens twice, and how long the city was silent is said.

Two api processes, either of which relays; a dispatcher; a PostgreSQL of the test's own. Clients
post and everybody listens on the stream all the while, and taskers accept what it brings.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from uuid import UUID

import httpx
import psycopg
import pytest
from _pytest._io import TerminalWriter

from notifications.client import LONGEST_WAIT_S
from service.db import cluster
from service.db.cluster import private
from service.db.cluster.places import Place, choose_place
from service.db.cluster.tuning import LIVING
from service.db.migrations import migrate
from service.db.urls import for_psycopg
from tests.support.city import City, assert_nothing_lost_and_nothing_twice, move_in
from tests.support.clusters import kill, reachable_folder
from tests.support.dispatching import DispatcherProcess, dispatcher_process
from tests.support.patience import Patience
from tests.support.streams import api_process, is_gapless

TASKERS, CLIENTS = 20, 6
DAYS = 14
BETWEEN_POSTS_S = 0.4
BACK_WITHIN_S = 60.0
AFTERWARDS = 20
"""Events that are heard after a strike before the next one."""
LISTENING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'dibs-bus-%'
"""


@dataclass
class Stage:
    """The city, and all that can be taken away from it."""

    city: City
    dispatcher: DispatcherProcess
    place: Place
    database_url: str

    def kill_node(self, number: int) -> None:
        """SIGKILL of one api process, and of the relay within it."""
        self.city.apis[number % len(self.city.apis)].kill()
        self.city.apis[number % len(self.city.apis)].start()

    def kill_dispatcher(self, _: int) -> None:
        """SIGKILL of the dispatcher."""
        self.dispatcher.kill()
        self.dispatcher.start()

    def cut_listening(self, _: int) -> None:
        """The loss of every LISTEN connection."""
        with psycopg.connect(for_psycopg(self.database_url), autocommit=True) as meddling:
            meddling.execute(LISTENING.encode())

    def restart_database(self, _: int) -> None:
        """A restart of PostgreSQL that cuts every connection (`pg_ctl stop -m fast`)."""
        private.stop(self.place)
        private.start(self.place, LIVING, print)

    def kill_database(self, _: int) -> None:
        """SIGKILL of PostgreSQL, and its recovery from the log."""
        kill(self.place)
        private.start(self.place, LIVING, print)


STRIKES = {
    "node": Stage.kill_node,
    "dispatcher": Stage.kill_dispatcher,
    "listening": Stage.cut_listening,
    "database restarted": Stage.restart_database,
    "database killed": Stage.kill_database,
}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A durable cluster of the test's own."""
    with reachable_folder() as folder:
        monkeypatch.setenv("DIBS_DATA_DIR", str(folder))
        yield choose_place(cluster.LIVING_NAME)
        cluster.down()


@pytest.fixture
async def stage(place: Place) -> AsyncIterator[Stage]:
    url = await asyncio.to_thread(cluster.ensure)
    await asyncio.to_thread(migrate, url)
    clients, taskers = await move_in(url, clients=CLIENTS, taskers=TASKERS)
    unlimited = {"DIBS_POST_LIMIT": ""}
    with (
        api_process(url, **unlimited) as one,
        api_process(url, **unlimited) as two,
        dispatcher_process(url) as dispatcher,
    ):
        async with httpx.AsyncClient(timeout=10) as http:
            yield Stage(City([one, two], clients, taskers, http), dispatcher, place, url)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="short"), pytest.param(10, id="long", marks=pytest.mark.torture)]
)
async def test_whatever_is_taken_away_under_load_nothing_is_lost(
    stage: Stage, rounds: int, pytestconfig: pytest.Config
) -> None:
    silences: dict[str, list[float]] = {name: [] for name in STRIKES}
    async with _lived_in(stage) as still_well:
        await _heard_more(stage.city, AFTERWARDS, still_well)
        for number in range(rounds):
            for name, strike in STRIKES.items():
                struck_at = time.monotonic()
                await asyncio.to_thread(strike, stage, number)
                await _heard_more(stage.city, AFTERWARDS, still_well)
                silences[name].append(_longest_silence(stage.city.heard_at, struck_at))
        booked = len(stage.city.accepted)
        await _heard_more(stage.city, AFTERWARDS, still_well)
    _say_recovery(pytestconfig.get_terminal_writer(), silences)
    assert len(stage.city.accepted) > booked
    with psycopg.connect(for_psycopg(stage.database_url)) as looking:
        assert_nothing_lost_and_nothing_twice(looking, stage.city)


def _say_recovery(terminal: TerminalWriter, silences: dict[str, list[float]]) -> None:
    for name, lasted in silences.items():
        half, most = sorted(lasted)[len(lasted) // 2], max(lasted)
        terminal.line(f"  {name}: nobody heard anything for {half:.2f} s, {most:.2f} s at most")


@asynccontextmanager
async def _lived_in(stage: Stage) -> AsyncIterator[Callable[[], None]]:
    """Posting and listening for as long as the block lasts; then what is under way ends, and
    everybody has heard everything. Yields a check that nobody has failed meanwhile.
    """
    city, enough = stage.city, asyncio.Event()
    listening = [
        asyncio.create_task(city.listen(person)) for person in (*city.clients, *city.taskers)
    ]
    posting = [asyncio.create_task(_post_on(city, n, enough)) for n in range(len(city.clients))]
    everybody = [*listening, *posting]
    try:
        yield partial(_raise_failures, everybody)
        enough.set()
        await asyncio.gather(*posting)
        await _settled(stage, partial(_raise_failures, everybody))
    finally:
        for each in everybody:
            each.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)


async def _post_on(city: City, number: int, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await city.post(city.clients[number], day=1 + len(city.posted) % DAYS)
        await asyncio.sleep(BETWEEN_POSTS_S)


def _raise_failures(tasks: list[asyncio.Task[None]]) -> None:
    for each in tasks:
        if each.done():
            each.result()


async def _heard_more(city: City, events: int, still_well: Callable[[], None]) -> None:
    wanted, patience = len(city.heard_at) + events, Patience(BACK_WITHIN_S)
    while (heard := len(city.heard_at)) < wanted:
        patience.look(heard)
        still_well()
        await asyncio.sleep(0.02)


async def _settled(stage: Stage, still_well: Callable[[], None]) -> None:
    """Wait until everybody has heard everything that they were told, and no more of it comes. Who
    was cut off again and again waits for up to `LONGEST_WAIT_S`, give or take half, to come back.
    """
    city, before, patience = stage.city, -1, Patience(2 * LONGEST_WAIT_S)
    url = for_psycopg(stage.database_url)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as looking:
        while before < len(city.heard_at) or city.last_heard() != await _told(looking):
            before = len(city.heard_at)
            patience.look(before)
            still_well()
            await asyncio.sleep(2.0)
    for heard in city.heard.values():
        assert is_gapless(heard, len(heard))


async def _told(looking: psycopg.AsyncConnection) -> dict[UUID, int]:
    """The number of everybody's newest event."""
    found = await looking.execute("SELECT recipient_id, last_n FROM event_counters")
    return dict(await found.fetchall())


def _longest_silence(heard_at: list[float], since: float) -> float:
    """How long nobody heard anything, at most, from a moment on."""
    times = [since, *(at for at in heard_at if at > since)]
    return max(later - earlier for earlier, later in pairwise(times))
