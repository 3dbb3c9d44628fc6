"""Delivery: pushes that are due, claimed by whichever api process comes first, and tried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from random import random
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Gauge, Histogram

from notifications.push import Outcome, Pusher, Verdict, message_of, next_try
from service.bus import Bus
from service.db.engine import Database
from service.events.append import PUSHES_TOPIC
from service.push import queries
from service.push.endpoints import Pushes
from service.push.hosts import MOST_AT_ONCE, Hosts
from service.push.keys import private_key, public_text
from service.push.network import Resolver
from service.push.operations import claim
from service.push.queries import Claimed
from service.runtime import Runtime
from service.stream.loops import for_ever, stop

log = structlog.get_logger("dibs.push")

NAME_THREADS, CIPHER_THREADS = 8, 2
DEVELOPMENT_CONTACT = "mailto:nobody@dibs.example"
LEASE = timedelta(seconds=10)
"""How long a claim lasts: twice what a try may take. After it a killed process's pushes are due
again.
"""

HOST_BUSY = timedelta(seconds=1)
"""How long a push waits, give or take half, whose host has enough of them under way."""

PUSHED = Counter("dibs_pushes", "Tries to push, by what came of them", ["outcome"])
UNDER_WAY = Gauge("dibs_pushes_under_way", "Pushes that this process is trying")
SECONDS = Histogram(
    "dibs_push_seconds",
    "Time of one try, answered or not",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class Delivery:
    """One process's part in delivering. `pushers` are by the kind of a subscription."""

    def __init__(
        self,
        database: Database,
        pushers: Mapping[str, Pusher],
        clock: Callable[[], datetime],
        *,
        poll_s: float = 1.0,
        hosts: Hosts | None = None,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._database, self._pushers, self._clock = database, pushers, clock
        self._poll_s, self._jitter = poll_s, jitter
        self._hosts = hosts or Hosts()
        self._some = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def wake(self, _payloads: frozenset[str]) -> None:
        """There may be pushes."""
        self._some.set()

    async def run(self) -> None:
        """Deliver whenever woken, and now and then without, until cancelled."""
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await self._some.wait()
                self._some.clear()
                while room := MOST_AT_ONCE - len(self._under_way):
                    if await self.start(room) < room:
                        break
        finally:
            for task in self._under_way:
                task.cancel()

    async def start(self, most: int = MOST_AT_ONCE) -> int:
        """Claim at most so many pushes and begin to try them; how many were claimed."""
        now = self._clock()
        found = await self._database.run(claim, most=most, now=now, leased=now + LEASE)
        put_off: list[Claimed] = []
        for push in found:
            if push.moot is not None:
                PUSHED.labels(push.moot).inc()
            elif self._hosts.take(_host(push)):
                task = asyncio.create_task(self._try(push))
                self._under_way.add(task)
                task.add_done_callback(self._done)
            else:
                PUSHED.labels("put_off").inc()
                put_off.append(push)
        if put_off:
            due_at = now + HOST_BUSY * (0.5 + self._jitter())
            await self._database.run(queries.put_off, pushes=put_off, due_at=due_at)
        return len(found)

    async def finish(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _done(self, task: asyncio.Task[None]) -> None:
        """There is room for another one, if there was none before."""
        self._under_way.discard(task)
        if len(self._under_way) == MOST_AT_ONCE - 1:
            self._some.set()

    async def _try(self, push: Claimed) -> None:
        """One try. What fails on our side is left for when the claim has run out."""
        failed = True
        try:
            with UNDER_WAY.track_inprogress(), SECONDS.time():
                outcome = await self._pushed(push)
            failed = outcome.verdict is Verdict.LATER
            await self._note(push, outcome)
        except Exception:
            PUSHED.labels("failed").inc()
            log.exception("push_failed", subscription=str(push.subscription_id), type=push.type)
        finally:
            self._hosts.give_back(_host(push), failed=failed)

    async def _pushed(self, push: Claimed) -> Outcome:
        message = message_of(
            push.type,
            push.data_json,
            n=push.n,
            recipient_id=push.recipient_id,
            until=push.until,
            now=self._clock(),
        )
        return await self._pushers[push.kind].push(push.target, message)

    async def _note(self, push: Claimed, outcome: Outcome) -> None:
        """Write down what came of a try."""
        verdict, wait_s = outcome
        due_at, now = None, self._clock()
        if verdict is Verdict.LATER:
            due_at = next_try(push.tries, wait_s, until=push.until, now=now, jitter=self._jitter())
        if verdict is Verdict.GONE:
            await self._database.run(queries.end_subscription, push=push)
        elif due_at is not None:
            await self._database.run(queries.postpone, push=push, due_at=due_at)
        else:
            await self._database.run(queries.settle, push=push)
        given_up = verdict is Verdict.LATER and due_at is None
        told = "given_up" if given_up else str(verdict)
        PUSHED.labels(told).inc()
        log.info(
            "push", outcome=told, subscription=str(push.subscription_id), type=push.type,
            tries=push.tries,
        )  # fmt: skip


def _host(push: Claimed) -> str:
    return urlsplit(push.target.endpoint).hostname or ""


@asynccontextmanager
async def open_delivery(app: FastAPI, runtime: Runtime, bus: Bus) -> AsyncIterator[None]:
    """Delivery for as long as the block lasts, if the settings have a key to sign with."""
    settings, key = runtime.settings, private_key(runtime.settings)
    app.state.pushes = None
    if key is None:
        yield
        return
    from service.push.webpush import WebPush  # seldom needed, and slow to import

    names = ThreadPoolExecutor(NAME_THREADS, thread_name_prefix="push-names")
    ciphers = ThreadPoolExecutor(CIPHER_THREADS, thread_name_prefix="push-ciphers")
    private = settings.push_private_addresses
    resolver = Resolver(names, private=private)
    app.state.pushes = Pushes(public_text(key), resolver, private)
    web = WebPush(
        key,
        contact=settings.vapid_contact or DEVELOPMENT_CONTACT,
        clock=runtime.now,
        ciphers=ciphers,
        resolver=resolver,
        connections=MOST_AT_ONCE,
        private=private,
    )
    delivery = Delivery(runtime.database, {"webpush": web}, runtime.now, poll_s=settings.poll_s)
    bus.subscribe(PUSHES_TOPIC, delivery.wake, suffices=True)
    running = asyncio.create_task(for_ever(delivery.run), name="push")
    try:
        yield
    finally:
        await stop(running)
        await web.close()
        for threads in (names, ciphers):
            threads.shutdown(wait=False, cancel_futures=True)
