"""Rounds: one look at a market, from what has ended to the offers of the next waves.

`run_round` is the way of a chore from due to offered, in the order of DESIGN: sweep, snapshot,
match, write. It takes its time from the caller, so that a simulated clock can drive it as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from matching.wave import round_starts_at
from service.db.engine import Database
from service.db.tables import new_id
from service.dispatch import queries
from service.dispatch.market import RoundMarket, market_of_round
from service.dispatch.noting import Noting, Unnoted, note
from service.dispatch.plans import Plan, exhausted, is_exhausted
from service.dispatch.queries import DueChore, Ended, Moment
from service.dispatch.rows import RoundFacts, Written
from service.dispatch.searching import TOOK, match_due, ms_since
from service.dispatch.snapshot import Snapshot, sought
from service.dispatch.solving import Solving
from service.dispatch.sweeps import BATCH as SWEEP_BATCH
from service.dispatch.sweeps import Swept, sweep
from service.dispatch.writing import batches, totals, write_batch

log = structlog.get_logger("dibs.dispatch")

MOST_CHORES = 500
"""Chores of one round, some seconds of work: those due for longest come first, the rest form the
next, in which a chore posted meanwhile takes part."""

Work: TypeAlias = tuple[RoundMarket, list[DueChore]]
"""The due chores, and their market under the policies that hold for them."""

ROUNDS = Counter("dibs_rounds", "Rounds that looked at chores")
OFFERS = Counter("dibs_round_offers", "Offers extended by rounds")
DROPPED = Counter("dibs_round_dropped", "Pairs and chores dropped since the world moved on")


@dataclass(frozen=True)
class RoundSettings:
    """How rounds are run. `no_show_grace` counts from the planned start."""

    no_show_grace: timedelta = timedelta(minutes=30)
    solving: Solving = field(default_factory=Solving)


@dataclass(frozen=True)
class RoundReport:
    """What a round did. `more`: there is more to do at once. `not_before`: work that is gathered
    until then.
    """

    swept: Swept
    chores: int = 0
    offers: int = 0
    dropped: int = 0
    more: bool = False
    not_before: datetime | None = None


async def run_round(
    database: Database,
    market_id: int,
    now: datetime,
    *,
    fence: int | None = None,
    settings: RoundSettings | None = None,
    clock: Callable[[], datetime] | None = None,
    noting: Noting | None = None,
    waves: bool = True,
) -> RoundReport:
    """Deal with what has ended in a market and with the chores that are due.

    `clock` says how late it is when offers are written, from when their deadlines count; without
    one that is `now`. `noting` adds to the records whom the search left out, in its own time;
    without one that is done before this returns. `waves`: look, too, for those that people's
    answers have ended. Raises LeaseLost if `fence` is no longer the market's; nothing of the batch
    is then written.
    """
    settings, started = settings or RoundSettings(), time.perf_counter()
    moment = Moment(now, settings.no_show_grace)
    ended, work = await database.run(_look, market_id=market_id, moment=moment, waves=waves)
    swept = await sweep(database, ended, now)
    report = RoundReport(swept, more=max(swept) >= SWEEP_BATCH)
    if ended:
        work = await database.run(_work, market_id=market_id, now=now)
    if work is None:
        return report
    market, chores = work
    ready_at = _gathered_until(market, chores)
    if ready_at > now:
        return replace(report, not_before=ready_at)
    matched, spent = _split(market, chores)
    plans = [
        exhausted(chore, market.policy(chore.policy_version, chore.category), now)
        for chore in spent
    ]
    facts = RoundFacts(new_id(), now, len(chores), 0, "none", 0.0, 0.0)
    revisions: dict[str, int] = {}
    looked_at: Snapshot | None = None
    if matched:
        snapshot, result, facts = await match_due(
            database, market, matched, facts, settings.solving, started
        )
        plans += await settings.solving.plans(result, snapshot)
        revisions, looked_at = dict(snapshot.revisions), snapshot
    written = await _write(database, market, facts, plans, revisions, fence, clock or (lambda: now))
    if looked_at is not None:
        unnoted = _unnoted(looked_at, plans, facts.id)
        await note(database, unnoted) if noting is None else noting.add(unnoted)
    ROUNDS.inc()
    OFFERS.inc(written.offers)
    DROPPED.inc(written.dropped)
    more = report.more or written.dropped > 0 or len(chores) == MOST_CHORES
    return RoundReport(swept, len(chores), written.offers, written.dropped, more)


async def _look(
    session: AsyncSession, *, market_id: int, moment: Moment, waves: bool
) -> tuple[Ended, Work | None]:
    """What has ended; and, if nothing has, the due chores."""
    ended = await queries.ended(session, market_id, moment, SWEEP_BATCH, waves=waves)
    work = None if ended else await _work(session, market_id=market_id, now=moment.now)
    return ended, work


async def _work(session: AsyncSession, *, market_id: int, now: datetime) -> Work | None:
    """The due chores and their market, None if there are none."""
    chores = await queries.due_chores(session, market_id, now, MOST_CHORES)
    if not chores:
        return None
    versions = {chore.policy_version for chore in chores}
    market = await market_of_round(session, market_id, versions)
    return (market, chores) if market else None


def _gathered_until(market: RoundMarket, chores: Sequence[DueChore]) -> datetime:
    """When the round over these chores may start: a policy may gather work for a while."""
    return min(
        round_starts_at(market.policy(chore.policy_version, chore.category), chore.due_at)
        for chore in chores
    )


def _split(
    market: RoundMarket, chores: Sequence[DueChore]
) -> tuple[list[DueChore], list[DueChore]]:
    """The chores to match, and those that have had their last wave."""
    spent = [
        chore
        for chore in chores
        if is_exhausted(chore, market.policy(chore.policy_version, chore.category))
    ]
    gone = {chore.id for chore in spent}
    return [chore for chore in chores if chore.id not in gone], spent


def _unnoted(snapshot: Snapshot, plans: Sequence[Plan], round_id: UUID) -> Unnoted:
    """The chores that were decided on anew: their records are to say whom the search left out."""
    chores = [plan.chore for plan in plans if plan.record and str(plan.chore.id) in snapshot.chores]
    market, now = snapshot.market, snapshot.now
    return Unnoted(market, round_id, [sought(chore, market, now) for chore in chores])


async def _write(
    database: Database,
    market: RoundMarket,
    facts: RoundFacts,
    plans: Sequence[Plan],
    revisions: dict[str, int],
    fence: int | None,
    clock: Callable[[], datetime],
) -> Written:
    started = time.perf_counter()
    parts = [
        await database.run(
            write_batch,
            market=market,
            facts=facts,
            plans=part,
            revisions=revisions,
            fence=fence,
            now=max(clock(), facts.started_at),
        )
        for part in batches(plans)
    ]
    TOOK.labels("write").observe(ms_since(started) / 1000)
    return totals(parts)
