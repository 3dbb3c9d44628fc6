"""Plans: what a round means for each chore, decided without a database, written afterwards.

A wave that found nobody waits its time like any other: a chore that somebody's change makes due
before is looked at early, and if that finds nobody its wave is not used up. After the policy's last
wave the chore is unfilled: looked at again when a tasker's change makes it due, and now and then in
any case, since somebody who was busy may be free again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from matching.lifecycle import ChoreEvent, ChoreState, next_state
from matching.policy import MatchingPolicy
from matching.result import MatchingResult, Offer, Outcome, OutcomeKind
from matching.wave import is_last, next_wave_at
from service.dispatch.queries import DueChore
from service.dispatch.snapshot import Snapshot

MOST_NAMED = 40
"""People a record names as considered, and as refused: some 30 KB at most."""


SELDOM = 5
"""An unfilled chore waits so many times as long as one between waves."""


class Decided(StrEnum):
    """The outcomes of a chore that decision records name."""

    OFFERS = "offers"
    NOBODY = "nobody"
    LEFT_OPEN = "left_open"
    HELD = "held"
    UNFILLED = "unfilled"


@dataclass(frozen=True)
class Plan:
    """What becomes of a chore: its next state, wave and due time, its offers, and the record of why
    (None where nothing changed since the last one).
    """

    chore: DueChore
    to: ChoreState
    wave: int
    due_at: datetime | None
    next_wave_at: datetime | None
    decided: Decided
    offers: tuple[Offer, ...] = ()
    record: Mapping[str, Any] | None = None

    @property
    def is_news(self) -> bool:
        """Whether the chore has become unfilled by this plan."""
        return self.to == ChoreState.UNFILLED and self.chore.status != ChoreState.UNFILLED


def is_exhausted(chore: DueChore, policy: MatchingPolicy) -> bool:
    """Whether an open chore has had its last wave: it is not matched again."""
    return chore.status == ChoreState.OPEN and chore.wave >= policy.max_waves


def exhausted(chore: DueChore, policy: MatchingPolicy, now: datetime) -> Plan:
    """The plan of a chore whose last wave has ended without anybody accepting."""
    to = next_state(ChoreState(chore.status), ChoreEvent.WAVES_EXHAUSTED)
    record = {
        "kind": "waves_exhausted",
        "policy_version": chore.policy_version,
        "waves": chore.wave,
        "max_waves": policy.max_waves,
    }
    again = _now_and_then(policy, now)
    return Plan(chore, to, chore.wave, again, None, Decided.UNFILLED, record=record)


def plans_of(result: MatchingResult, snapshot: Snapshot) -> Iterator[Plan]:
    """A plan for every chore of the round, in the order of the problem."""
    found = snapshot.found()
    for chore_id, chore in snapshot.chores.items():
        policy = snapshot.market.policy(chore.policy_version, chore.category)
        plan = _plan(chore, result.kind(chore_id), policy, snapshot.now)
        if plan.decided == chore.last_outcome and plan.decided != Decided.OFFERS:
            yield plan
            continue
        outcome = result.outcome(chore_id)
        record = record_of(outcome, chore, found.get(chore.id, 0), result, snapshot.revisions)
        if outcome.offers:
            ends = _wave_ends(outcome)
            plan = replace(plan, offers=outcome.offers, due_at=ends, next_wave_at=ends)
        yield replace(plan, record=record)


def postponed(plan: Plan, by: timedelta) -> Plan:
    """The plan with its offers' deadlines so much later, never past what the chore can wait for."""
    if not plan.offers or not by:
        return plan
    latest_s = plan.chore.match_by.timestamp()
    offers = tuple(
        replace(
            offer,
            expires_at_s=max(
                offer.expires_at_s, min(offer.expires_at_s + by.total_seconds(), latest_s)
            ),
        )
        for offer in plan.offers
    )
    ends = datetime.fromtimestamp(max(offer.expires_at_s for offer in offers), UTC)
    return replace(plan, offers=offers, due_at=ends, next_wave_at=ends)


def record_of(
    outcome: Outcome,
    chore: DueChore,
    found: int,
    result: MatchingResult,
    revisions: Mapping[str, int],
) -> dict[str, Any]:
    """The JSON of a decision: who was considered at what cost, who was refused by which rule, who
    comes next, what the solver was, under which policy. Places are those of privacy cells.

    Bounded: of those considered the cheapest `MOST_NAMED` and everybody offered it, of those
    refused the ones whom the fewest rules refuse; how many there were in all is said.
    """
    considered = outcome.candidates
    refused = sorted(outcome.refused, key=lambda each: len(each.rules))
    record = {
        "kind": str(outcome.kind),
        "policy_version": chore.policy_version,
        "wave_before": outcome.wave,
        "radius_m": outcome.radius_m,
        "wave_size": outcome.wave_size,
        "fill_chance": outcome.fill_chance,
        "solver": result.assignment.solver,
        "optimal": result.assignment.optimal,
        "open_terms": outcome.open_terms,
        "found": found,
        "feasible": len(considered),
        "considered": [
            vars(each) for n, each in enumerate(considered) if n < MOST_NAMED or each.offered
        ],
        "refused_by": Counter(rule for each in refused for rule in each.rules),
        "refused": [
            vars(each) | {"revision": revisions.get(each.tasker_id)}
            for each in refused[:MOST_NAMED]
        ],
        "next_candidate": outcome.next_candidate,
    }
    plain: dict[str, Any] = _plain(record)
    return plain


def _plan(chore: DueChore, kind: OutcomeKind, policy: MatchingPolicy, now: datetime) -> Plan:
    status = ChoreState(chore.status)
    if kind == OutcomeKind.OFFERS:
        to = next_state(status, ChoreEvent.OFFERS_EXTENDED)
        return Plan(chore, to, chore.wave + 1, now, now, Decided.OFFERS)
    if kind == OutcomeKind.HELD:
        until = chore.created_at + timedelta(seconds=policy.hold_s)
        again = max(min(until, next_wave_at(policy, now)), now + timedelta(seconds=1))
        return Plan(chore, status, chore.wave, again, chore.next_wave_at, Decided.HELD)
    decided = Decided(str(kind))
    if status == ChoreState.UNFILLED:
        return Plan(chore, status, chore.wave, _now_and_then(policy, now), None, Decided.UNFILLED)
    if chore.next_wave_at is not None and now < chore.next_wave_at:
        return Plan(chore, status, chore.wave, chore.next_wave_at, chore.next_wave_at, decided)
    if is_last(policy, chore.wave):
        to = next_state(status, ChoreEvent.WAVES_EXHAUSTED)
        again = _now_and_then(policy, now)
        return Plan(chore, to, chore.wave + 1, again, None, Decided.UNFILLED)
    again = next_wave_at(policy, now)
    return Plan(chore, status, chore.wave + 1, again, again, decided)


def _now_and_then(policy: MatchingPolicy, now: datetime) -> datetime:
    """When an unfilled chore is looked at again though nothing was heard that could help it."""
    return now + SELDOM * timedelta(seconds=policy.wave_retry_s)


def _wave_ends(outcome: Outcome) -> datetime:
    return datetime.fromtimestamp(max(o.expires_at_s for o in outcome.offers), UTC)


def _plain(value: Any) -> Any:
    """JSON values: numbers to three decimals, what is not a number as null."""
    kind = type(value)
    if kind is float:
        return round(value, 3) if math.isfinite(value) else None
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
