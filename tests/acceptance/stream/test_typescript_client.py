"""The TypeScript client under node, against running servers: on a bad line, across two nodes, and
with its nodes replaced.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest

from service.db.cluster.places import REPOSITORY
from service.db.engine import Database
from tests.support.patience import while_moving
from tests.support.proxy import Proxy
from tests.support.scene import Person
from tests.support.streams import Api, api_process, is_gapless, tell

TOOLS = str(REPOSITORY / "scripts" / "console.sh")
BUILT = REPOSITORY / "console" / "node_modules" / ".stream" / "client.js"
HEAR = str(Path(__file__).with_name("hear.mjs"))


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The client, held to its types and compiled."""
    subprocess.run([TOOLS, "client"], check=True)


class Hearer:
    """A process that hears; what it prints, by its first word."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[tuple[str, int]] = []

    async def first(self, word: str, n: int) -> None:
        """Read on until it says this."""
        while (word, n) not in self.said:
            assert await self._read(), self.said[-5:]

    async def end(self) -> None:
        """Read on until it ends, in peace."""
        await while_moving(self._rest(), lambda: len(self.said))
        assert self.process.returncode == 0

    def numbers(self, word: str) -> list[int]:
        """What followed a word."""
        return [n for said, n in self.said if said == word]

    async def _rest(self) -> None:
        while await self._read():
            pass
        await self.process.wait()

    async def _read(self) -> bool:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode().split()
        if line:
            self.said.append((line[0], int(line[1])))
        return bool(line)


@asynccontextmanager
async def hearing(person: Person, last: int, *ports: int) -> AsyncIterator[Hearer]:
    """A node process that hears the person's events up to `last`."""
    token = person.headers["Authorization"].removeprefix("Bearer ")
    process = await asyncio.create_subprocess_exec(
        TOOLS, "node", "--experimental-websocket", "--no-warnings", HEAR, str(BUILT), str(last),
        token, *map(str, ports), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Hearer(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("events", "cuts"),
    [(400, 20), pytest.param(10_000, 1_000, marks=pytest.mark.torture)],
)
async def test_random_cuts_on_two_nodes_cost_no_event(
    api: Api, other_api: Api, database: Database, ada: Person, events: int, cuts: int
) -> None:
    random = Random(5)
    async with (
        Proxy(api.port).running() as one,
        Proxy(other_api.port).running() as two,
        hearing(ada, events, one.port, two.port) as hearer,
    ):
        await hearer.first("ticket", 201)
        for _ in range(cuts):
            await tell(database, ada, events // cuts)
            await asyncio.sleep(random.random() * 0.1)
            for line in (one, two):
                line.delay_s = random.choice([0, 0, 0.005])
                random.choice([line.cut, line.cut, line.half_close])()
        await hearer.end()
    assert is_gapless(hearer.numbers("event"), events)
    assert len(hearer.numbers("ticket")) > 1


async def test_what_it_hears_is_acknowledged(
    api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    acked = "SELECT count(*) FROM events WHERE recipient_id = %s AND acked_at IS NOT NULL"
    async with hearing(ada, 41, api.port) as hearer:
        await hearer.first("ticket", 201)
        await tell(database, ada, 40)
        await hearer.first("event", 40)
        found = connection.execute(acked, [ada.id]).fetchone()
        for _ in range(60):
            await asyncio.sleep(0.5)
            found = connection.execute(acked, [ada.id]).fetchone()
            if found == (40,):
                break
        assert found == (40,)
        await tell(database, ada)
        await hearer.end()


async def test_a_node_that_is_replaced_is_left_for_the_other_at_once(
    api: Api, database: Database, database_url: str, ada: Person
) -> None:
    with api_process(database_url) as leaving:
        async with hearing(ada, 2, leaving.port, api.port) as hearer:
            await tell(database, ada)
            await hearer.first("event", 1)
            assert await asyncio.to_thread(leaving.terminate) == 0
            await tell(database, ada)
            await hearer.end()
    assert hearer.numbers("event") == [1, 2]
    assert hearer.numbers("ticket") == [201, 201]


async def test_a_client_that_signed_out_stays_away(
    api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    async with hearing(ada, 2, api.port) as hearer:
        await tell(database, ada)
        await hearer.first("event", 1)
        connection.execute(
            "UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'out' WHERE id = %s",
            [ada.session_id],
        )
        await hearer.end()
    assert hearer.said[-1] == ("ended", 4403)
