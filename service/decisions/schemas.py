"""The wire of decisions: the operators' whole record, the client's sentence, the tasker's why."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from geo.coarse import coarse_m, coarse_s
from matching import words
from service.decisions import telling
from service.decisions.queries import DecisionRow
from service.decisions.telling import Answer
from service.http.schemas import Money, Out, UtcTime

Outcome = Literal["offers", "nobody", "left_open", "held", "unfilled"]
AT = "2026-11-23T12:00:00.000Z"
RECORD: dict[str, Any] = {
    "view": "record",
    "id": 4711,
    "round_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a16",
    "at": AT,
    "wave": 1,
    "policy_version": 3,
    "outcome": "offers",
    "record": {"radius_m": 5000.0, "next_candidate": None, "considered": [], "refused": []},
}
WORDS: dict[str, Any] = {
    "view": "words",
    "id": 4711,
    "at": AT,
    "wave": 1,
    "outcome": "offers",
    "near": {"at_least": 11, "at_most": 20},
    "asked": 3,
    "words": "11 to 20 taskers are near. 3 have been asked, and the first to accept takes it."
    " 3 to 5 ask more than your budget.",
}
WHY: dict[str, Any] = {
    "chore_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a12",
    "as_of": "then",
    "at": AT,
    "wave": 1,
    "standing": "refused",
    "words": "about 1 km outside your area; with the area extended you would have been offered it",
    "reasons": [
        {"rule": "outside_service_area", "by_m": 1000, "by_s": None, "by_rate": None},
    ],
    "changes": [
        {"rules": ["outside_service_area"], "standing": "offered", "still_refused_by": []},
    ],
}


class RecordedDecision(Out):
    """For operators, why a chore's outcome changed: who was considered at what cost, who was
    refused and by which rule, whom the search left out, who comes next, under which version of the
    policy.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [RECORD]})

    view: Literal["record"] = "record"
    id: int
    round_id: UUID
    at: UtcTime
    wave: int = Field(description="waves that the chore had had with this decision")
    policy_version: int
    outcome: Outcome
    record: dict[str, Any]

    @classmethod
    def of(cls, row: DecisionRow) -> RecordedDecision:
        """The wire's form of a decision."""
        return cls.model_validate(asdict(row))


class Count(Out):
    """A count, blurred."""

    at_least: int
    at_most: int | None = Field(description="null: or more")

    @classmethod
    def of(cls, count: int) -> Count:
        """A count as it may be told."""
        least, most = words.told(count)
        return cls(at_least=least, at_most=most)


class ToldDecision(Out):
    """For the client, in words, what a wave came to: nobody's name, place or rate."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [WORDS]})

    view: Literal["words"] = "words"
    id: int
    at: UtcTime
    wave: int
    outcome: Outcome
    near: Count | None = Field(
        description="taskers of the kind within reach; null: the waves were over, nobody was sought"
    )
    asked: int = Field(description="offers made")
    words: str

    @classmethod
    def of(cls, row: DecisionRow) -> ToldDecision:
        """What a record says to the client."""
        sought = telling.sought(row)
        return cls.model_validate(
            {
                "id": row.id,
                "at": row.at,
                "wave": row.wave,
                "outcome": row.outcome,
                "near": None if sought.near is None else Count.of(sought.near),
                "asked": sought.asked,
                "words": words.for_client(sought),
            }
        )


class Reason(Out):
    """What kept the tasker out, and by how much: coarse, and from the chore's privacy cell."""

    rule: str
    by_m: int | None = Field(description="metres, rounded up")
    by_s: int | None = Field(description="seconds, rounded up")
    by_rate: Money | None = Field(description="of the hourly rate")

    @classmethod
    def of(cls, rule: str, facts: dict[str, float | None], currency: str) -> Reason:
        """A refusal of a rule, or (without facts) a filter of the search."""
        by_m, by_s, pence = (facts.get(name) for name in ("by_m", "by_s", "by_pence"))
        return cls(
            rule=rule,
            by_m=None if by_m is None or math.isinf(by_m) else int(coarse_m(by_m)),
            by_s=None if by_s is None or math.isinf(by_s) else int(coarse_s(by_s)),
            by_rate=None if pence is None else Money(amount=int(pence), currency=currency),
        )


class ChangeOut(Out):
    """What changing what these rules look at would have done, or would do."""

    rules: list[str]
    standing: str
    still_refused_by: list[str]


class WhyOut(Out):
    """Why the tasker was, or was not, offered a chore; or would be, as things stand now."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [WHY]})

    chore_id: UUID
    as_of: Literal["then", "now"]
    at: UtcTime = Field(description="the moment it speaks of")
    wave: int
    standing: Literal["offered", "outranked", "refused", "held", "not_considered", "closed"]
    words: str
    reasons: list[Reason]
    changes: list[ChangeOut]

    @classmethod
    def of(cls, answer: Answer, as_of: Literal["then", "now"], currency: str) -> WhyOut:
        """The wire's form of an answer."""
        reasons = [Reason.of(each, {}, currency) for each in answer.left_out_by]
        reasons += [
            Reason.of(rule, dict(facts), currency) for rule, facts in answer.refusals.items()
        ]
        changes = [
            ChangeOut(
                rules=list(each.rules),
                standing=str(each.standing),
                still_refused_by=list(each.still_refused_by),
            )
            for each in answer.changes
        ]
        return cls.model_validate(
            {
                "chore_id": answer.chore_id,
                "as_of": as_of,
                "at": answer.at,
                "wave": answer.wave,
                "standing": str(answer.standing),
                "words": answer.words,
                "reasons": reasons,
                "changes": changes,
            }
        )
