"""What-if runners as real processes: killed in the middle of a sweep, and told to stop in it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database, open_database
from service.whatif import operations, runs
from service.whatif.runs import Run
from tests.support.patience import Patience
from tests.support.scene import (
    HACKNEY,
    make_client,
    make_market,
    make_person,
    make_tasker,
    north_of,
)
from tests.support.work import make_chore

CHORES, TASKERS = 240, 12
RADII_M = tuple(range(1_000, 12_000, 1_000))
"""Enough of both that a sweep takes seconds, of which some are left once it tells its progress."""
MARKET = "london"


def now() -> datetime:
    """The wall clock, which runner processes go by."""
    return datetime.now(UTC)


class Asking:
    """Somebody who asks for what-ifs and looks at them."""

    def __init__(self, database: Database, author_id: UUID) -> None:
        self.database, self._author_id = database, author_id

    async def ask(self, *radii_m: float) -> UUID:
        run = await self.database.run(
            operations.ask, market=MARKET, field="radius_m", values=radii_m, category=None, days=1,
            seed=1, author_id=self._author_id, now=now(),
        )  # fmt: skip
        return run.id

    async def read(self, run_id: UUID) -> Run:
        return await self.database.run(operations.read, market=MARKET, run_id=run_id)

    async def until(self, run_id: UUID, status: str, progress: float = 0.0) -> Run:
        """Wait until a run is so far."""
        patience = Patience(120)
        while True:
            run = await self.read(run_id)
            if run.status == status and run.progress >= progress:
                return run
            assert run.status in ("queued", "running"), run
            patience.look((run.status, run.progress))
            await asyncio.sleep(0.1)


@pytest.fixture
async def asking(database_url: str) -> AsyncIterator[Asking]:
    """A market that had many chores in the past hours, and an operator who looks."""

    async def scene(session: AsyncSession) -> UUID:
        market, client = await make_market(session, slug=MARKET), await make_client(session)
        for n in range(TASKERS):
            await make_tasker(session, market, at=north_of(HACKNEY, 400 * n))
        for n in range(CHORES):
            at = now() - timedelta(hours=22, minutes=-5 * n)
            await make_chore(session, market, client, now=at, status="open", due_at=None)
        return (await make_person(session, name="Vera", operator_role="viewer")).id

    async with open_database(database_url) as database:
        yield Asking(database, await database.run(scene))


async def test_a_sweep_whose_runner_is_killed_in_the_middle_is_played_to_its_end_by_another(
    database_url: str, connection: psycopg.Connection, asking: Asking
) -> None:
    run_id = await asking.ask(*RADII_M)
    with _runner(database_url) as doomed:
        await asking.until(run_id, "running", progress=0.01)
        players = _players(doomed.pid)
        assert players
        doomed.kill()
        doomed.wait()
    await _gone(players)
    assert (await asking.read(run_id)).status == "running"
    _let_its_lease_pass(connection)
    with _runner(database_url):
        done = await asking.until(run_id, "done", progress=1.0)
    assert _attempts(connection, run_id) == 2
    assert done.result is not None
    assert done.result["chores"] == CHORES
    assert [len(metric["points"]) for metric in done.result["metrics"]] == [len(RADII_M)] * 5


async def test_a_sweep_that_is_cancelled_in_the_middle_ends_and_the_next_is_played(
    database_url: str, asking: Asking
) -> None:
    run_id = await asking.ask(*RADII_M)
    with _runner(database_url) as runner:
        await asking.until(run_id, "running", progress=0.01)
        players = _players(runner.pid)
        await asking.database.run(runs.cancel, run_id=run_id, now=now())
        await _gone(players)
        after = await asking.ask(5_000)
        assert (await asking.until(after, "done")).result is not None
    cancelled = await asking.read(run_id)
    assert (cancelled.status, cancelled.result) == ("cancelled", None)
    assert cancelled.progress < 1


@contextmanager
def _runner(database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    chosen = {
        "DIBS_DATABASE_URL": database_url, "DIBS_ENVIRONMENT": "test", "DIBS_LOG_LEVEL": "error",
        "DIBS_WHATIF_JOBS": "2", "DIBS_POLL_S": "0.5",
    }  # fmt: skip
    command = [sys.executable, "-m", "service", "replay"]
    process = subprocess.Popen(command, env=os.environ | chosen)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _players(pid: int) -> list[int]:
    """The processes of the pool that this one started."""
    told = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for each in told for child in each.split()]
    return [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def _gone(pids: list[int]) -> None:
    """Wait until none of these runs any more."""
    patience = time.monotonic() + 30
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < patience
        await asyncio.sleep(0.1)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _let_its_lease_pass(connection: psycopg.Connection) -> None:
    """As time would."""
    connection.execute("UPDATE whatifs SET lease_until = now() - interval '1 second'")
    connection.commit()


def _attempts(connection: psycopg.Connection, run_id: UUID) -> Any:
    row = connection.execute("SELECT attempts FROM whatifs WHERE id = %s", [run_id]).fetchone()
    return row and row[0]
