"""Writing: a round's plans become offers, decisions and events, a batch of chores a transaction.

Under lock, what has changed since the snapshot is dropped and counted: a chore that is no longer as
it was read (answered, cancelled, made due anew by a tasker's change) is left alone; an offer to a
tasker whose revision has moved is not made, and a chore with none left stays due.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import centre_of
from matching.result import Offer
from notifications import messages as wire
from service.db.tables import new_id
from service.dispatch.leases import hold_lease
from service.dispatch.market import RoundMarket
from service.dispatch.plans import Decided, Plan
from service.events.append import Announcement, announce

BATCH = 100
"""Chores of one writing transaction: a few hundred people's counters are locked for some ms."""

LOCK_CHORES = text(
    """
    SELECT id, status, wave, due_at FROM chores
    WHERE id = ANY(CAST(:chores AS uuid[])) ORDER BY id FOR NO KEY UPDATE
    """
)
LOCK_TASKERS = text(
    """
    SELECT id, revision FROM taskers
    WHERE id = ANY(CAST(:taskers AS uuid[])) AND active ORDER BY id FOR NO KEY UPDATE
    """
)
INSERT_ROUND = text(
    """
    INSERT INTO rounds (id, market_id, fence, started_at, chores, candidates, offers, dropped,
                        solver, snapshot_ms, solve_ms, write_ms)
    VALUES (:id, :market_id, :fence, :started_at, :chores, :candidates, 0, 0,
            :solver, :snapshot_ms, :solve_ms, 0)
    ON CONFLICT (id) DO NOTHING
    """
)
FINISH_ROUND = text(
    """
    UPDATE rounds SET offers = :offers, dropped = :dropped, write_ms = :write_ms WHERE id = :id
    """
)
INSERT_OFFERS = text(
    """
    INSERT INTO offers (id, market_id, chore_id, tasker_id, round_id, wave, status, rate, starts_at,
                        ends_at, distance_m, travel_s, extended_at, expires_at, event_n)
    SELECT id, CAST(:market_id AS smallint), chore_id, tasker_id, CAST(:round_id AS uuid), wave,
           'pending', rate, starts_at, ends_at, distance_m, travel_s, CAST(:now AS timestamptz),
           expires_at, event_n
    FROM unnest(CAST(:ids AS uuid[]), CAST(:chores AS uuid[]), CAST(:taskers AS uuid[]),
                CAST(:waves AS int[]), CAST(:rates AS int[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[]), CAST(:distances AS int[]), CAST(:travels AS int[]),
                CAST(:expiries AS timestamptz[]), CAST(:numbers AS bigint[]))
         AS t(id, chore_id, tasker_id, wave, rate, starts_at, ends_at, distance_m, travel_s,
              expires_at, event_n)
    """
)
MOVE_CHORES = text(
    """
    UPDATE chores SET status = t.status, wave = t.wave, due_at = t.due_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:waves AS int[]),
                CAST(:dues AS timestamptz[])) AS t(id, status, wave, due_at)
    WHERE chores.id = t.id
    """
)
INSERT_DECISIONS = text(
    """
    INSERT INTO decisions (market_id, chore_id, round_id, at, wave, policy_version, outcome, record)
    SELECT CAST(:market_id AS smallint), chore_id, CAST(:round_id AS uuid),
           CAST(:now AS timestamptz), wave, policy_version, outcome, CAST(record AS jsonb)
    FROM unnest(CAST(:chores AS uuid[]), CAST(:waves AS int[]), CAST(:versions AS int[]),
                CAST(:outcomes AS text[]), CAST(:records AS text[]))
         AS t(chore_id, wave, policy_version, outcome, record)
    """
)


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
    """Carry out the plans that still hold. Raises LeaseLost if another dispatcher leads by now."""
    if fence is not None:
        await hold_lease(session, market_id=market.id, fence=fence)
    standing = await _still_as_read(session, plans)
    wanted = sum(len(plan.offers) for plan in standing)
    kept = await _to_unchanged_taskers(session, standing, revisions)
    made = [Made(new_id(), plan, offer) for plan in kept for offer in plan.offers]
    await _insert_round(session, market, facts, fence)
    numbers = await announce(session, _news(market, made, kept), now=now)
    await _insert_offers(session, market, facts.id, made, numbers, now)
    await _move_chores(session, kept)
    await _insert_decisions(session, market, facts.id, kept, now)
    return Written(len(made), len(plans) - len(standing) + wanted - len(made))


async def finish_round(
    session: AsyncSession, *, round_id: UUID, written: Written, write_ms: float
) -> None:
    """Note what the round came to."""
    await session.execute(
        FINISH_ROUND,
        {
            "id": round_id,
            "offers": written.offers,
            "dropped": written.dropped,
            "write_ms": write_ms,
        },
    )


async def _still_as_read(session: AsyncSession, plans: Sequence[Plan]) -> list[Plan]:
    """Lock the chores; the plans of those that nobody has touched since they were read."""
    ids = [plan.chore.id for plan in plans]
    rows = await session.execute(LOCK_CHORES, {"chores": ids})
    found = {row[0]: tuple(row[1:]) for row in rows}
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
    rows = await session.execute(LOCK_TASKERS, {"taskers": asked})
    fresh = {str(tasker) for tasker, revision in rows if revisions[str(tasker)] == revision}
    kept = [
        replace(plan, offers=tuple(o for o in plan.offers if o.tasker_id in fresh))
        for plan in plans
    ]
    return [plan for plan in kept if plan.offers or plan.decided != Decided.OFFERS]


