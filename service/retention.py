"""Retention: what is kept for a stated time only, deleted after it by the dispatchers.

A batch is a short transaction, and skips rows that another process is deleting, so any number of
processes may do this at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from service.accounts import operations as accounts
from service.db.engine import Database
from service.decisions import queries as decisions
from service.settings import Settings
from service.taskers.presence import queries as presence

log = structlog.get_logger("dibs.retention")

BATCH = 2_000
EVERY_S = 60.0
"""How long a process pauses between two looks."""


class Deleted(NamedTuple):
    """How many of each went."""

    decisions: int
    presence: int
    accounts: int


async def sweep(database: Database, settings: Settings, now: datetime) -> Deleted:
    """Delete everything that has been kept for as long as the settings say."""

    async def old_decisions(session: AsyncSession) -> int:
        before = now - timedelta(seconds=settings.decisions_kept_s)
        return await decisions.sweep(session, before=before, most=BATCH)

    async def old_presence(session: AsyncSession) -> int:
        before = now - timedelta(seconds=settings.presence_log_kept_s)
        return await presence.sweep_log(session, before=before, most=BATCH)

    async def old_credentials(session: AsyncSession) -> int:
        swept = await accounts.sweep(session, now=now, keys_kept_s=settings.idempotency_kept_s)
        return swept.tokens + swept.sessions + swept.keys

    return Deleted(
        await _until_done(database, old_decisions),
        await _until_done(database, old_presence),
        await _until_done(database, old_credentials),
    )


async def keep_sweeping(
    database: Database, settings: Settings, clock: Callable[[], datetime]
) -> None:
    """Sweep every so often until cancelled; what fails is logged and tried again."""
    while True:
        try:
            deleted = await sweep(database, settings, clock())
        except Exception:
            log.exception("retention_failed")
        else:
            if any(deleted):
                log.info("deleted", **deleted._asdict())
        await asyncio.sleep(EVERY_S)


async def _until_done(database: Database, batch: Callable[[AsyncSession], Awaitable[int]]) -> int:
    """Batch after batch until there is nothing left; how many rows."""
    total = 0
    while gone := await database.run(batch):
        total += gone
    return total
