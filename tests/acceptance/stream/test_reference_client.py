"""The reference client on a bad line, and with its nodes replaced one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from random import Random
from uuid import uuid4

import httpx
import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from notifications.client import Stream, StreamEnded
from notifications.frames import Event, Hello, Ping
from notifications.terms import Terms
from service.db.engine import Database
from tests.support.patience import while_moving
from tests.support.proxy import Proxy
from tests.support.scene import Person
from tests.support.streams import Api, api_process, is_gapless, quick_client, tell

Door = Callable[[], Awaitable[tuple[str, str]]]


def door_to(person: Person, *ports: int, answers: list[int] | None = None) -> Door:
    """Tries one node after the other, as a mobile app would; notes each status."""
    tries = iter(range(10**9))

    async def door() -> tuple[str, str]:
        port = ports[next(tries) % len(ports)]
        async with quick_client() as client:
            try:
                answer = await client.post(
                    f"http://127.0.0.1:{port}/v1/stream/tickets", headers=person.headers
                )
            except httpx.TransportError as lost:
                raise ConnectionError from lost
        if answers is not None:
            answers.append(answer.status_code)
        if answer.status_code != 201:
            raise ConnectionError(answer.text)
        return f"ws://127.0.0.1:{port}/v1/stream", answer.json()["ticket"]

    return door


async def hear_until(stream: Stream, last: asyncio.Future[int]) -> list[int]:
    """The numbers of the events up to `last`, which is known before it arrives."""
    heard: list[int] = []
    async with aclosing(stream.events()) as items:
        async for item in items:
            assert isinstance(item, Event)
            heard.append(item.n)
            if last.done() and item.n == last.result():
                break
    return heard


def known(n: int) -> asyncio.Future[int]:
    """A number that is known already."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_result(n)
    return future


@pytest.mark.parametrize(
    ("events", "cuts"),
    [(400, 20), pytest.param(10_000, 1_000, marks=pytest.mark.torture)],
)
async def test_random_cuts_on_two_nodes_cost_no_event(
    api: Api, other_api: Api, database: Database, ada: Person, events: int, cuts: int
) -> None:
    random = Random(4)
    async with Proxy(api.port).running() as one, Proxy(other_api.port).running() as two:
        stream = Stream(door_to(ada, one.port, two.port), device="phone", n=0, jitter=random.random)
        hearing = asyncio.create_task(hear_until(stream, known(events)))
        for _ in range(cuts):
            await tell(database, ada, events // cuts)
            await asyncio.sleep(random.random() * 0.1)
            for line in (one, two):
                line.delay_s = random.choice([0, 0, 0.005])
                random.choice([line.cut, line.cut, line.half_close])()
        assert is_gapless(await while_moving(hearing, lambda: stream.n), events)


@pytest.mark.parametrize("restarts", [1, pytest.param(10, marks=pytest.mark.torture)])
async def test_a_rolling_restart_costs_no_event_and_no_server_error(
    database: Database, database_url: str, ada: Person, restarts: int
) -> None:
    answers: list[int] = []
    with api_process(database_url) as one, api_process(database_url) as two:
        door = door_to(ada, one.port, two.port, answers=answers)
        told = _Talk(database, ada)
        stream = Stream(door, device="phone", n=0)
        hearing = asyncio.create_task(hear_until(stream, told.last))
        talking = asyncio.create_task(told.run())
        for node in [one, two] * restarts:
            await asyncio.sleep(1)
            assert await asyncio.to_thread(node.terminate) == 0
            await asyncio.to_thread(node.restart)
        told.enough.set()
        last = await talking
        assert is_gapless(await while_moving(hearing, lambda: stream.n), last)
    assert set(answers) == {201}


class _Talk:
    """Tells a person something every 20 ms until it is enough; then `last` is the last number."""

    def __init__(self, database: Database, person: Person) -> None:
        self._database, self._person = database, person
        self.enough = asyncio.Event()
        self.last: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> int:
        count = 0
        while not self.enough.is_set():
            count += len(await tell(self._database, self._person))
            await asyncio.sleep(0.02)
        self.last.set_result(count + 1)
        return count + len(await tell(self._database, self._person))


async def test_the_wait_begins_anew_once_a_connection_has_brought_anything_after_hello(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody with a poor line and no news is not kept waiting longer each time."""
    hello = Hello(session=uuid4(), last=0, **Terms().announced()).model_dump_json()
    waits: list[float] = []
    enough = asyncio.Event()

    async def brief(line: ServerConnection) -> None:
        await line.send(hello)
        if len(waits) >= 3:
            await line.send(Ping().model_dump_json())
            await line.recv()
            await line.recv()
        line.transport.abort()

    async def waited(seconds: float) -> None:
        if seconds == 0:
            return
        waits.append(seconds)
        if len(waits) == 6:
            enough.set()
            await asyncio.Event().wait()

    speaks = [Subprotocol("dibs.v1")]
    async with serve(brief, "127.0.0.1", 0, subprotocols=speaks, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]

        async def door() -> tuple[str, str]:
            return f"ws://127.0.0.1:{port}", "ticket"

        stream = Stream(door, device="phone", jitter=lambda: 0.5)
        with monkeypatch.context() as patched:
            patched.setattr("notifications.client.asyncio.sleep", waited)
            hearing = asyncio.create_task(hear_until(stream, known(1)))
            await asyncio.wait_for(enough.wait(), 10)
        hearing.cancel()
    assert waits == [0.2, 0.4, 0.8, 0.2, 0.2, 0.2]


async def test_a_client_that_signed_out_stays_away(
    api: Api, database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    stream = Stream(door_to(ada, api.port), device="phone", n=0)
    hearing = asyncio.create_task(hear_until(stream, known(1)))
    await asyncio.sleep(1)
    connection.execute(
        "UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'out' WHERE id = %s",
        [ada.session_id],
    )
    with pytest.raises(StreamEnded) as ended:
        await asyncio.wait_for(hearing, 6)
    assert ended.value.code == 4403
