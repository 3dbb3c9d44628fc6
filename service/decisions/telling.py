"""Telling: what a record says to its chore's client, and to one of the taskers it names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.travel import TravelModel
from matching import words
from matching.explain import Change, Explanation, Standing, explain
from matching.policy import MatchingPolicy
from matching.words import Sought
from service.decisions.queries import DecisionRow
from service.dispatch.pairs import Pair

Refusals = Mapping[str, Mapping[str, float]]

RULE_OF_FILTER = {
    "over_budget": "over_budget",
    "outside_area": "outside_service_area",
    "days_off": "no_free_time",
}
"""The filters of the search that say what a rule says, and would have facts."""


@dataclass(frozen=True)
class Answer:
    """Why, to a tasker: about the wave and the moment it speaks of. `left_out_by` are filters of
    the search, `refusals` facts by rule, `changes` what the tasker could change.
    """

    chore_id: UUID
    at: datetime
    wave: int
    standing: str
    left_out_by: tuple[str, ...]
    refusals: Refusals
    changes: tuple[Change, ...]
    words: str


def sought(row: DecisionRow) -> Sought:
    """The counts of a record that its client is told, blurred later. For a chore for now only
    those count as near who were online. That the waves are over is no search, and counts nobody.
    """
    record, left_out = row.record, row.record.get("left_out", {})
    near = max(left_out.get("in_reach", 0) - left_out.get("not_online", 0), record.get("found", 0))
    return Sought(
        outcome=row.outcome,
        near=near if "found" in record else None,
        asked=asked(row),
        over_budget=left_out.get("over_budget", 0),
        elsewhere=left_out.get("outside_area", 0),
        busy=record.get("refused_by", {}).get("no_free_time", 0) + left_out.get("days_off", 0),
    )


def asked(row: DecisionRow) -> int:
    """How many offers a decision made."""
    offered = [each for each in row.record.get("considered", ()) if each["offered"]]
    return len(offered) - len(row.record.get("dropped", ()))


def names(row: DecisionRow, tasker_id: UUID) -> bool:
    """Whether the record names the tasker."""
    return any(True for _ in _entries(row, tasker_id))


def revision_in(row: DecisionRow, tasker_id: UUID) -> int | None:
    """The revision at which the record saw a tasker whom it refused or left out."""
    found = (entry.get("revision") for entry in _entries(row, tasker_id))
    return next((each for each in found if each is not None), None)


def then(chore_id: UUID, row: DecisionRow, tasker_id: UUID, asked: Asked | None = None) -> Answer:
    """What the record says of the tasker. `asked` is what the rules say of the two as they were:
    the facts behind a filter of the search, and what changes would have brought.
    """
    standing, left_out_by = _standing(row, tasker_id), _left_out(row, tasker_id)
    refusals = _refusals(row, tasker_id)
    changes: tuple[Change, ...] = ()
    if asked is not None and _agree(left_out_by, refusals, asked.found):
        rules = [RULE_OF_FILTER[each] for each in left_out_by] or list(refusals)
        refusals, left_out_by = {rule: asked.found.refusals[rule] for rule in rules}, ()
        changes = tuple(_judged(each, row, asked.policy) for each in asked.found.changes)
    helped = [each for each in changes if not each.still_refused_by][:1]
    reasons = [*_reasons(left_out_by, refusals), *map(words.would_help, helped)]
    text = "; ".join(reasons) if standing == Standing.REFUSED else words.THEN[standing]
    return Answer(chore_id, row.at, row.wave, standing, left_out_by, refusals, changes, text)


def now(
    chore_id: UUID,
    tasker_id: UUID,
    pair: Pair,
    travel: TravelModel,
    wave: int,
    at: datetime,
) -> Answer:
    """What the rules say of the pair as it is."""
    asked = ask_rules(chore_id, tasker_id, pair, travel)
    if asked is not None and not pair.left_out_by:
        found = asked.found
        text = words.for_tasker(found, now=True)
        return Answer(chore_id, at, wave, found.standing, (), found.refusals, found.changes, text)
    # Who is not online has no time for a chore for now: one reason, not two.
    refusals = dict(asked.found.refusals) if asked else {}
    refusals.pop("no_free_time", None)
    text = "; ".join(_reasons(pair.left_out_by, refusals))
    return Answer(chore_id, at, wave, Standing.REFUSED, pair.left_out_by, refusals, (), text)


def over(chore_id: UUID, wave: int, at: datetime) -> Answer:
    """The answer about a chore that nobody can be offered any more."""
    return Answer(chore_id, at, wave, "closed", (), {}, (), "it is no longer open")


@dataclass(frozen=True)
class Asked:
    """What the rules say of a pair and of each change, and the policy they went by."""

    found: Explanation
    policy: MatchingPolicy


def ask_rules(chore_id: UUID, tasker_id: UUID, pair: Pair, travel: TravelModel) -> Asked | None:
    """What the rules say of the pair and of each change; None without anything to ask them."""
    if pair.problem is None:
        return None
    found = explain(pair.problem, str(chore_id), str(tasker_id), travel, pair.model)
    return Asked(found, pair.problem.policies[0])


def _entries(row: DecisionRow, tasker_id: UUID) -> Iterator[dict[str, Any]]:
    wanted = str(tasker_id)
    for where in ("considered", "refused", "left_out_nearest"):
        yield from (each for each in row.record.get(where, ()) if each["tasker_id"] == wanted)


def _standing(row: DecisionRow, tasker_id: UUID) -> Standing:
    for entry in _entries(row, tasker_id):
        if "offered" not in entry:
            return Standing.REFUSED
        if entry["offered"] and entry["tasker_id"] not in row.record.get("dropped", ()):
            return Standing.OFFERED
        return Standing.HELD if row.outcome == "held" else Standing.OUTRANKED
    return Standing.NOT_CONSIDERED


def _left_out(row: DecisionRow, tasker_id: UUID) -> tuple[str, ...]:
    found = [each["filters"] for each in _entries(row, tasker_id) if "filters" in each]
    return tuple(found[0]) if found else ()


def _refusals(row: DecisionRow, tasker_id: UUID) -> Refusals:
    found: list[Refusals] = [each["rules"] for each in _entries(row, tasker_id) if "rules" in each]
    return found[0] if found else {}


def _judged(change: Change, row: DecisionRow, policy: MatchingPolicy) -> Change:
    """The change with the standing that its cost would have had among those of the record: offered
    if the wave wanted one more, or would have preferred this one.
    """
    if change.standing != Standing.OFFERED or change.cost_pence is None:
        return change
    offered = [each["total_pence"] for each in row.record.get("considered", ()) if each["offered"]]
    filled = row.record.get("fill_chance", 0) >= policy.wanted_fill_chance
    wanted = len(offered) < policy.max_offers_per_wave and not filled
    if wanted or change.cost_pence < max(offered):
        return change
    return Change(change.rules, Standing.OUTRANKED, (), change.cost_pence)


def _agree(left_out_by: tuple[str, ...], refusals: Refusals, found: Explanation) -> bool:
    """Whether the rules, asked again, say what the record says: else something else has changed
    since, a booking perhaps, and nothing can be said about what would have been.
    """
    if left_out_by:
        return {RULE_OF_FILTER.get(each) for each in left_out_by} <= found.refusals.keys()
    return bool(refusals) and refusals.keys() == found.refusals.keys()


def _reasons(left_out_by: tuple[str, ...], refusals: Refusals) -> list[str]:
    reasons = [words.LEFT_OUT[each] for each in left_out_by]
    return reasons + [words.REFUSALS[rule](_numbers(facts)) for rule, facts in refusals.items()]


def _numbers(facts: Mapping[str, float | None]) -> dict[str, float]:
    """Facts as the rules give them: what JSON cannot say was infinite."""
    return {name: float("inf") if value is None else value for name, value in facts.items()}
