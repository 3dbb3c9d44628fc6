"""The stream under test: api processes, people with something to hear, and a subscriber that does
exactly as told.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Self
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from notifications.messages import ChoreExpired
from service.db.engine import Database
from service.events.append import Announcement, announce
from service.stream.tickets import issue_ticket
from tests.support.processes import ServiceProcess
from tests.support.scene import Person, make_client

PADDING = UUID(int=1)


def now() -> datetime:
    """The wall clock: an api process goes by it."""
    return datetime.now(UTC)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Api:
    """One api process, at the same port however often it is started."""

    port: int
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it; `wait_ready` tells when it answers."""
        self.process = ServiceProcess("api", environment=self.environment)

    def restart(self) -> None:
        """Start it again and wait until it answers."""
        self.start()
        self.wait_ready()

    def wait_ready(self, within_s: float = 120) -> None:
        """Wait until it answers; raises TimeoutError, or RuntimeError if it has ended."""
        deadline, last = time.monotonic() + within_s, "nothing"
        while time.monotonic() < deadline:
            if self.process.exit_code is not None:
                raise RuntimeError(f"the api process ended with {self.process.exit_code}")
            try:
                with urllib.request.urlopen(f"{self.http}/readyz", timeout=5):
                    return
            except OSError as error:
                last = repr(error)
            time.sleep(0.05)
        raise TimeoutError(f"the api process did not become ready: {last}")

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/stream"

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    def terminate(self, within_s: float = 30) -> int:
        """Ask it to drain; returns its exit code."""
        return self.process.terminate(within_s)


@contextmanager
def api_process(database_url: str, **environment: str) -> Iterator[Api]:
    """An api process that answers, ended with the block."""
    port = free_port()
    chosen = {
        "DIBS_DATABASE_URL": database_url, "DIBS_PORT": str(port), "DIBS_ENVIRONMENT": "test",
        "DIBS_LOG_LEVEL": "error", "DIBS_DATABASE_POOL": "5", "DIBS_SESSION_CHECK_S": "0",
        "DIBS_TICKET_LIMIT": "",
    }  # fmt: skip
    api = Api(port, os.environ | chosen | environment)
    try:
        api.wait_ready()
        yield api
    finally:
        api.kill()


async def someone(database: Database) -> Person:
    """A signed-in client, as of now."""
    return await database.run(make_client, now=now())


async def tell(database: Database, person: Person, count: int = 1) -> list[int]:
    """Write events for a person, as an operation would; returns their numbers."""
    data = ChoreExpired(chore_id=PADDING)
    told = [Announcement(person.id, None, "chore.expired", data)] * count
    return await database.run(announce, told, now=now())


def quick_client() -> httpx.AsyncClient:
    """A client for loopback: reading the machine's certificates takes 50 ms of a core."""
    return httpx.AsyncClient(verify=False, timeout=60)


async def ticket(api: Api, person: Person) -> str:
    """A ticket of a person's, over HTTP."""
    async with quick_client() as client:
        answer = await client.post(f"{api.http}/v1/stream/tickets", headers=person.headers)
    assert answer.status_code == 201, answer.text
    text: str = answer.json()["ticket"]
    return text


async def tickets(database: Database, people: Sequence[Person]) -> list[str]:
    """A ticket for each of many people, written at once."""
    fresh = [token_urlsafe(24) for _ in people]

    async def issue(session: AsyncSession) -> None:
        for person, text in zip(people, fresh, strict=True):
            await issue_ticket(
                session, ticket=text, account_id=person.id, session_id=person.session_id, now=now()
            )

    await database.run(issue)
    return fresh


class Subscriber:
    """A websocket that says and hears frames."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.have: list[int] = []

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, api: Api, person: Person, a_ticket: str | None = None, **options: Any
    ) -> AsyncIterator[Self]:
        """Connected, with nothing said yet."""
        offered = ["dibs.v1", f"ticket.{a_ticket or await ticket(api, person)}"]
        async with connect(
            api.ws, subprotocols=offered, compression=None, ping_interval=None,  # type: ignore[arg-type]
            **options,
        ) as line:  # fmt: skip
            yield cls(line)

    @classmethod
    @asynccontextmanager
    async def resumed(
        cls, api: Api, person: Person, n: int | None = 0, device: str = "phone"
    ) -> AsyncIterator[Self]:
        """Connected, resumed and greeted."""
        async with cls.opened(api, person) as subscriber:
            await subscriber.say(frame="resume", n=n, device=device)
            assert (await subscriber.hear())["frame"] == "hello"
            yield subscriber

    async def say(self, **frame: Any) -> None:
        """Send a frame."""
        await self.line.send(json.dumps(frame))

    async def hear(self, within_s: float = 10) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(within_s):
            frame: dict[str, Any] = json.loads(await self.line.recv())
            return frame

    async def hear_events(self, last: int, *, acks: bool = True, within_s: float = 15) -> list[int]:
        """Listen until event `last`; returns the numbers heard, acknowledging as one should."""
        heard: list[int] = []
        while not heard or heard[-1] < last:
            frame = await self.hear(within_s)
            if frame["frame"] == "event":
                heard.append(frame["n"])
                if acks and (frame["n"] == last or frame["n"] % 32 == 0):
                    await self.say(frame="ack", n=frame["n"])
            elif frame["frame"] == "ping":
                await self.say(frame="pong")
        self.have += heard
        return heard

    async def closed_with(self, within_s: float = 10) -> int:
        """The code with which the server closes, whatever it says before."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    await self.line.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def is_gapless(numbers: Sequence[int], last: int) -> bool:
    """Whether these are 1 to last, each once and in order."""
    return list(numbers) == list(range(1, last + 1))