async def _insert_round(
    session: AsyncSession, market: RoundMarket, facts: RoundFacts, fence: int | None
) -> None:
    await session.execute(
        INSERT_ROUND,
        {
            "id": facts.id,
            "market_id": market.id,
            "fence": fence or 0,
            "started_at": facts.started_at,
            "chores": facts.chores,
            "candidates": facts.candidates,
            "solver": facts.solver,
            "snapshot_ms": facts.snapshot_ms,
            "solve_ms": facts.solve_ms,
        },
    )


async def _insert_offers(
    session: AsyncSession,
    market: RoundMarket,
    round_id: UUID,
    made: Sequence[Made],
    numbers: Sequence[int],
    now: datetime,
) -> None:
    """The offers' rows; `numbers` of their events come first among those announced."""
    if not made:
        return
    await session.execute(
        INSERT_OFFERS,
        {
            "market_id": market.id,
            "round_id": round_id,
            "now": now,
            "ids": [each.id for each in made],
            "chores": [each.plan.chore.id for each in made],
            "taskers": [each.tasker_id for each in made],
            "waves": [each.plan.wave for each in made],
            "rates": [each.offer.rate_per_h for each in made],
            "starts": [_time(each.offer.starts_at_s) for each in made],
            "ends": [_time(each.offer.ends_at_s) for each in made],
            "distances": [round(each.offer.distance_m) for each in made],
            "travels": [round(each.offer.travel_s) for each in made],
            "expiries": [_time(each.offer.expires_at_s) for each in made],
            "numbers": list(numbers[: len(made)]),
        },
    )


async def _move_chores(session: AsyncSession, plans: Sequence[Plan]) -> None:
    if not plans:
        return
    await session.execute(
        MOVE_CHORES,
        {
            "ids": [plan.chore.id for plan in plans],
            "states": [str(plan.to) for plan in plans],
            "waves": [plan.wave for plan in plans],
            "dues": [plan.due_at for plan in plans],
        },
    )


async def _insert_decisions(
    session: AsyncSession,
    market: RoundMarket,
    round_id: UUID,
    plans: Sequence[Plan],
    now: datetime,
) -> None:
    recorded = [plan for plan in plans if plan.record is not None]
    if not recorded:
        return
    await session.execute(
        INSERT_DECISIONS,
        {
            "market_id": market.id,
            "round_id": round_id,
            "now": now,
            "chores": [plan.chore.id for plan in recorded],
            "waves": [plan.wave for plan in recorded],
            "versions": [plan.chore.policy_version for plan in recorded],
            "outcomes": [str(plan.decided) for plan in recorded],
            "records": [json.dumps(plan.record) for plan in recorded],
        },
    )


def _news(market: RoundMarket, made: Sequence[Made], plans: Sequence[Plan]) -> list[Announcement]:
    """The offers' events first, in the order of `made`; then what the clients are told."""
    told = [
        Announcement(
            each.tasker_id,
            market.id,
            "offer.extended",
            wire.OfferExtended(offer=_offer(each, market.currency)),
        )
        for each in made
    ]
    return told + [
        Announcement(plan.chore.client_id, market.id, *news)
        for plan in plans
        if (news := _to_client(plan))
    ]


def _to_client(plan: Plan) -> tuple[str, wire.Wire] | None:
    chore = plan.chore
    if plan.offers:
        offered = wire.ChoreOffered(chore_id=chore.id, wave=plan.wave, offers=len(plan.offers))
        return "chore.offered", offered
    if plan.is_news:
        unfilled = wire.ChoreUnfilled(chore_id=chore.id, waves=plan.wave, match_by=chore.match_by)
        return "chore.unfilled", unfilled
    return None


def _offer(made: Made, currency: str) -> wire.Offer:
    """The offer as its tasker is told of it: places and distances are of the chore's cell."""
    offer, chore = made.offer, made.plan.chore
    centre = centre_of(chore.cell)
    return wire.Offer(
        id=made.id,
        chore_id=chore.id,
        category=chore.category,
        near=wire.Point(coordinates=[centre.lon, centre.lat]),
        distance_m=float(round(offer.distance_m)),
        travel_s=float(round(offer.travel_s)),
        rate=wire.Money(amount=offer.rate_per_h, currency=currency),
        estimated_pay=wire.Money(amount=offer.pay, currency=currency),
        starts_at=_time(offer.starts_at_s),
        ends_at=_time(offer.ends_at_s),
        duration_min=chore.duration_minutes,
        wave=made.plan.wave,
        expires_at=_time(offer.expires_at_s),
    )


def _time(epoch_s: float) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


def totals(parts: Sequence[Written]) -> Written:
    """What all batches of a round came to."""
    return Written(sum(part.offers for part in parts), sum(part.dropped for part in parts))


def batches(plans: Sequence[Plan]) -> list[Sequence[Plan]]:
    """The plans, so many a transaction."""
    return [plans[at : at + BATCH] for at in range(0, len(plans), BATCH)]
