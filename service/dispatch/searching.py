"""Matching: the due chores of a round with the nearest who might take them, searched deeper where
the nearest cannot.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from prometheus_client import Histogram

from matching.result import MatchingResult
from service.db.engine import Database
from service.dispatch.market import RoundMarket
from service.dispatch.queries import DueChore
from service.dispatch.rows import RoundFacts
from service.dispatch.snapshot import Snapshot, take_snapshot
from service.dispatch.solving import Solving

DEPTHS = (20, 120, 720)
"""How many candidates are sought for a chore; deeper only where rules refuse most of the
nearest.
"""
ENOUGH = 3
"""Candidates that a chore's rules must leave, or the search goes deeper: what a wave mostly
holds.
"""

TOOK = Histogram("dibs_round_seconds", "What a round took, by step", ["step"])


async def match_due(
    database: Database,
    market: RoundMarket,
    chores: Sequence[DueChore],
    facts: RoundFacts,
    solving: Solving,
    started: float,
) -> tuple[Snapshot, MatchingResult, RoundFacts]:
    """The snapshot of a round's due chores and the answer to it, deeper for those whose nearest
    cannot; and the round's facts with what that was. `started`: when the round began, by
    `time.perf_counter`.
    """
    now = facts.started_at
    first, *deeper = DEPTHS
    snapshot = await database.run(take_snapshot, market=market, chores=chores, now=now, most=first)
    snapshot_ms, solve_ms, depth = ms_since(started), 0.0, first
    while True:
        asked = time.perf_counter()
        result = await solving.matched(snapshot)
        solve_ms += ms_since(asked)
        thin = _thin(result, snapshot, depth)
        if not (thin and deeper):
            break
        reading, depth = time.perf_counter(), deeper.pop(0)
        snapshot = await _deeper(database, snapshot, thin, depth)
        snapshot_ms += ms_since(reading)
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
    return await database.run(
        take_snapshot,
        market=snapshot.market,
        chores=list(snapshot.chores.values()),
        now=snapshot.now,
        most=depth,
        thin=thin,
        before=snapshot,
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


def ms_since(started: float) -> float:
    """Milliseconds since a moment of `time.perf_counter`."""
    return (time.perf_counter() - started) * 1000
