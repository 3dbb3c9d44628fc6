"""Asking why: who may, and what is read for the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import ChoreState
from service.decisions import telling
from service.decisions.queries import (
    DecisionRow,
    are_apart,
    decisions_of,
    revision_of,
    subject_of,
    was_offered,
)
from service.dispatch.market import market_of_round
from service.dispatch.pairs import Pair, read_pair
from service.dispatch.queries import DueChore, chore_as_due
from service.errors import NotFound
from service.http.access import Caller

AsOf = Literal["then", "now"]
MATCHABLE = (ChoreState.OPEN, ChoreState.OFFERED, ChoreState.UNFILLED)


@dataclass(frozen=True)
class Question:
    """What a tasker's question is answered from. `pair` is None where there is nothing to work
    out; `rows` are the decisions that name the tasker.
    """

    chore: DueChore
    currency: str
    rows: list[DecisionRow]
    pair: Pair | None


async def read_decisions(
    session: AsyncSession, *, chore_id: UUID, caller: Caller
) -> tuple[Literal["record", "words"], list[DecisionRow]]:
    """A chore's decisions, oldest first, and which view of them the caller has. Raises NotFound."""
    subject = await subject_of(session, chore_id)
    if subject is None:
        raise NotFound("There is no such chore here.")
    if caller.operator_role is not None:
        return "record", await decisions_of(session, chore_id)
    if caller.account_id == subject.client_id:
        return "words", await decisions_of(session, chore_id)
    raise NotFound("There is no such chore here.")


async def ask(
    session: AsyncSession, *, chore_id: UUID, tasker_id: UUID, as_of: AsOf, now: datetime
) -> Question:
    """What is known of a chore and a tasker who may ask about it. Raises NotFound."""
    subject = await subject_of(session, chore_id)
    chore = await chore_as_due(session, chore_id)
    if subject is None or chore is None:
        raise NotFound("There is no such chore here.")
    rows = [row for row in await decisions_of(session, chore_id) if telling.names(row, tasker_id)]
    known = bool(rows) or await was_offered(session, chore_id, tasker_id)
    if not known or await are_apart(session, subject.client_id, tasker_id):
        raise NotFound("There is no such chore here.")
    if as_of == "now":
        pair = await _as_of_now(session, subject.market_id, chore, tasker_id, now)
    else:
        pair = await _as_of_then(session, subject.market_id, chore, tasker_id, rows)
    return Question(chore, subject.currency, rows, pair)


async def _as_of_now(
    session: AsyncSession, market_id: int, chore: DueChore, tasker_id: UUID, now: datetime
) -> Pair | None:
    """The pair as it is, unless nobody can be offered the chore any more."""
    if chore.status not in MATCHABLE or chore.match_by <= now:
        return None
    return await _pair(session, market_id, chore, tasker_id, now, alone=False)


async def _as_of_then(
    session: AsyncSession,
    market_id: int,
    chore: DueChore,
    tasker_id: UUID,
    rows: list[DecisionRow],
) -> Pair | None:
    """The pair at the newest decision that kept the tasker out, if they are still as they were."""
    if not rows:
        return None
    row = rows[-1]
    seen_at = telling.revision_in(row, tasker_id)
    if seen_at is None or seen_at != await revision_of(session, tasker_id):
        return None
    had = row.record.get("wave_before", row.wave)
    as_it_was = replace(chore, wave=had, policy_version=row.policy_version)
    return await _pair(session, market_id, as_it_was, tasker_id, row.at, alone=True)


async def _pair(
    session: AsyncSession,
    market_id: int,
    chore: DueChore,
    tasker_id: UUID,
    at: datetime,
    *,
    alone: bool,
) -> Pair | None:
    market = await market_of_round(session, market_id, {chore.policy_version})
    if market is None:
        return None
    return await read_pair(
        session, market=market, chore=chore, tasker_id=tasker_id, now=at, alone=alone
    )
