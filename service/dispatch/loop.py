"""The loop: when rounds run, and who runs them.

One task per market tries to become its leader; the leader runs rounds for as long as it renews its
lease. It is woken by the bus ("work:<market>") and by its own alarm for the next deadline, and
looks around every `poll_s` anyway. Work that arrives while a round runs is seen by the next one,
which follows at once: batches form by themselves when there is much to do, and only then.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from geo.travel import TravelModel
from service.bus import Bus
from service.db.engine import Database
from service.dispatch import leases, queries
from service.dispatch.leases import LeaseLost
from service.dispatch.noting import Noting
from service.dispatch.queries import Moment
from service.dispatch.rounds import RoundReport, RoundSettings, run_round
from service.dispatch.solving import Solving
from service.settings import Settings
from service.travel import open_travel

log = structlog.get_logger("dibs.dispatch")

TOPIC = "work"
WAVES_S = 1.0
"""Waves that answers have ended are looked for at most so often: it is a walk over every chore that
is offered, 27 ms for 2,000 of them on a busy server, which each of ten rounds a second would pay.
"""
BACK_OFF_S = (0.2, 10.0)
"""After a failed round: the first wait, doubled each time, and the longest."""


class Dispatcher:
    """Leads markets and runs their rounds until it is stopped."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        self.database, self.settings, self.clock = database, settings, clock
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"
        self.rounds = RoundSettings(
            no_show_grace=timedelta(seconds=settings.no_show_grace_s),
            solving=Solving(travel=travel_of(settings), failures=settings.failed_models),
        )
        self._wakes: dict[int, asyncio.Event] = {}
        self._new_markets = asyncio.Event()
        bus.subscribe(TOPIC, self._hear)

    async def run(self) -> None:
        """Lead what can be led, new markets included, until cancelled; then let go of every
        lease.
        """
        async with asyncio.TaskGroup() as group:
            while True:
                with suppress(Exception):
                    for market_id in await self.database.run(leases.market_ids):
                        if market_id not in self._wakes:
                            self._wakes[market_id] = asyncio.Event()
                            group.create_task(self._keep_leading(market_id))
                await _heard(self._new_markets, max(self.settings.poll_s, 1.0))

    def _hear(self, payloads: frozenset[str]) -> None:
        """Wake the markets named; all of them where signals may have been missed."""
        for market_id, wake in self._wakes.items():
            if not payloads or str(market_id) in payloads:
                wake.set()
        if any(each.isdigit() and int(each) not in self._wakes for each in payloads):
            self._new_markets.set()

    async def _keep_leading(self, market_id: int) -> None:
        """Try to lead a market, for ever; wait for a lease's length while somebody else does."""
        while True:
            try:
                await self._try_to_lead(market_id)
            except LeaseLost:
                log.warning("lease_lost", market=market_id)
            except Exception:
                log.exception("leading_failed", market=market_id)
            await asyncio.sleep(self.settings.lease_s / 3)

    async def _try_to_lead(self, market_id: int) -> None:
        try:
            fence = await self.database.run(
                leases.take_lease,
                market_id=market_id,
                holder=self.holder,
                now=self.clock(),
                lease_s=self.settings.lease_s,
            )
            if fence is not None:
                log.info("leading", market=market_id, fence=fence)
                await self._lead(market_id, fence)
        finally:
            with suppress(Exception):
                await asyncio.shield(self._let_go(market_id))

    async def _lead(self, market_id: int, fence: int) -> None:
        """Run rounds while the lease is renewed. Raises LeaseLost."""
        noting = Noting(self.database)
        tasks = {
            asyncio.create_task(self._work(market_id, fence, noting)),
            asyncio.create_task(self._renew(market_id, fence)),
            asyncio.create_task(noting.run()),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, market_id: int, fence: int) -> None:
        while True:
            await asyncio.sleep(self.settings.lease_s / 3)
            renewed = await self.database.run(
                leases.renew_lease,
                market_id=market_id,
                fence=fence,
                now=self.clock(),
                lease_s=self.settings.lease_s,
            )
            if not renewed:
                raise LeaseLost

    async def _work(self, market_id: int, fence: int, noting: Noting) -> None:
        wake, back_off_s = self._wakes[market_id], BACK_OFF_S[0]
        clock, looked = asyncio.get_running_loop().time, -WAVES_S
        while True:
            wake.clear()
            waves = clock() >= looked + WAVES_S
            looked = clock() if waves else looked
            try:
                report = await run_round(
                    self.database,
                    market_id,
                    self.clock(),
                    fence=fence,
                    settings=self.rounds,
                    clock=self.clock,
                    noting=noting,
                    waves=waves,
                )
            except LeaseLost:
                raise
            except Exception:
                log.exception("round_failed", market=market_id)
                await asyncio.sleep(back_off_s)
                back_off_s = min(2 * back_off_s, BACK_OFF_S[1])
                continue
            back_off_s = BACK_OFF_S[0]
            if not (report.more or wake.is_set()):
                idle_s = await self._idle_s(market_id, report)
                look_s = idle_s if waves else looked + WAVES_S - clock()
                await _heard(wake, max(min(idle_s, look_s), 0.001))

    async def _idle_s(self, market_id: int, report: RoundReport) -> float:
        """How long to sleep unless woken: until time itself makes work, at most `poll_s`."""
        now = self.clock()
        moment = Moment(now, self.rounds.no_show_grace)
        at = await self.database.run(queries.next_moment, market_id, moment)
        moments = [each for each in (at, report.not_before) if each is not None]
        until_s = (min(moments) - now).total_seconds() if moments else self.settings.poll_s
        return min(max(until_s, 0.001), self.settings.poll_s)

    async def _let_go(self, market_id: int) -> None:
        await self.database.run(
            leases.give_up_lease, market_id=market_id, holder=self.holder, now=self.clock()
        )


def travel_of(settings: Settings) -> TravelModel:
    """The model of travel that rounds ask, as the settings say."""
    kind = None if settings.router == "none" else settings.router
    return open_travel(kind, settings.router_url, settings.router_limit_s)


async def _heard(wake: asyncio.Event, within_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await wake.wait()
    wake.clear()
