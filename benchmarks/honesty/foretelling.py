"""What the record of one radius says of another, and what then happened."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.honesty.life import TICK, Life
from benchmarks.honesty.town import CATEGORIES, LIVING, MORNING, town_of
from matching.availability import Interval
from matching.policy import PolicyDocument
from matching.pricing import prices
from matching.replay.metrics import METRICS, Lane, active_h
from matching.replay.sweep import Basis, Sweep, play, result_of
from service.db.engine import Database
from service.markets.queries import market_by_id
from service.whatif.basis import recorded_basis

KNOBS = {
    "radius_growth": 1.6, "max_waves": 2, "wave_retry_s": 900, "presence_fresh_s": 86_400,
    "max_offers_per_wave": 3, "radius_cap_m": 30_000.0,
}  # fmt: skip
BOOKED = text(
    """
    SELECT c.id AS chore_id, b.tasker_id, b.rate, CAST(o.travel_s AS float8) AS travel_s,
           CAST(extract(epoch FROM b.created_at - c.created_at) AS float8) AS wait_s,
           CAST(extract(epoch FROM b.ends_at - b.starts_at) AS float8) AS work_s
    FROM bookings AS b JOIN chores AS c ON c.id = b.chore_id JOIN offers AS o ON o.id = b.offer_id
    WHERE b.market_id = CAST(:market_id AS smallint) AND b.status NOT IN ('cancelled', 'no_show')
    """
)
ASKED = text(
    """
    SELECT chore_id, count(*) FROM offers WHERE market_id = CAST(:market_id AS smallint)
    GROUP BY chore_id
    """
)


@dataclass(frozen=True)
class Lived:
    """A day that was lived: its policy, what came of it by metric, and what it says of others."""

    radius_m: float
    policy: PolicyDocument
    actual: dict[str, float]
    basis: Basis


def policy_with(radius_m: float) -> PolicyDocument:
    """The town's policy."""
    return PolicyDocument.model_validate({"default": {**KNOBS, "radius_m": radius_m}})


async def lived(
    database: Database, *, seed: int, radius_m: float, day: int, draws: int, name: str
) -> Lived:
    """Live one of the town's days under a radius, and read its record."""
    policy = policy_with(radius_m)
    life = Life(database, town_of(seed, day, name, policy), seed, day)
    await life.live()

    async def read(session: AsyncSession) -> Lived:
        market = await market_by_id(session, life.market_id)
        during = Interval(MORNING, MORNING + LIVING)
        basis = await recorded_basis(
            session,
            market=market,
            during=during,
            draws=draws,
            seed=seed,
            tick_s=TICK.total_seconds(),
        )
        assert basis is not None
        return Lived(radius_m, policy, await _actual(session, life.market_id, basis), basis)

    return await database.run(read)


def foretold(before: Lived, after: Lived, seed: int) -> list[dict[str, Any]]:
    """Of each metric what `before` says of the radius of `after`, beside what happened."""
    sweep = Sweep(before.policy, "radius_m", (after.radius_m,))
    result = result_of(
        sweep, before.basis, play(sweep, before.basis, range(len(before.basis.seeds)))
    )
    return [
        _row(seed, metric["name"], metric["points"], before, after) for metric in result["metrics"]
    ]


def _row(
    seed: int, name: str, points: list[dict[str, Any]], before: Lived, after: Lived
) -> dict[str, Any]:
    there, here = points
    low, high, actual = there["low"], there["high"], after.actual[name]
    return {
        "seed": seed,
        "metric": name,
        "direction": "up" if after.radius_m > before.radius_m else "down",
        "value_a": before.actual[name],
        "value_b": actual,
        "predicted": there["mean"],
        "predicted_low": low,
        "predicted_high": high,
        "inside": None if low is None else bool(low <= actual <= high),
        "change": there["change"],
        "played_a": here["mean"],
        "why": there["why"],
    }


async def _actual(session: AsyncSession, market_id: int, basis: Basis) -> dict[str, float]:
    """The metrics of what happened, by the very measures of a replay."""
    record = basis.record
    asked = {row[0]: row[1] for row in await session.execute(ASKED, {"market_id": market_id})}
    rows = (await session.execute(BOOKED, {"market_id": market_id})).all()
    number = {tasker: n for n, tasker in enumerate(record.taskers.ids)}
    work_s = np.array([row.work_s for row in rows])
    lane = Lane(
        block=np.zeros(len(record.chores), np.int64),
        asked=np.array([sum(asked.values()), *[0] * (len(record.chores) - 1)]),
        booked_block=np.zeros(len(rows), np.int64),
        wait_s=np.array([row.wait_s for row in rows]),
        travel_s=np.array([row.travel_s for row in rows]),
        pay=prices(np.array([row.rate for row in rows], np.int64), work_s),
        tasker=np.array([number[str(row.tasker_id)] for row in rows], np.int64),
        active_h=active_h(record),
    )
    assert set(record.categories) <= set(CATEGORIES)
    return {metric.name: float(metric.of(lane, np.ones((1, 1)))[0]) for metric in METRICS}
