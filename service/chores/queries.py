"""Chores in SQL: one with its surroundings, the lists, the lock, the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from geo.postgis import WGS84, LonLatPoint
from matching.lifecycle import ChoreEvent, ChoreState, OfferEvent, OfferState, states_before
from service.db.direct import Prepared
from service.db.tables import Account, Booking, Category, Chore, Market, Offer
from service.db.tables.bookings import STANDS
from service.http.pages import Cut
from service.offers.settling import PENDING_COLUMNS, PendingOffer

END_OF_ID = re.compile(r"[0-9A-Fa-f-]{4,36}")
"""What may be the beginning or the end of an id: shorter, it would be in many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a market's chores: in any of the states (none: in all), of a category, in a district
    by its name, with a text in the address, the category's name or at an end of the id.
    """

    states: Sequence[str] = ()
    category: str | None = None
    district: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ChoreRow:
    """A chore with everything anybody may see of it; the views choose.

    `booking_id` and `tasker_id` are of the booking that stands or was completed. The budget is
    minor units an hour.
    """

    id: UUID
    market_id: int
    market: str
    currency: str
    client_id: UUID
    client_name: str
    category: str
    point: LonLat
    cell: str
    address: str
    notes: str
    wanted_now: bool
    window_start: datetime
    window_end: datetime
    duration_minutes: int
    budget_rate: int | None
    status: str
    wave: int
    match_by: datetime
    created_at: datetime
    closed_at: datetime | None
    booking_id: UUID | None
    tasker_id: UUID | None


def _with_surroundings() -> Select[*tuple[Any, ...]]:
    stands = and_(Booking.chore_id == Chore.id, text(f"bookings.{STANDS}"))
    return (
        select(
            Chore.id,
            Chore.market_id,
            Market.slug.label("market"),
            Market.currency,
            Chore.client_id,
            Account.name.label("client_name"),
            Chore.category,
            Chore.point,
            Chore.cell,
            Chore.address,
            Chore.notes,
            Chore.wanted_now,
            Chore.window_start,
            Chore.window_end,
            Chore.duration_minutes,
            Chore.budget_rate,
            Chore.status,
            Chore.wave,
            Chore.match_by,
            Chore.created_at,
            Chore.closed_at,
            Booking.id.label("booking_id"),
            Booking.tasker_id,
        )
        .join(Market, Market.id == Chore.market_id)
        .join(Account, Account.id == Chore.client_id)
        .outerjoin(Booking, stands)
    )


BY_ID = Prepared(_with_surroundings().where(Chore.id == bindparam("chore")))

_GIVEN = [each.name for each in Chore.__table__.columns if each.name != "metric_point"]
INSERT = Prepared(
    insert(Chore)
    .values(
        {name: bindparam(name, type_=Chore.__table__.columns[name].type) for name in _GIVEN}
        | {
            "metric_point": func.ST_Transform(
                bindparam("centre", type_=LonLatPoint()), bindparam("srid", type_=Integer())
            )
        }
    )
    .returning(
        # Written out: the row that is being made, not another look at the table.
        select(Account.name)
        .where(Account.id == literal_column("chores.client_id"))
        .scalar_subquery()
    )
)


async def chore_by_id(session: AsyncSession, chore_id: UUID) -> ChoreRow | None:
    """One chore with its surroundings."""
    row = await BY_ID.row(session, {"chore": chore_id})
    return ChoreRow(*row) if row else None


async def insert_chore(session: AsyncSession, values: Mapping[str, Any]) -> str:
    """Write a chore's row: a value for each column but `metric_point`, which is made of `centre` in
    the projection `srid`; what is left out is null. Returns the client's name.
    """
    return str(await INSERT.value(session, {**dict.fromkeys(_GIVEN), **values}))


async def client_page(
    session: AsyncSession, *, client_id: UUID, states: Sequence[str], cut: Cut
) -> list[ChoreRow]:
    """A client's own chores, newest first, one more than the page holds."""
    return await _page(
        session, _with_surroundings().where(Chore.client_id == client_id), states, cut
    )


