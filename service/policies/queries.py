"""The SQL of policies: versions, newest first, and the chores a new one can be applied to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    case,
    cast,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from matching.lifecycle import ChoreState
from matching.policy import PolicyDocument
from service.db.direct import Prepared
from service.db.tables import Account, Chore, Market, PolicyVersion

NEWEST = 2**31 - 1
WAITING = (ChoreState.OPEN, ChoreState.UNFILLED)
MATCHABLE = (*WAITING, ChoreState.OFFERED)
A_LITTLE_LATER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a market's policy. No author: it came with the market."""

    version: int
    document: dict[str, Any]
    author_id: UUID | None
    author: str | None
    reason: str
    created_at: datetime


def _of_market(market_id: int | BindParameter[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PolicyVersion.version,
            PolicyVersion.document,
            PolicyVersion.author_id,
            Account.name.label("author"),
            PolicyVersion.reason,
            PolicyVersion.created_at,
        )
        .outerjoin(Account, Account.id == PolicyVersion.author_id)
        .where(PolicyVersion.market_id == market_id)
    )


IN_FORCE = Prepared(_of_market(bindparam("market")).order_by(PolicyVersion.version.desc()).limit(1))


DOCUMENTS = Prepared(
    select(PolicyVersion.version, cast(PolicyVersion.document, Text)).where(
        PolicyVersion.market_id == bindparam("market"),
        PolicyVersion.version == any_(bindparam("numbers", type_=ARRAY(Integer))),
    )
)


async def newest_version(session: AsyncSession, market_id: int) -> Version:
    """The version in force."""
    (row,) = await IN_FORCE.rows(session, {"market": market_id})
    return Version(*row)


async def one_version(session: AsyncSession, market_id: int, version: int) -> Version | None:
    """A version by its number."""
    found = await session.execute(_of_market(market_id).where(PolicyVersion.version == version))
    row = found.mappings().one_or_none()
    return Version(**row) if row else None


async def documents(
    session: AsyncSession, market_id: int, numbers: Collection[int]
) -> dict[int, PolicyDocument]:
    """The documents of these versions, by number."""
    found = await DOCUMENTS.rows(session, {"market": market_id, "numbers": sorted(numbers)})
    return {version: document_of(text) for version, text in found}


@lru_cache(maxsize=64)
def document_of(text: str) -> PolicyDocument:
    """The document that this JSON writes. Kept, by what it says: every post and every round asks
    for the few that are in use, and checking one takes longer than reading it.
    """
    return PolicyDocument.model_validate_json(text)


async def versions(
    session: AsyncSession, market_id: int, *, before: int | None, limit: int
) -> list[Version]:
    """Versions below `before`, newest first."""
    found = await session.execute(
        _of_market(market_id)
        .where(PolicyVersion.version < (NEWEST if before is None else before))
        .order_by(PolicyVersion.version.desc())
        .limit(limit)
    )
    return [Version(**row) for row in found.mappings()]


async def lock_policy(session: AsyncSession, market_id: int) -> None:
    """Let one change of a market's policy follow the other. Rows that refer to it go on."""
    await session.execute(
        select(Market.id).where(Market.id == market_id).with_for_update(key_share=True)
    )


async def apply_to_open(
    session: AsyncSession, market_id: int, *, version: int, now: datetime
) -> int:
    """Put every chore still to be matched under `version`, and make due those that wait; how many.
    Chores of an experiment stay in their arms.

    One that is due already moves by a microsecond, so that a round which is looking at it under
    its old version finds it changed, and leaves it due. Locks chores in order of id.
    """
    locked = await session.scalars(
        select(Chore.id)
        .where(
            Chore.market_id == market_id,
            Chore.status.in_(MATCHABLE),
            Chore.match_by > now,
            Chore.experiment_id.is_(None),
        )
        .order_by(Chore.id)
        .with_for_update()
    )
    chosen = locked.all()
    due_at = case((Chore.due_at <= now, Chore.due_at + A_LITTLE_LATER), else_=now)
    await session.execute(
        update(Chore)
        .where(Chore.id.in_(chosen))
        .values(
            policy_version=version,
            due_at=case((Chore.status.in_(WAITING), due_at), else_=Chore.due_at),
        )
        .execution_options(synchronize_session=False)
    )
    return len(chosen)
