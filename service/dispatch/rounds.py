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

import numpy as np
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from matching.result import MatchingResult
from matching.wave import round_starts_at
from service.db.engine import Database
from service.db.tables import new_id
from service.dispatch import queries
from service.dispatch.market import RoundMarket, market_of_round
from service.dispatch.plans import Plan, exhausted, is_exhausted
from service.dispatch.queries import DueChore, Ended, Moment
from service.dispatch.rows import RoundFacts, Written
from service.dispatch.snapshot import Snapshot, sought, take_snapshot
from service.dispatch.solving import Solving
from service.dispatch.sweeps import BATCH as SWEEP_BATCH
from service.dispatch.sweeps import Swept, sweep
from service.dispatch.writing import (
    BATCH,
    batches,
    note_left_out,
    totals,
    write_batch,
)

log = structlog.get_logger("dibs.dispatch")

MOST_CHORES = 500
"""Chores of one round, some seconds of work: those due for longest come first, the rest form the
next, in which a chore posted meanwhile takes part."""
DEPTHS = (20, 120, 720)
"""How many candidates are sought for a chore; deeper only where rules refuse most of the
nearest.
"""

Work: TypeAlias = tuple[RoundMarket, list[DueChore]]
"""The due chores, and their market under the policies that hold for them."""
ENOUGH = 3
"""Candidates that a chore's rules must leave, or the search goes deeper: what a wave mostly
holds.
"""

ROUNDS = Counter("dibs_rounds", "Rounds that looked at chores")
OFFERS = Counter("dibs_round_offers", "Offers extended by rounds")
DROPPED = Counter("dibs_round_dropped", "Pairs and chores dropped since the world moved on")
TOOK = Histogram("dibs_round_seconds", "What a round took, by step", ["step"])


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
) -> RoundReport:
    """Deal with what has ended in a market and with the chores that are due.

    `clock` says how late it is when offers are written, from when their deadlines count; without
    one that is `now`. Raises LeaseLost if `fence` is no longer the market's; nothing of the batch
    is then written.
    """
    settings, started = settings or RoundSettings(), time.perf_counter()
    moment = Moment(now, settings.no_show_grace)
    ended, work = await database.run(_look, market_id=market_id, moment=moment)
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
        snapshot, result, facts = await _match(database, market, matched, facts, settings, started)
        plans += await settings.solving.plans(result, snapshot)
        revisions, looked_at = dict(snapshot.revisions), snapshot
    written = await _write(database, market, facts, plans, revisions, fence, clock or (lambda: now))
    if looked_at is not None:
        await _note_left_out(database, looked_at, plans, facts.id)
    ROUNDS.inc()
    OFFERS.inc(written.offers)
    DROPPED.inc(written.dropped)
    more = report.more or written.dropped > 0 or len(chores) == MOST_CHORES
    return RoundReport(swept, len(chores), written.offers, written.dropped, more)


async def _look(
    session: AsyncSession, *, market_id: int, moment: Moment
) -> tuple[Ended, Work | None]:
    """What has ended; and, if nothing has, the due chores."""
    ended = await queries.ended(session, market_id, moment, SWEEP_BATCH)
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


async def _match(
    database: Database,
    market: RoundMarket,
    chores: Sequence[DueChore],
    facts: RoundFacts,
    settings: RoundSettings,
    started: float,
) -> tuple[Snapshot, MatchingResult, RoundFacts]:
    """The snapshot and the answer to it, deeper for chores whose nearest cannot."""
    now = facts.started_at
    first, *deeper = DEPTHS
    snapshot = await database.run(take_snapshot, market=market, chores=chores, now=now, most=first)
    snapshot_ms, solve_ms, depth = _ms_since(started), 0.0, first
    while True:
        solving = time.perf_counter()
        result = await settings.solving.matched(snapshot)
        solve_ms += _ms_since(solving)
        thin = _thin(result, snapshot, depth)
        if not (thin and deeper):
            break
        reading, depth = time.perf_counter(), deeper.pop(0)
        snapshot = await _deeper(database, snapshot, thin, depth)
        snapshot_ms += _ms_since(reading)
    TOOK.labels("snapshot").observe(snapshot_ms / 1000)
    TOOK.labels("solve").observe(solve_ms / 1000)
    facts = replace(
        facts,
        candidates=len(result.priced.pairs),
        solver=result.assignment.solver,
        snapshot_ms=snapshot_ms,
        solve_ms=solve_ms,
    )
    return snapshot, result, facts


async def _deeper(
    database: Database, snapshot: Snapshot, thin: Sequence[DueChore], depth: int
) -> Snapshot:
    """The same snapshot with more candidates for some of its chores."""
    again = {chore.id for chore in thin}
    return await database.run(
        take_snapshot,
        market=snapshot.market,
        chores=list(snapshot.chores.values()),
        now=snapshot.now,
        most=depth,
        search=thin,
        known=[pair for pair in snapshot.pairs if pair.chore_id not in again],
    )


def _thin(result: MatchingResult, snapshot: Snapshot, depth: int) -> list[DueChore]:
    """The chores whose search stopped at `depth` and left too few for a wave."""
    feasible = np.diff(result.priced.pairs.first_of_chore)
    found = snapshot.found()
    return [
        chore
        for row, chore in enumerate(snapshot.chores.values())
        if found.get(chore.id, 0) >= depth and feasible[row] < _enough(snapshot, chore)
    ]


def _enough(snapshot: Snapshot, chore: DueChore) -> int:
    policy = snapshot.market.policy(chore.policy_version, chore.category)
    return min(ENOUGH, policy.max_offers_per_wave)


async def _note_left_out(
    database: Database, snapshot: Snapshot, plans: Sequence[Plan], round_id: UUID
) -> None:
    """Add to this round's records what the search left out: after the offers, which do not wait
    for it.
    """
    recorded = [
        plan.chore for plan in plans if plan.record and str(plan.chore.id) in snapshot.chores
    ]
    for at in range(0, len(recorded), BATCH):
        await database.run(
            note_left_out,
            market=snapshot.market,
            sought=[
                sought(chore, snapshot.market, snapshot.now) for chore in recorded[at : at + BATCH]
            ],
            round_id=round_id,
        )


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
    TOOK.labels("write").observe(_ms_since(started) / 1000)
    return totals(parts)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
