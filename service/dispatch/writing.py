"""Writing: a round's plans become offers, decisions and events, a batch of chores a transaction.

Under lock, what has changed since the snapshot is dropped and counted: a chore that is no longer as
it was read (answered, cancelled, made due anew by a tasker's change) is left alone; an offer to a
tasker whose revision has moved is not made, and a chore with none left stays due.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared
from service.db.tables import new_id
from service.dispatch.candidates import Sought
from service.dispatch.leases import hold_lease
from service.dispatch.left_out import count_left_out
from service.dispatch.market import RoundMarket
from service.dispatch.news import news_of
from service.dispatch.plans import Decided, Plan, postponed
from service.dispatch.rows import Made, RoundFacts, Written, write_rows
from service.events.append import announce

BATCH = 100
"""Chores of one writing transaction: a few hundred people's counters are locked for some ms."""

LOCK_CHORES = Prepared(
    text(
        """
    SELECT id, status, wave, due_at FROM chores
    WHERE id = ANY(CAST(:chores AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    """
    )
)
LOCK_TASKERS = Prepared(
    text(
        """
    SELECT id, revision FROM taskers
    WHERE id = ANY(CAST(:taskers AS uuid[])) AND active ORDER BY id FOR NO KEY UPDATE
    """
    )
)


# Who named in the records stands at which revision.
REVISIONS = Prepared(
    text("SELECT id, revision FROM taskers WHERE id = ANY(CAST(:taskers AS uuid[]))")
)

# More of why, added to the decisions of one round.
ADD_TO_RECORDS = Prepared(
    text(
        """
    UPDATE decisions SET record = record || t.more
    FROM ROWS FROM (
        unnest(CAST(:chores AS uuid[])), jsonb_array_elements(CAST(:mores AS jsonb))
    ) AS t(chore_id, more)
    WHERE decisions.chore_id = t.chore_id AND decisions.round_id = CAST(:round_id AS uuid)
    """
    )
)


async def write_batch(
    session: AsyncSession,
    *,
    market: RoundMarket,
    facts: RoundFacts,
    plans: Sequence[Plan],
    revisions: Mapping[str, int],
    fence: int | None,
    now: datetime,
) -> Written:
    """Carry out the plans that still hold; deadlines count from `now`, not from when the round
    began. Raises LeaseLost if another dispatcher leads by now.
    """
    started = time.perf_counter()
    if fence is not None:
        await hold_lease(session, market_id=market.id, fence=fence)
    standing = await _still_as_read(session, plans)
    late = now - facts.started_at
    unchanged = await _to_unchanged_taskers(session, standing, revisions)
    kept = [postponed(plan, late) for plan in unchanged]
    made = [Made(new_id(), plan, offer) for plan in kept for offer in plan.offers]
    wanted = sum(len(plan.offers) for plan in standing)
    written = Written(len(made), len(plans) - len(standing) + wanted - len(made))
    numbers = await announce(session, news_of(market, made, kept), now=now)
    await write_rows(
        session,
        market=market,
        facts=facts,
        fence=fence,
        plans=kept,
        made=made,
        numbers=numbers,
        written=written,
        now=now,
        write_ms=(time.perf_counter() - started) * 1000,
    )
    return written


async def note_left_out(
    session: AsyncSession, *, market: RoundMarket, sought: Sequence[Sought], round_id: UUID
) -> None:
    """Add to the records of a round what the search left out of each of these chores, and whom."""
    counted = await count_left_out(
        session, market_id=market.id, srid=market.srid, sought=sought, round_id=round_id
    )
    named = {tasker for left in counted.values() for tasker, _ in left.nearest}
    rows = await REVISIONS.rows(session, {"taskers": sorted(named)})
    revisions: dict[UUID, int] = dict(iter(rows))
    mores = [
        {
            "left_out": {"in_reach": left.in_reach} | left.counts,
            "left_out_nearest": [
                {"tasker_id": str(tasker), "revision": revisions[tasker], "filters": filters}
                for tasker, filters in left.nearest
            ],
        }
        for left in counted.values()
    ]
    await ADD_TO_RECORDS.rows(
        session,
        {"chores": list(counted), "mores": json.dumps(mores), "round_id": round_id},
    )


async def _still_as_read(session: AsyncSession, plans: Sequence[Plan]) -> list[Plan]:
    """Lock the chores; the plans of those that nobody has touched since they were read."""
    ids = [plan.chore.id for plan in plans]
    rows = await LOCK_CHORES.rows(session, {"chores": ids})
    found = {row[0]: row[1:] for row in rows}
    return [
        plan
        for plan in plans
        if found.get(plan.chore.id) == (plan.chore.status, plan.chore.wave, plan.chore.due_at)
    ]


async def _to_unchanged_taskers(
    session: AsyncSession, plans: Sequence[Plan], revisions: Mapping[str, int]
) -> list[Plan]:
    """Lock the taskers; the plans without offers to those who changed, nor plans that lost all."""
    asked = sorted({offer.tasker_id for plan in plans for offer in plan.offers})
    if not asked:
        return list(plans)
    rows = await LOCK_TASKERS.rows(session, {"taskers": asked})
    fresh = {str(tasker) for tasker, revision in rows if revisions[str(tasker)] == revision}
    kept = [_without(plan, {o.tasker_id for o in plan.offers} - fresh) for plan in plans]
    return [plan for plan in kept if plan.offers or plan.decided != Decided.OFFERS]


def _without(plan: Plan, changed: set[str]) -> Plan:
    """The plan without offers to those who changed since they were read; its record says who."""
    if not changed:
        return plan
    offers = tuple(offer for offer in plan.offers if offer.tasker_id not in changed)
    return replace(plan, offers=offers, record={**(plan.record or {}), "dropped": sorted(changed)})


def totals(parts: Sequence[Written]) -> Written:
    """What all batches of a round came to."""
    return Written(sum(part.offers for part in parts), sum(part.dropped for part in parts))


def batches(plans: Sequence[Plan]) -> list[Sequence[Plan]]:
    """The plans, so many a transaction."""
    return [plans[at : at + BATCH] for at in range(0, len(plans), BATCH)]
