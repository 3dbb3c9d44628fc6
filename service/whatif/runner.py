"""The runner: takes up what-ifs one after another and plays them in processes of their own.

While one is played its lease is renewed with the progress. A runner that is killed renews nothing:
once the lease has passed another takes the run up from the start, at most so many times. A runner
that is stopped gives its run back. Cancelling ends the row; the runner notices when it next renews.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from matching.policy import PolicyDocument
from matching.replay.sweep import Basis, Sweep
from service.bus import Bus, open_bus
from service.db.engine import Database, make_engine
from service.errors import Problem
from service.http.logs import configure_logs
from service.runtime import utc_now
from service.settings import Settings
from service.whatif import runs
from service.whatif.basis import basis_of
from service.whatif.operations import TOPIC
from service.whatif.pool import Stopped, run_sweep
from service.whatif.runs import Taken

log = structlog.get_logger("dibs.whatif")

LEASE = timedelta(seconds=20)
RENEW_S = 2.0
DRAWS = 6


class Runner:
    """Plays what-ifs until it is cancelled."""

    def __init__(
        self, database: Database, bus: Bus, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self.database, self.settings, self.clock = database, settings, clock
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"
        self._asked = asyncio.Event()
        bus.subscribe(TOPIC, lambda _: self._asked.set())

    async def run(self) -> None:
        """Take up what there is; wait to be woken, or look around, when there is nothing."""
        while True:
            self._asked.clear()
            try:
                played = await self.run_one()
            except Exception:
                log.exception("whatif_runner_failed")
                played = False
            if not played:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.settings.poll_s):
                        await self._asked.wait()

    async def run_one(self) -> bool:
        """Take one up and play it to its end; False if there was none."""
        taken = await self.database.run(
            runs.take, holder=self.holder, now=self.clock(), lease=LEASE
        )
        if taken is None:
            return False
        log.info("whatif_taken", whatif=str(taken.id), attempt=taken.attempts)
        try:
            await self._play(taken)
        except asyncio.CancelledError:
            with suppress(Exception):
                back = self.database.run(runs.let_go, run_id=taken.id, holder=self.holder)
                await asyncio.shield(back)
            raise
        except Stopped:
            log.info("whatif_stopped", whatif=str(taken.id))
        except Problem as problem:
            await self._end(runs.fail, taken, error=problem.detail or problem.title)
        except Exception:
            log.exception("whatif_failed", whatif=str(taken.id))
            await self._end(runs.fail, taken, error="something went wrong while it was played")
        return True

    async def _play(self, taken: Taken) -> None:
        sweep = Sweep(
            PolicyDocument.model_validate(taken.document),
            taken.field,
            tuple(taken.values),
            taken.category,
        )
        renewing = _Renewing(self, taken)
        keeping = asyncio.create_task(renewing.run())
        try:
            basis = await basis_of(
                self.database, taken.market_id, taken.days, DRAWS, taken.seed, self.clock()
            )
            result = await _in_a_thread(sweep, basis, self.settings.whatif_jobs, renewing)
        finally:
            renewing.going_on = False
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        await self._end(runs.finish, taken, result=result)

    async def _end(self, how: Any, taken: Taken, **facts: Any) -> None:
        await self.database.run(how, run_id=taken.id, holder=self.holder, now=self.clock(), **facts)


class _Renewing:
    """Tells how far a run is and holds it, until it is no longer ours."""

    def __init__(self, runner: Runner, taken: Taken) -> None:
        self._runner, self._taken = runner, taken
        self.progress, self.going_on = 0.0, True

    def __call__(self, share: float) -> bool:
        """Told by the pool, in its thread."""
        self.progress = share
        return self.going_on

    async def run(self) -> None:
        """Renew, every so often; once that fails, the run is ended."""
        while self.going_on:
            await asyncio.sleep(RENEW_S)
            self.going_on = await self._runner.database.run(
                runs.keep, run_id=self._taken.id, holder=self._runner.holder,
                progress=min(max(self.progress, 0.0), 1.0), now=self._runner.clock(), lease=LEASE,
            )  # fmt: skip


async def _in_a_thread(
    sweep: Sweep, basis: Basis, jobs: int, renewing: _Renewing
) -> dict[str, Any]:
    """The sweep off the event loop. Cancelled, it is stopped before the cancellation goes on."""
    playing = asyncio.create_task(asyncio.to_thread(run_sweep, sweep, basis, jobs, renewing))
    try:
        return await asyncio.shield(playing)
    except asyncio.CancelledError:
        renewing.going_on = False
        await asyncio.gather(playing, return_exceptions=True)
        raise


@asynccontextmanager
async def running_runner(
    database: Database,
    bus: Bus,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Runner]:
    """A runner for as long as the block lasts."""
    runner = Runner(database, bus, settings, clock)
    running = asyncio.create_task(runner.run(), name="whatif")
    try:
        yield runner
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def play_whatifs(settings: Settings) -> None:
    """Play what-ifs until SIGTERM or SIGINT; the one under way is given back."""
    configure_logs(settings)
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    url = settings.url()
    async with open_bus(url) as bus:
        database = Database(make_engine(url, pool=3, application="dibs-whatif"), bus.publish)
        try:
            async with running_runner(database, bus, settings) as runner:
                log.info("playing", holder=runner.holder)
                await stop.wait()
        finally:
            await database.dispose()
