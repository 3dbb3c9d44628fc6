"""The living city: simulated people on phones, chores posted as demand has them, until told to
stop.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from geo.points import LonLat
from service.demo.client import SimulatedClient
from service.demo.phone import Phone, Refusal
from service.demo.tally import Tally
from service.demo.tasker import SimulatedTasker, a_temper

SIGN_INS_AT_ONCE = 8
SETTLE_S = 20.0
QUIET_S = 1.5


@dataclass(frozen=True, slots=True)
class People:
    """Who lives in the city: the e-mails of seeded accounts, and the password they share."""

    clients: Sequence[str]
    taskers: Sequence[str]
    password: str


@dataclass(slots=True)
class City:
    """Everybody's phones and what they count.

    `urls` are the api processes; `since` is the last event of each person from before, by id.
    """

    urls: Sequence[str]
    people: People
    seed: int
    since: Mapping[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    clients: list[SimulatedClient] = field(default_factory=list)
    taskers: list[SimulatedTasker] = field(default_factory=list)
    bookings_by_second: list[int] = field(default_factory=list)
    _https: list[httpx.AsyncClient] = field(default_factory=list)
    _lives: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self, arrived: Callable[[], None] = lambda: None) -> None:
        """Sign everybody in and bring the taskers online; `arrived` is told of each person."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self._https = [
            httpx.AsyncClient(base_url=url, timeout=10.0, limits=limits) for url in self.urls
        ]
        gate = asyncio.Semaphore(SIGN_INS_AT_ONCE)
        clients = [partial(self._welcome, phone) for phone in self._phones(self.people.clients, 1)]
        taskers = [partial(self._wake, phone) for phone in self._phones(self.people.taskers, 2)]
        await asyncio.gather(*(_through(gate, one, arrived) for one in (*clients, *taskers)))
        missing = len(clients) + len(taskers) - len(self.clients) - len(self.taskers)
        self.tally.count("not_signed_in", missing)
        self._live(self._count_bookings())

    async def post(self, chores: AsyncIterator[Mapping[str, Any]]) -> None:
        """Post each chore when it comes, from some client's phone."""
        dice = random.Random(self.seed)
        async for chore in chores:
            self._live(dice.choice(self.clients).post(chore))

    async def settle(self) -> None:
        """Wait until nothing is under way any more, or until it has lasted long enough."""
        quiet_since, before = 0.0, -1
        for _ in range(int(SETTLE_S / 0.25)):
            await asyncio.sleep(0.25)
            events = sum(self.read().values())
            quiet_since = quiet_since + 0.25 if events == before else 0.0
            before = events
            if quiet_since >= QUIET_S:
                return

    async def close(self) -> None:
        """Everybody puts their phone away."""
        for task in self._lives:
            task.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for http in self._https:
            await http.aclose()

    def read(self) -> dict[str, int]:
        """The last event number each person has read."""
        phones = [one.phone for one in self.clients] + [one.phone for one in self.taskers]
        return {phone.account_id: phone.last_n for phone in phones if phone.listening}

    def _phones(self, emails: Sequence[str], salt: int) -> list[Phone]:
        phones = [
            Phone(
                self._https,
                self.tally,
                email,
                self.people.password,
                random.Random(f"{self.seed}/{salt}/{email}"),
            )
            for email in emails
        ]
        for phone in phones:
            phone.since = self.since
        return phones

    async def _welcome(self, phone: Phone) -> None:
        await phone.sign_in()
        client = SimulatedClient(phone)
        self.clients.append(client)
        self._live(client.live())

    async def _wake(self, phone: Phone) -> None:
        await phone.sign_in()
        profile = await phone.call("GET", "/v1/taskers/me")
        home = LonLat(*profile["base_point"]["coordinates"])
        tasker = SimulatedTasker(phone, home, a_temper(phone.dice))
        await tasker.come_online()
        self.taskers.append(tasker)
        self._live(tasker.live())

    def _live(self, life: Any) -> None:
        task = asyncio.create_task(_unless_refused(life))
        self._lives.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A life that ends in an error is a fault of the demo's own, and said."""
        self._lives.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.tally.count("broken_phones")
            self.tally.refusals[repr(error)[:120]] += 1

    async def _count_bookings(self) -> None:
        while True:
            before = self.tally.counts["booked"]
            await asyncio.sleep(1.0)
            self.bookings_by_second.append(self.tally.counts["booked"] - before)


async def _through(
    gate: asyncio.Semaphore, act: Callable[[], Awaitable[None]], arrived: Callable[[], None]
) -> None:
    async with gate:
        await _unless_refused(act())
    arrived()


async def _unless_refused(life: Awaitable[None]) -> None:
    with suppress(Refusal):
        await life
