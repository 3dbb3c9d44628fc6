"""The routes of decisions: a chore's, for operators and its client; a tasker's own question."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from geo.travel import GreatCircleTravel
from service.decisions import operations, telling
from service.decisions.operations import AsOf, Question
from service.decisions.schemas import RecordedDecision, ToldDecision, WhyOut
from service.decisions.telling import Answer
from service.errors import NotFound, TooManyRequests
from service.http.access import Person, Tasker
from service.http.documentation import refuses
from service.runtime import Db, Now, Run

router = APIRouter(tags=["decisions"])

DecisionOut = Annotated[RecordedDecision | ToldDecision, Field(discriminator="view")]


@router.get("/v1/chores/{chore_id}/decisions", responses=refuses(NotFound))
async def list_decisions(chore_id: UUID, caller: Person, db: Db) -> list[DecisionOut]:
    """Every decision about a chore, oldest first: for operators the whole record, for the chore's
    client in words.
    """
    view, rows = await db.run(operations.read_decisions, chore_id=chore_id, caller=caller)
    if view == "words":
        return [ToldDecision.of(row) for row in rows]
    return [RecordedDecision.of(row) for row in rows]


@router.get("/v1/taskers/me/decisions", responses=refuses(NotFound, TooManyRequests))
async def ask_why(
    caller: Tasker,
    request: Request,
    runtime: Run,
    now: Now,
    chore: Annotated[UUID, Query(description="the chore asked about")],
    as_of: Annotated[
        AsOf, Query(description="the decisions as they were made, or the rules as they stand now")
    ] = "then",
) -> list[WhyOut]:
    """Why was I, or was I not, offered this chore, and what would have helped? One answer for each
    decision that names the caller, oldest first; as of now, one.
    """
    runtime.limits.check("ask", request, str(caller.account_id))
    question = await runtime.database.run(
        operations.ask, chore_id=chore, tasker_id=caller.account_id, as_of=as_of, now=now
    )
    answers = await asyncio.to_thread(_answers, question, caller.account_id, as_of, now)
    return [WhyOut.of(answer, as_of, question.currency) for answer in answers]


def _answers(question: Question, tasker_id: UUID, as_of: AsOf, now: datetime) -> list[Answer]:
    chore, pair, travel = question.chore, question.pair, GreatCircleTravel()
    if as_of == "now":
        if pair is None:
            return [telling.over(chore.id, chore.wave, now)]
        return [telling.now(chore.id, tasker_id, pair, travel, chore.wave, now)]
    asked = telling.ask_rules(chore.id, tasker_id, pair, travel) if pair else None
    newest = len(question.rows) - 1
    return [
        telling.then(chore.id, row, tasker_id, asked if n == newest else None)
        for n, row in enumerate(question.rows)
    ]
