"""Many readers, a tenth of whom stall again and again: those are cut off within their bounds, the
server's memory is bounded, and the others hear as soon as they do without them.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pytest
from _pytest._io import TerminalWriter
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.messages import ChoreCancelled, ChoreExpired
from notifications.terms import Terms
from service.db.engine import Database
from service.demo.tally import percentile
from service.events.append import Announcement, announce
from service.stream.socket import CLOSE_S
from tests.support.patience import Patience
from tests.support.scene import Person, make_client
from tests.support.stalling import has_ended, stalled, taken
from tests.support.streams import (
    PADDING,
    Api,
    Subscriber,
    api_process,
    now,
    tickets,
)

AT_ONCE = 50
LONG_EVENTS = 140
"""Events of 2 KB that each stalled reader is owed: more than its window of 256 KiB."""
TOLD_AT_ONCE, BETWEEN_S = 5, 0.1
"""The readers' own events: so many every so often, 50 a second in all."""
PHASE_S = Terms().unacked_for_s + CLOSE_S + 1
"""From when the stalled stand until the last of them must have been cut."""
MOST_TAKEN = (64 * 1024, Terms().window_bytes + 4096)
"""Bytes that reach a stalled reader with the smallest buffer, and one with the kernel's own."""
ALONE_S = 3.0
GROWTH = 48 * 1024**2


@pytest.fixture
def room() -> Iterator[None]:
    """As many open files as the machine allows, for us and for the api that we start."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@dataclass
class Crowd:
    """People who read what they are told, and how long after it was due they heard it."""

    people: Sequence[Person]
    told: int = 0
    took_s: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self, api: Api, database: Database) -> AsyncIterator[None]:
        """Everybody connected and reading for as long as the block lasts."""
        async with asyncio.TaskGroup() as group:
            reading: list[asyncio.Task[None]] = []
            for first in range(0, len(self.people), AT_ONCE):
                some = self.people[first : first + AT_ONCE]
                ready = asyncio.Semaphore(0)
                for ticket, person in zip(await tickets(database, some), some, strict=True):
                    reading.append(group.create_task(self._read(api, person, ticket, ready)))
                for _ in some:
                    await ready.acquire()
            yield
            for each in reading:
                each.cancel()

    async def hear_for(self, seconds: float, database: Database) -> list[float]:
        """Tell one after the other for a while; how late each heard it, in seconds."""
        began, first = now(), len(self.took_s)
        for tick in range(int(seconds / BETWEEN_S)):
            due = began + timedelta(seconds=tick * BETWEEN_S)
            await asyncio.sleep((due - now()).total_seconds())
            some = islice(cycle(self.people), self.told, self.told + TOLD_AT_ONCE)
            await database.run(announce, [_short(one) for one in some], now=due)
            self.told += TOLD_AT_ONCE
        patience = Patience(30)
        while len(self.took_s) < self.told:
            patience.look(len(self.took_s))
            await asyncio.sleep(0.05)
        return self.took_s[first:]

    async def _read(self, api: Api, person: Person, ticket: str, ready: asyncio.Semaphore) -> None:
        async with Subscriber.opened(api, person, ticket) as line:
            await line.say(frame="resume", n=0, device="phone")
            assert (await line.hear())["frame"] == "hello"
            ready.release()
            heard = 0
            while True:
                frame = await line.hear(within_s=120)
                if frame["frame"] == "ping":
                    await line.say(frame="pong")
                    continue
                due = datetime.fromisoformat(frame["at"])
                self.took_s.append((datetime.now(UTC) - due).total_seconds())
                heard += 1
                assert frame["n"] == heard
                await line.say(frame="ack", n=heard)


@pytest.mark.parametrize(
    ("readers", "stalling", "times", "noise_s"),
    [
        pytest.param(180, 20, 1, 1.0, id="short"),
        pytest.param(4_500, 500, 4, 0.05, id="long", marks=pytest.mark.torture),
    ],
)
async def test_of_many_readers_the_stalled_are_cut_off_and_nobody_else_notices(
    readers: int,
    stalling: int,
    times: int,
    noise_s: float,
    room: None,
    database: Database,
    database_url: str,
    pytestconfig: pytest.Config,
) -> None:
    crowd = Crowd(await _people(database, readers))
    lazy = await _people(database, stalling)
    for person in lazy:
        await _tell_at_length(database, person)
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    with api_process(database_url, DIBS_DATABASE_POOL="20") as api:
        async with crowd.listening(api, database):
            await crowd.hear_for(1, database)
            before = most = _memory(api)
            for _ in range(times):
                alone.append(await crowd.hear_for(ALONE_S, database))
                async with _stalling(api, database, lazy):
                    beside.append(await crowd.hear_for(PHASE_S / 2, database))
                    most = max(most, _memory(api))
                    beside[-1] += await crowd.hear_for(PHASE_S / 2, database)
                alone.append(await crowd.hear_for(ALONE_S, database))
    _say(pytestconfig.get_terminal_writer(), alone, beside, most - before)
    assert most - before < stalling * Terms().window_bytes + GROWTH
    quiet, stalled_p99s = sorted(map(_p99, alone)), sorted(map(_p99, beside))
    noise_s += quiet[-1] - quiet[0]
    assert stalled_p99s[len(stalled_p99s) // 2] < quiet[-1] + noise_s


async def _people(database: Database, count: int) -> list[Person]:
    async def some(session: AsyncSession) -> list[Person]:
        return [await make_client(session, now=now()) for _ in range(min(count, 500))]

    people: list[Person] = []
    while len(people) < count:
        people += await database.run(some)
    return people[:count]


def _short(person: Person) -> Announcement:
    return Announcement(person.id, None, "chore.expired", ChoreExpired(chore_id=PADDING))


async def _tell_at_length(database: Database, person: Person) -> None:
    data = ChoreCancelled(chore_id=PADDING, by="client", reason="x" * 2_000)
    told = [Announcement(person.id, None, "chore.cancelled", data)] * LONG_EVENTS
    await database.run(announce, told, now=now())


@asynccontextmanager
async def _stalling(api: Api, database: Database, people: Sequence[Person]) -> AsyncIterator[None]:
    """These people connected, none of them reading, every other one with the smallest buffer; at
    the end all must have been cut.
    """
    with ExitStack() as stack:
        peers = []
        for number, ticket in enumerate(await tickets(database, people)):
            buffer = None if number % 2 else 4096
            peer = await asyncio.to_thread(stalled, api, ticket, buffer=buffer)
            peers.append(stack.enter_context(peer))
        yield
        for number, peer in enumerate(peers):
            await _until(partial(has_ended, peer), 10)
            assert taken(peer) < MOST_TAKEN[number % 2]


async def _until(done: Callable[[], bool], within_s: float) -> None:
    """Look now and then, for want of anything that would tell. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _memory(api: Api) -> int:
    """The bytes of memory that the api process has resident."""
    status = Path(f"/proc/{api.process.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def _p99(took_s: Sequence[float]) -> float:
    return percentile(took_s, 0.99) or 0.0


def _say(
    terminal: TerminalWriter, alone: list[list[float]], beside: list[list[float]], grown: int
) -> None:
    for name, phases in (("alone", alone), ("beside the stalled", beside)):
        p50 = percentile([took for phase in phases for took in phase], 0.5) or 0.0
        p99s = ", ".join(f"{1000 * _p99(phase):.0f}" for phase in phases)
        terminal.line(f"  {name}: heard after {1000 * p50:.0f} ms, p99 of each phase {p99s} ms")
    terminal.line(f"  the api grew by {grown / 1024**2:.0f} MiB")
