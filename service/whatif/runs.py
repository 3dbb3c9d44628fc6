"""The SQL of runs: asking for one, taking one up, telling how far it is, ending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.tables import Account, Market, PolicyVersion, WhatIf
from service.http.pages import Cut

MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Run:
    """A what-if as its row has it. `result` is left out of lists."""

    id: UUID
    market: str
    field: str
    category: str | None
    values: list[Any]
    today: Any
    days: int
    seed: int
    status: str
    progress: float
    author: str
    policy_version: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    result: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that somebody took up, and the policy it is asked against."""

    id: UUID
    market_id: int
    field: str
    category: str | None
    values: list[Any]
    days: int
    seed: int
    attempts: int
    document: dict[str, Any]


# The oldest that waits, or whose player has let its lease pass. SKIP LOCKED: two may ask at once.
TAKE = text(
    """
    UPDATE whatifs SET status = 'running', holder = :holder, lease_until = :until,
                       attempts = attempts + 1, progress = 0
    WHERE id = (
        SELECT id FROM whatifs
        WHERE (status = 'queued' OR (status = 'running' AND lease_until <= :now))
        AND attempts < :most
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id
    """
)

# Those that were taken up too often without an end.
GIVE_UP = text(
    """
    UPDATE whatifs SET status = 'failed', lease_until = NULL, finished_at = :now, error = :error
    WHERE status = 'running' AND lease_until <= :now AND attempts >= :most
    """
)


async def take(
    session: AsyncSession, *, holder: str, now: datetime, lease: timedelta
) -> Taken | None:
    """Take up the oldest run that nobody plays; None if there is none."""
    lost = "whoever played it was lost, time and again"
    await session.execute(GIVE_UP, {"now": now, "most": MOST_ATTEMPTS, "error": lost})
    asked = {"holder": holder, "now": now, "until": now + lease, "most": MOST_ATTEMPTS}
    run_id = await session.scalar(TAKE, asked)
    if run_id is None:
        return None
    found = await session.execute(
        select(
            WhatIf.id, WhatIf.market_id, WhatIf.field, WhatIf.category, WhatIf.values, WhatIf.days,
            WhatIf.seed, WhatIf.attempts, PolicyVersion.document,
        )
        .join(
            PolicyVersion,
            (PolicyVersion.market_id == WhatIf.market_id)
            & (PolicyVersion.version == WhatIf.policy_version),
        )
        .where(WhatIf.id == run_id)
    )  # fmt: skip
    return Taken(**found.mappings().one())


async def keep(
    session: AsyncSession,
    *,
    run_id: UUID,
    holder: str,
    progress: float,
    now: datetime,
    lease: timedelta,
) -> bool:
    """Tell how far it is and hold it for longer; False if it was cancelled or is another's."""
    return await _change(session, run_id, holder, progress=progress, lease_until=now + lease)


async def finish(
    session: AsyncSession, *, run_id: UUID, holder: str, result: dict[str, Any], now: datetime
) -> bool:
    """Keep its result; False if it was cancelled or is somebody else's."""
    done: dict[str, Any] = {"status": "done", "progress": 1.0, "lease_until": None}
    return await _change(session, run_id, holder, **done, result=result, finished_at=now)


async def fail(
    session: AsyncSession, *, run_id: UUID, holder: str, error: str, now: datetime
) -> bool:
    """Say why it came to nothing; False if it was cancelled or is somebody else's."""
    failed = {"status": "failed", "lease_until": None, "error": error}
    return await _change(session, run_id, holder, **failed, finished_at=now)


async def let_go(session: AsyncSession, *, run_id: UUID, holder: str) -> bool:
    """Leave it to somebody else, at once: its attempt does not count."""
    back = {"status": "queued", "lease_until": None, "attempts": WhatIf.attempts - 1}
    return await _change(session, run_id, holder, **back, holder=None, progress=0.0)


async def cancel(session: AsyncSession, *, run_id: UUID, now: datetime) -> None:
    """End a run that has not ended: who plays it notices when next they tell how far it is."""
    await session.execute(
        update(WhatIf)
        .where(WhatIf.id == run_id, WhatIf.status.in_(("queued", "running")))
        .values(status="cancelled", lease_until=None, finished_at=now)
    )


async def waiting(session: AsyncSession, market_id: int) -> int:
    """How many of a market's runs have not ended."""
    found = await session.scalar(
        select(func.count())
        .select_from(WhatIf)
        .where(WhatIf.market_id == market_id, WhatIf.status.in_(("queued", "running")))
    )
    return found or 0


async def one(session: AsyncSession, *, market_id: int, run_id: UUID) -> Run | None:
    """A run of a market, with its result."""
    wanted = _runs().add_columns(WhatIf.result)
    found = await session.execute(wanted.where(WhatIf.id == run_id, WhatIf.market_id == market_id))
    row = found.mappings().one_or_none()
    return Run(**row) if row else None


async def listed(session: AsyncSession, *, market_id: int, cut: Cut) -> list[Run]:
    """A market's runs, newest first, one more than the page holds."""
    wanted = _runs().where(WhatIf.market_id == market_id).order_by(WhatIf.id.desc())
    if cut.before is not None:
        wanted = wanted.where(WhatIf.id < cut.before)
    return [Run(**row) for row in (await session.execute(wanted.limit(cut.limit + 1))).mappings()]


def _runs() -> Select[*tuple[Any, ...]]:
    return (
        select(
            WhatIf.id, Market.slug.label("market"), WhatIf.field, WhatIf.category, WhatIf.values,
            WhatIf.today, WhatIf.days, WhatIf.seed, WhatIf.status, WhatIf.progress,
            Account.name.label("author"), WhatIf.policy_version, WhatIf.error, WhatIf.created_at,
            WhatIf.finished_at,
        )
        .join(Market, Market.id == WhatIf.market_id)
        .join(Account, Account.id == WhatIf.author_id)
    )  # fmt: skip


async def _change(session: AsyncSession, run_id: UUID, of: str, /, **values: Any) -> bool:
    done = await session.execute(
        update(WhatIf)
        .where(WhatIf.id == run_id, WhatIf.status == "running", WhatIf.holder == of)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1
