"""An offer by hand: judged by a round's rules, written as a round's, in the operator's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from geo.travel import GreatCircleTravel
from matching.engine import match
from matching.explain import RELAXATIONS, refusals_of
from matching.lifecycle import ChoreEvent, ChoreState, next_state
from matching.result import Candidate, MatchingResult, Offer
from matching.rules import RULES
from matching.words import LEFT_OUT, REFUSALS
from service import audit
from service.bookings.queries import lock_chore_and_tasker
from service.chores.queries import chore_by_id
from service.db import tables
from service.db.engine import wake
from service.db.tables import new_id
from service.decisions.queries import are_apart, revision_of
from service.dispatch.market import RoundMarket, market_of_round
from service.dispatch.pairs import Pair, read_pair
from service.dispatch.plans import Decided, Plan, record_of
from service.dispatch.queries import DueChore, chore_as_due
from service.dispatch.rows import RoundFacts, time_of
from service.dispatch.writing import write_batch
from service.errors import Invalid, NotFound, RulesBroken, WrongState
from service.hand.queries import MATCHABLE
from service.offers.of_chore import Extended

BY_HAND = "by_hand"

BINDING = frozenset(
    {
        "not_active", "not_online", "wrong_category", "blocked", "already_asked",
        "cannot_arrive_in_time", "no_free_time",
    }
)  # fmt: skip
"""What no operator can waive: there is no rate or no plan, the tasker is off work for a chore that
is wanted now, or somebody said no.
"""

OF_THE_WAVE = frozenset({"not_a_favourite"})
"""What orders the asking within a round; an offer by hand is outside of that order."""

Refusals = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Hand:
    """Who offers what to whom by hand, and why."""

    chore: DueChore
    tasker_id: UUID
    operator_id: UUID
    reason: str
    minutes: int | None
    now: datetime


async def offer_by_hand(
    session: AsyncSession,
    *,
    chore_id: UUID,
    tasker_id: UUID,
    minutes: int | None,
    even_though: bool,
    operator_id: UUID,
    reason: str,
    now: datetime,
) -> Extended:
    """Offer a chore that looks for somebody to this tasker, as its next wave. Both are locked
    before they are read, so that no round plans for the tasker without this offer in view.

    Raises NotFound, WrongState, RulesBroken with what the rules say, Invalid for more minutes than
    the chore has.
    """
    await lock_chore_and_tasker(session, chore_id=chore_id, tasker_id=tasker_id)
    chore, row = await chore_as_due(session, chore_id), await chore_by_id(session, chore_id)
    if chore is None or row is None or await revision_of(session, tasker_id) is None:
        raise NotFound("There is no such chore, or no such tasker.")
    market = await market_of_round(session, row.market_id, {chore.policy_version})
    if market is None or chore.status not in MATCHABLE or chore.match_by <= now:
        raise WrongState(state=chore.status, action="offer")
    hand = Hand(chore, tasker_id, operator_id, reason, minutes, now)
    refusals = await _refusals(session, hand, market)
    if refusals and not (even_though and not BINDING & refusals.keys()):
        raise _broken(refusals)
    result = await _without(session, hand, market, refusals)
    return await _write(session, hand, market, result, sorted(refusals))


async def _refusals(session: AsyncSession, hand: Hand, market: RoundMarket) -> Refusals:
    """What the rules say of the pair in a round now, and what keeps it from the search."""
    pair = await _pair(session, hand, market, alone=False)
    if pair.problem is None:
        return _left_out(pair)
    result = match(pair.problem, GreatCircleTravel(), pair.model)
    found = refusals_of(result, 0, _row_of(hand, result)) | _left_out(pair)
    if await are_apart(session, hand.chore.client_id, hand.tasker_id):
        found["blocked"] = {}
    # Who is not online has no time for a chore for now: one reason, not two.
    beside = OF_THE_WAVE | ({"no_free_time"} if "not_online" in found else set())
    return {rule: facts for rule, facts in found.items() if rule not in beside}


async def _without(
    session: AsyncSession, hand: Hand, market: RoundMarket, waived: Refusals
) -> MatchingResult:
    """The round of this chore and this tasker alone, by the rules that were not waived."""
    pair = await _pair(session, hand, market, alone=True)
    problem = pair.problem
    if problem is None:
        raise _broken(_left_out(pair))
    row = problem.taskers.ids.index(str(hand.tasker_id))
    if "too_short_notice" in waived:
        problem = RELAXATIONS["too_short_notice"](problem, 0, row)
    rules = tuple(rule for rule in RULES if rule.__name__ not in waived)
    return match(problem, GreatCircleTravel(), pair.model, rules=rules)


def _left_out(pair: Pair) -> dict[str, dict[str, float]]:
    return {each: {} for each in pair.left_out_by}


async def _pair(session: AsyncSession, hand: Hand, market: RoundMarket, *, alone: bool) -> Pair:
    return await read_pair(
        session,
        market=market,
        chore=hand.chore,
        tasker_id=hand.tasker_id,
        now=hand.now,
        alone=alone,
    )


async def _write(
    session: AsyncSession,
    hand: Hand,
    market: RoundMarket,
    result: MatchingResult,
    waived: Sequence[str],
) -> Extended:
    """Write the offer, its events and the record as a round would. Raises WrongState if the world
    moved on meanwhile.
    """
    candidate = _candidate(hand, result)
    offer = _offer(hand, candidate, result)
    revision = await revision_of(session, hand.tasker_id) or 0
    plan = _plan(hand, offer, result, candidate, waived)
    facts = RoundFacts(new_id(), hand.now, 1, len(result.pairs), BY_HAND, 0.0, 0.0)
    written = await write_batch(
        session,
        market=market,
        facts=facts,
        plans=[plan],
        revisions={str(hand.tasker_id): revision},
        fence=None,
        now=hand.now,
    )
    if not written.offers:
        raise WrongState(state=hand.chore.status, action="offer")
    made = await session.scalar(select(tables.Offer).where(tables.Offer.round_id == facts.id))
    if made is None:
        raise NotFound
    audit.record(
        session,
        operator_id=hand.operator_id,
        market_id=market.id,
        action="offer.by_hand",
        subject=str(hand.chore.id),
        reason=hand.reason,
        facts={
            "tasker_id": str(hand.tasker_id), "offer_id": str(made.id), "waived": list(waived),
        },
        now=hand.now,
    )  # fmt: skip
    wake(session, f"work:{market.id}")
    return Extended(made, market.currency)


def _plan(
    hand: Hand,
    offer: Offer,
    result: MatchingResult,
    candidate: Candidate,
    waived: Sequence[str],
) -> Plan:
    chore, state = hand.chore, ChoreState(hand.chore.status)
    to = state
    if state != ChoreState.OFFERED:
        to = next_state(state, ChoreEvent.OFFERS_EXTENDED)
    ends = [time_of(offer.expires_at_s), chore.next_wave_at]
    until = max(each for each in ends if each is not None)
    asked = replace(candidate, offered=True)
    outcome = replace(result.outcome(offer.chore_id), candidates=(asked,), offers=(offer,))
    record = record_of(outcome, chore, 1, result, {})
    record |= {
        BY_HAND: {
            "operator_id": str(hand.operator_id), "reason": hand.reason, "waived": list(waived),
        }
    }  # fmt: skip
    return Plan(chore, to, offer.wave, until, until, Decided.OFFERS, (offer,), record)


def _offer(hand: Hand, candidate: Candidate, result: MatchingResult) -> Offer:
    chore, state = hand.chore, ChoreState(hand.chore.status)
    return Offer(
        chore_id=str(chore.id),
        tasker_id=candidate.tasker_id,
        wave=max(chore.wave, 1) if state == ChoreState.OFFERED else chore.wave + 1,
        position=1,
        starts_at_s=candidate.starts_at_s,
        ends_at_s=candidate.starts_at_s + chore.duration_minutes * 60,
        expires_at_s=_expires_s(hand, result),
        rate_per_h=candidate.rate_per_h,
        pay=int(result.pairs.pay[0]),
        distance_m=candidate.distance_m,
        travel_s=candidate.travel_s,
        chance=candidate.chance,
    )


def _expires_s(hand: Hand, result: MatchingResult) -> float:
    if hand.minutes is None:
        return float(result.problem.expiries_s[0])
    expires = hand.now + timedelta(minutes=hand.minutes)
    if expires > hand.chore.match_by:
        message = "The chore is to be matched before that."
        raise Invalid.field("minutes", "out_of_range", message)
    return expires.timestamp()


def _candidate(hand: Hand, result: MatchingResult) -> Candidate:
    """The tasker as the round priced them. Raises RulesBroken if there still is no plan."""
    for candidate in result.outcome(str(hand.chore.id)).candidates:
        if candidate.tasker_id == str(hand.tasker_id):
            return candidate
    raise _broken(refusals_of(result, 0, _row_of(hand, result)))


def _row_of(hand: Hand, result: MatchingResult) -> int:
    return result.problem.taskers.ids.index(str(hand.tasker_id))


def _broken(refusals: Refusals) -> RulesBroken:
    told: list[dict[str, Any]] = [
        {"rule": rule, "facts": dict(facts), "text": _text(rule, facts)}
        for rule, facts in refusals.items()
    ]
    return RulesBroken(refusals=told, can_be_waived=not BINDING & refusals.keys())


def _text(rule: str, facts: Mapping[str, float]) -> str:
    """The rule's sentence, as its tasker would be told it."""
    return REFUSALS[rule](facts) if rule in REFUSALS else LEFT_OUT[rule]
