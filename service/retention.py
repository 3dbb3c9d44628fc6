"""Retention: what is kept for a stated time only, ended after it by the dispatchers: rows are
deleted, and who has not been heard of is online no longer.

A batch is a short transaction, and skips rows that another process is deleting, so any number of
processes may do this at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from service.accounts import operations as accounts
from service.db.engine import Database
from service.decisions import queries as decisions
from service.markets.queries import all_markets
from service.push import queries as pushes
from service.settings import Settings
from service.taskers.presence import operations as presence
from service.taskers.presence.queries import sweep_log

log = structlog.get_logger("dibs.retention")

BATCH = 2_000
SILENT_BATCH = 100
"""Fewer: each goes offline as if they had said so themselves, with their edits locked."""
EVERY_S = 60.0
"""How long a process pauses between two looks."""


class Swept(NamedTuple):
    """How many of each went: taskers offline, rows for good."""

    silent: int
    decisions: int
    rounds: int
    presence: int
    accounts: int
    pushes: int


async def sweep(database: Database, settings: Settings, now: datetime) -> Swept:
    """End everything that has lasted for as long as the settings say."""

    async def old_decisions(session: AsyncSession) -> int:
        before = now - timedelta(seconds=settings.decisions_kept_s)
        return await decisions.sweep(session, before=before, most=BATCH)

    async def old_rounds(session: AsyncSession) -> int:
        before = now - timedelta(seconds=settings.decisions_kept_s)
        return await decisions.sweep_rounds(session, before=before, most=BATCH)

    async def old_presence(session: AsyncSession) -> int:
        before = now - timedelta(seconds=settings.presence_log_kept_s)
        return await sweep_log(session, before=before, most=BATCH)

    async def old_credentials(session: AsyncSession) -> int:
        swept = await accounts.sweep(session, now=now, keys_kept_s=settings.idempotency_kept_s)
        return swept.tokens + swept.sessions + swept.keys

    return Swept(
        await _silent_gone(database, settings, now),
        await _until_done(database, old_decisions),
        await _until_done(database, old_rounds),
        await _until_done(database, old_presence),
        await _until_done(database, old_credentials),
        await _until_done(database, partial(pushes.sweep, most=BATCH, now=now)),
    )


async def keep_sweeping(
    database: Database, settings: Settings, clock: Callable[[], datetime]
) -> None:
    """Sweep every so often until cancelled; what fails is logged and tried again."""
    while True:
        try:
            swept = await sweep(database, settings, clock())
        except Exception:
            log.exception("retention_failed")
        else:
            if any(swept):
                log.info("swept", **swept._asdict())
        await asyncio.sleep(EVERY_S)


async def _silent_gone(database: Database, settings: Settings, now: datetime) -> int:
    """Take offline, market by market, who has not been heard of; how many."""
    before = now - timedelta(seconds=settings.presence_silent_s)
    total = 0
    for market in await database.run(all_markets):
        total += await _until_done(
            database,
            partial(
                presence.drop_silent,
                market_id=market.id,
                before=before,
                limit=SILENT_BATCH,
                now=now,
            ),
        )
    return total


async def _until_done(database: Database, batch: Callable[[AsyncSession], Awaitable[int]]) -> int:
    """Batch after batch until there is nothing left; how many rows."""
    total = 0
    while gone := await database.run(batch):
        total += gone
    return total
