"""Rows: what a batch of a round leaves in the tables, in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, SmallInteger, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from matching.result import Offer
from service.db.direct import Prepared
from service.dispatch.market import RoundMarket
from service.dispatch.plans import Plan


@dataclass(frozen=True)
class RoundFacts:
    """A round as its row tells it. Times in milliseconds."""

    id: UUID
    started_at: datetime
    chores: int
    candidates: int
    solver: str
    snapshot_ms: float
    solve_ms: float


@dataclass(frozen=True)
class Written:
    """What a batch came to: offers made, and plans or offers dropped since the world moved on."""

    offers: int
    dropped: int


@dataclass(frozen=True)
class Made:
    """An offer that is made, with its row's id and the chore it is of."""

    id: UUID
    plan: Plan
    offer: Offer

    @property
    def tasker_id(self) -> UUID:
        """Whom it is made to."""
        return UUID(self.offer.tasker_id)


# The round's row (each batch adds to it), its offers, the chores as they now stand, the decisions.
# Records travel as one JSON array: psycopg escapes the elements of a text[] one by one.
WRITE = Prepared(
    text(
        """
    WITH round AS (
        INSERT INTO rounds AS r (id, market_id, fence, started_at, chores, candidates, offers,
                                 dropped, solver, snapshot_ms, solve_ms, write_ms)
        VALUES (:round_id, :market_id, :fence, :started_at, :chores, :candidates, :offers, :dropped,
                :solver, :snapshot_ms, :solve_ms, :write_ms)
        ON CONFLICT (id) DO UPDATE SET offers = r.offers + excluded.offers,
            dropped = r.dropped + excluded.dropped, write_ms = r.write_ms + excluded.write_ms
    ), made AS (
        INSERT INTO offers (id, market_id, chore_id, tasker_id, round_id, wave, status, rate,
                            starts_at, ends_at, distance_m, travel_s, extended_at, expires_at,
                            event_n)
        SELECT id, :market_id, chore_id, tasker_id, :round_id, wave, 'pending', rate, starts_at,
               ends_at, distance_m, travel_s, :now, expires_at, event_n
        FROM unnest(CAST(:offer_ids AS uuid[]), CAST(:offer_chores AS uuid[]),
                    CAST(:offer_taskers AS uuid[]), CAST(:offer_waves AS int[]),
                    CAST(:rates AS int[]), CAST(:starts AS timestamptz[]),
                    CAST(:ends AS timestamptz[]), CAST(:distances AS int[]),
                    CAST(:travels AS int[]), CAST(:expiries AS timestamptz[]),
                    CAST(:numbers AS bigint[]))
             AS t(id, chore_id, tasker_id, wave, rate, starts_at, ends_at, distance_m, travel_s,
                  expires_at, event_n)
    ), moved AS (
        UPDATE chores SET status = t.status, wave = t.wave, due_at = t.due_at,
                          next_wave_at = t.next_wave_at
        FROM unnest(CAST(:chore_ids AS uuid[]), CAST(:states AS text[]), CAST(:waves AS int[]),
                    CAST(:dues AS timestamptz[]), CAST(:next_waves AS timestamptz[]))
             AS t(id, status, wave, due_at, next_wave_at)
        WHERE chores.id = t.id
    )
    INSERT INTO decisions (market_id, chore_id, round_id, at, wave, policy_version, outcome, record)
    SELECT :market_id, chore_id, :round_id, :now, wave, policy_version, outcome, record
    FROM ROWS FROM (
        unnest(CAST(:decided_chores AS uuid[]), CAST(:decided_waves AS int[]),
               CAST(:versions AS int[]), CAST(:outcomes AS text[])),
        jsonb_array_elements(CAST(:records AS jsonb))
    ) AS t(chore_id, wave, policy_version, outcome, record)
    """
    ).bindparams(
        bindparam("market_id", type_=SmallInteger()),
        bindparam("round_id", type_=Uuid()),
        bindparam("now", type_=DateTime(timezone=True)),
    )
)


async def write_rows(
    session: AsyncSession,
    *,
    market: RoundMarket,
    facts: RoundFacts,
    fence: int | None,
    plans: Sequence[Plan],
    made: Sequence[Made],
    numbers: Sequence[int],
    written: Written,
    now: datetime,
    write_ms: float,
) -> None:
    """Write the batch; `numbers` of the offers' events come first among those announced."""
    await WRITE.rows(
        session,
        {
            "round_id": facts.id,
            "market_id": market.id,
            "now": now,
            "fence": fence or 0,
            "started_at": facts.started_at,
            "chores": facts.chores,
            "candidates": facts.candidates,
            "offers": written.offers,
            "dropped": written.dropped,
            "solver": facts.solver,
            "snapshot_ms": facts.snapshot_ms,
            "solve_ms": facts.solve_ms,
            "write_ms": write_ms,
            **_offers(made, numbers),
            **_chores(plans),
            **_decisions(plans),
        },
    )


def time_of(epoch_s: float) -> datetime:
    """The moment so many seconds after the epoch."""
    return datetime.fromtimestamp(epoch_s, UTC)


def _offers(made: Sequence[Made], numbers: Sequence[int]) -> dict[str, list[Any]]:
    return {
        "offer_ids": [each.id for each in made],
        "offer_chores": [each.plan.chore.id for each in made],
        "offer_taskers": [each.tasker_id for each in made],
        "offer_waves": [each.plan.wave for each in made],
        "rates": [each.offer.rate_per_h for each in made],
        "starts": [time_of(each.offer.starts_at_s) for each in made],
        "ends": [time_of(each.offer.ends_at_s) for each in made],
        "distances": [round(each.offer.distance_m) for each in made],
        "travels": [round(each.offer.travel_s) for each in made],
        "expiries": [time_of(each.offer.expires_at_s) for each in made],
        "numbers": list(numbers[: len(made)]),
    }


def _chores(plans: Sequence[Plan]) -> dict[str, list[Any]]:
    return {
        "chore_ids": [plan.chore.id for plan in plans],
        "states": [str(plan.to) for plan in plans],
        "waves": [plan.wave for plan in plans],
        "dues": [plan.due_at for plan in plans],
        "next_waves": [plan.next_wave_at for plan in plans],
    }


def _decisions(plans: Sequence[Plan]) -> dict[str, Any]:
    recorded = [plan for plan in plans if plan.record is not None]
    return {
        "decided_chores": [plan.chore.id for plan in recorded],
        "decided_waves": [plan.wave for plan in recorded],
        "versions": [plan.chore.policy_version for plan in recorded],
        "outcomes": [str(plan.decided) for plan in recorded],
        "records": json.dumps([plan.record for plan in recorded]),
    }