async def market_page(
    session: AsyncSession,
    *,
    market_id: int,
    wanted: Wanted,
    within: BaseGeometry | None,
    cut: Cut,
) -> list[ChoreRow]:
    """A market's chores, newest first, one more than the page holds. `within`: the shape of the
    district that is wanted.
    """
    chores = _with_surroundings().where(Chore.market_id == market_id)
    if wanted.category is not None:
        chores = chores.where(Chore.category == wanted.category)
    if within is not None:
        shape = func.ST_GeomFromText(within.wkt, WGS84)
        chores = chores.where(func.ST_Intersects(Chore.point, shape))
    if wanted.text is not None:
        chores = chores.where(_speaks_of(market_id, wanted.text))
    return await _page(session, chores, wanted.states, cut)


def _speaks_of(market_id: int, text: str) -> ColumnElement[bool]:
    """Whether the address, the category's name or the id of a chore holds the text."""
    named = select(Category.slug).where(
        Category.market_id == market_id, Category.name.icontains(text, autoescape=True)
    )
    found = [Chore.address.icontains(text, autoescape=True), Chore.category.in_(named)]
    if END_OF_ID.fullmatch(text):
        written = sql_cast(Chore.id, Text)
        found += [written.startswith(text.lower()), written.endswith(text.lower())]
    return or_(*found)


async def _page(
    session: AsyncSession,
    wanted: Select[*tuple[Any, ...]],
    states: Sequence[str],
    cut: Cut,
) -> list[ChoreRow]:
    if states:
        wanted = wanted.where(Chore.status.in_(states))
    if cut.before is not None:
        wanted = wanted.where(Chore.id < cut.before)
    found = await session.execute(wanted.order_by(Chore.id.desc()).limit(cut.limit + 1))
    return [ChoreRow(**row) for row in found.mappings()]


async def is_offered_to(session: AsyncSession, chore_id: UUID, tasker_id: UUID) -> bool:
    """The tasker has a pending offer for the chore."""
    offered = exists().where(
        Offer.chore_id == chore_id,
        Offer.tasker_id == tasker_id,
        Offer.status == OfferState.PENDING,
    )
    return bool(await session.scalar(select(offered)))


async def lock_chore(session: AsyncSession, chore_id: UUID) -> ChoreState | None:
    """Lock a chore until the end of the transaction, before anything else; where it stands."""
    found = await session.scalar(select(Chore.status).where(Chore.id == chore_id).with_for_update())
    return None if found is None else ChoreState(found)


async def close_cancelled(session: AsyncSession, chore_id: UUID, now: datetime) -> bool:
    """The conditional UPDATE of a cancellation: True if the chore stood where it may be taken."""
    done = await session.execute(
        update(Chore)
        .where(Chore.id == chore_id, Chore.status.in_(sorted(states_before(ChoreEvent.CANCELLED))))
        .values(status=ChoreState.CANCELLED, due_at=None, closed_at=now)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1


async def withdraw_offers(
    session: AsyncSession, chore_id: UUID, *, reason: str, now: datetime
) -> list[PendingOffer]:
    """Withdraw the chore's pending offers, locked in order of id; the chore is locked already."""
    found = await session.execute(
        select(*PENDING_COLUMNS)
        .join(Chore, Chore.id == Offer.chore_id)
        .where(
            Offer.chore_id == chore_id,
            Offer.status.in_(sorted(states_before(OfferEvent.WITHDRAWN))),
        )
        .order_by(Offer.id)
        .with_for_update(of=Offer, key_share=True)
    )
    pending = [PendingOffer(*row) for row in found]
    await session.execute(
        update(Offer)
        .where(Offer.id.in_([offer.id for offer in pending]))
        .values(status=OfferState.WITHDRAWN, closed_at=now, closed_reason=reason)
        .execution_options(synchronize_session=False)
    )
    return pending
