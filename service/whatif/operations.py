"""Use cases of what if: ask for a sweep, look at it, cancel it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from matching.policy import Knob, PolicyDocument
from matching.replay.sweep import Sweep, SweepRefused
from service.db.engine import wake
from service.db.tables import WhatIf, new_id
from service.errors import Conflict, NotFound, SweepNotUsable, UnknownCategory
from service.http.pages import Cut
from service.markets.operations import market_in_path
from service.markets.queries import categories_of
from service.policies.queries import newest_version
from service.whatif import runs
from service.whatif.runs import Run

TOPIC = "whatif"
MOST_WAITING = 5
"""Sweeps of a market that may wait or run at once."""


async def ask(
    session: AsyncSession,
    *,
    market: str,
    field: str,
    values: Sequence[Knob],
    category: str | None,
    days: int,
    seed: int,
    author_id: UUID,
    now: datetime,
) -> Run:
    """Ask for a sweep against the policy in force. Raises NotFound, UnknownCategory,
    SweepNotUsable, Conflict if too many wait already.
    """
    facts = await market_in_path(session, slug=market)
    slugs = [each.slug for each in await categories_of(session, facts.id)]
    if category is not None and category not in slugs:
        message = f"The market has no category {category}."
        raise UnknownCategory.field("category", "unknown", message)
    version = await newest_version(session, facts.id)
    if version is None:
        raise NotFound("There is no policy yet.")
    sweep = _checked(PolicyDocument.model_validate(version.document), field, values, category)
    if await runs.waiting(session, facts.id) >= MOST_WAITING:
        raise Conflict(f"{MOST_WAITING} what-ifs of this market are under way.", most=MOST_WAITING)
    row = WhatIf(
        id=new_id(), market_id=facts.id, author_id=author_id, policy_version=version.version,
        field=field, category=category, values=list(sweep.values), today=sweep.value_today,
        days=days, seed=seed, status="queued", progress=0.0, attempts=0, created_at=now,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    wake(session, TOPIC)
    return await read(session, market=market, run_id=row.id)


async def read(session: AsyncSession, *, market: str, run_id: UUID) -> Run:
    """A run of a market, with its result once it is done. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    run = await runs.one(session, market_id=facts.id, run_id=run_id)
    if run is None:
        raise NotFound
    return run


async def list_of_market(session: AsyncSession, *, market: str, cut: Cut) -> list[Run]:
    """A market's runs, newest first, one more than the page holds. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    return await runs.listed(session, market_id=facts.id, cut=cut)


async def cancel(session: AsyncSession, *, market: str, run_id: UUID, now: datetime) -> Run:
    """End a run; one that has ended stays as it is. Raises NotFound."""
    await read(session, market=market, run_id=run_id)
    await runs.cancel(session, run_id=run_id, now=now)
    wake(session, TOPIC)
    return await read(session, market=market, run_id=run_id)


def _checked(
    today: PolicyDocument, field: str, values: Sequence[Knob], category: str | None
) -> Sweep:
    try:
        return Sweep(today, field, tuple(values), category)
    except SweepRefused as refused:
        message = f"{refused.reason[:1].upper()}{refused.reason[1:]}."
        raise SweepNotUsable.field(_where(refused, values), "not_usable", message) from None


def _where(refused: SweepRefused, values: Sequence[Knob]) -> str:
    """The path in the request of what was refused."""
    if refused.value is not None:
        return f"values.{values.index(refused.value)}"
    return "values" if refused.of_values else "field"
