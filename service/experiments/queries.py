"""The SQL of experiments: which one runs, what it was, and what became of its chores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    exists,
    func,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.db.tables import Account, Booking, Chore, Experiment, Offer, PolicyVersion
from service.http.pages import Cut


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a chore. `offers` as many as were made; `undecided` while a match may come."""

    cell: str
    posted_at: datetime
    arm: str | None
    counted: bool | None
    booked_at: datetime | None
    travel_s: int | None
    offers: int
    undecided: bool


def is_running(market_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an experiment gives a market's chores their arms at the time bound to `now`."""
    return exists().where(
        Experiment.market_id == market_id,
        Experiment.during.contains(bindparam("now", type_=DateTime(timezone=True))),
    )


async def running(session: AsyncSession, market_id: int, now: datetime) -> Experiment | None:
    """The experiment that gives a market's chores their arms just now."""
    found: Experiment | None = await session.scalar(
        select(Experiment).where(Experiment.market_id == market_id, Experiment.during.contains(now))
    )
    return found


async def overlapping(
    session: AsyncSession, market_id: int, starts_at: datetime, ends_at: datetime
) -> Experiment | None:
    """An experiment of a market that would run at the same time."""
    wanted = func.tstzrange(starts_at, ends_at)
    found: Experiment | None = await session.scalar(
        select(Experiment)
        .where(Experiment.market_id == market_id, Experiment.during.overlaps(wanted))
        .limit(1)
    )
    return found


async def has_version(session: AsyncSession, market_id: int, version: int) -> bool:
    """True if a market's policy ever had a version."""
    found = await session.scalar(
        select(
            exists().where(PolicyVersion.market_id == market_id, PolicyVersion.version == version)
        )
    )
    return bool(found)


async def one(
    session: AsyncSession, market_id: int, experiment_id: UUID, *, lock: bool = False
) -> tuple[Experiment, str] | None:
    """An experiment of a market, and its author's name."""
    asked = _with_author().where(Experiment.market_id == market_id, Experiment.id == experiment_id)
    if lock:
        asked = asked.with_for_update(of=Experiment)
    row = (await session.execute(asked)).one_or_none()
    return row and (row[0], row[1])


async def page_of(session: AsyncSession, market_id: int, cut: Cut) -> list[tuple[Experiment, str]]:
    """A market's experiments, newest first: one more than asked for if there are more."""
    asked = _with_author().where(Experiment.market_id == market_id)
    if cut.before is not None:
        asked = asked.where(Experiment.id < cut.before)
    rows = await session.execute(asked.order_by(Experiment.id.desc()).limit(cut.limit + 1))
    return [(row[0], row[1]) for row in rows]


async def outcomes(session: AsyncSession, experiment: Experiment, now: datetime) -> list[Outcome]:
    """What became of the chores of an experiment."""
    return await _outcomes(session, Chore.experiment_id == experiment.id, now)


async def recorded(
    session: AsyncSession, market_id: int, since: datetime, now: datetime
) -> list[Outcome]:
    """What became of the chores of a market since a time."""
    wanted = and_(Chore.market_id == market_id, Chore.created_at >= since)
    return await _outcomes(session, wanted, now)


async def _outcomes(
    session: AsyncSession, wanted: ColumnElement[bool], now: datetime
) -> list[Outcome]:
    first = (
        select(Booking.created_at, Booking.offer_id)
        .where(Booking.chore_id == Chore.id)
        .order_by(Booking.created_at)
        .limit(1)
        .correlate(Chore)
        .lateral("first")
    )
    asked = aliased(Offer)
    offers = (
        select(func.count(asked.id)).where(asked.chore_id == Chore.id).correlate(Chore)
    ).scalar_subquery()
    undecided = and_(first.c.created_at.is_(None), Chore.closed_at.is_(None), Chore.match_by > now)
    rows = await session.execute(
        select(
            Chore.cell,
            Chore.created_at,
            Chore.arm,
            Chore.counted,
            first.c.created_at,
            Offer.travel_s,
            offers,
            undecided,
        )
        .select_from(Chore)
        .outerjoin(first, true())
        .outerjoin(Offer, Offer.id == first.c.offer_id)
        .where(wanted)
    )
    return [Outcome(*row) for row in rows]


def _with_author() -> Select[Experiment, str]:
    return select(Experiment, Account.name).join(Account, Account.id == Experiment.author_id)
