"""Offers in SQL: reading them with their surroundings, the accept's locks, the statement that
settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CursorResult,
    RowMapping,
    Select,
    Uuid,
    any_,
    bindparam,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from matching.lifecycle import OfferEvent, OfferState, states_before
from service.db.direct import Prepared, Transaction
from service.db.tables import Account, Category, Chore, Market, Offer, Tasker
from service.http.pages import Cut


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer and what stands around it. `cell` is all its tasker may know of the place before
    taking it.

    `point`, `address` and `notes` are for the booking that an accept makes. Rates are minor units
    an hour.
    """

    id: UUID
    market_id: int
    chore_id: UUID
    tasker_id: UUID
    round_id: UUID
    wave: int
    status: str
    rate: int
    starts_at: datetime
    ends_at: datetime
    distance_m: int
    travel_s: int
    extended_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    category: str
    cell: str
    chore_status: str
    client_id: UUID
    client_name: str
    tasker_name: str
    mode: str
    point: LonLat
    address: str
    notes: str
    currency: str
    minimum_minutes: int
    turn_around_s: int

    @property
    def held_until(self) -> datetime:
        """The end of what a booking of this offer holds: the plan, then the market's
        turn-around.
        """
        return self.ends_at + timedelta(seconds=self.turn_around_s)


_client = Account.__table__.alias("client")
_asked = Account.__table__.alias("asked")

_COLUMNS: tuple[Any, ...] = (
    Offer.id,
    Offer.market_id,
    Offer.chore_id,
    Offer.tasker_id,
    Offer.round_id,
    Offer.wave,
    Offer.status,
    Offer.rate,
    Offer.starts_at,
    Offer.ends_at,
    Offer.distance_m,
    Offer.travel_s,
    Offer.extended_at,
    Offer.expires_at,
    Offer.closed_at,
    Offer.closed_reason,
    Chore.category,
    Chore.cell,
    Chore.status.label("chore_status"),
    Chore.client_id,
    _client.c.name.label("client_name"),
    _asked.c.name.label("tasker_name"),
    Tasker.mode,
    Chore.point,
    Chore.address,
    Chore.notes,
    Market.currency,
    Category.minimum_minutes,
    Market.turn_around_s,
)


def _with_surroundings() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Chore, Chore.id == Offer.chore_id)
        .join(Tasker, Tasker.id == Offer.tasker_id)
        .join(Market, Market.id == Offer.market_id)
        .join(
            Category,
            (Category.market_id == Chore.market_id) & (Category.slug == Chore.category),
        )
        .join(_client, _client.c.id == Chore.client_id)
        .join(_asked, _asked.c.id == Offer.tasker_id)
    )


OF_TASKER = Prepared(
    _with_surroundings().where(
        Offer.id == bindparam("offer"), Offer.tasker_id == bindparam("tasker")
    )
)


MANY = Prepared(
    _with_surroundings().where(Offer.id == any_(bindparam("offers", type_=ARRAY(Uuid))))
)


def _row(found: RowMapping) -> OfferRow:
    return OfferRow(**found)


async def offer_of_tasker(
    session: Transaction, *, offer_id: UUID, tasker_id: UUID
) -> OfferRow | None:
    """One offer, if it is this tasker's."""
    row = await OF_TASKER.row(session, {"offer": offer_id, "tasker": tasker_id})
    return OfferRow(*row) if row else None


async def offers_by_id(session: Transaction, *, offers: Collection[UUID]) -> dict[UUID, OfferRow]:
    """Those of the offers that there are, whosever they be. One statement, which locks nothing."""
    rows = await MANY.rows(session, {"offers": list(offers)})
    return {row[0]: OfferRow(*row) for row in rows}


async def offers_page(
    session: AsyncSession, *, tasker_id: UUID, states: Sequence[str], cut: Cut
) -> list[OfferRow]:
    """A tasker's offers, newest first, one more than the page holds."""
    wanted = (
        _with_surroundings()
        .where(Offer.tasker_id == tasker_id)
        .order_by(Offer.id.desc())
        .limit(cut.limit + 1)
    )
    if states:
        wanted = wanted.where(Offer.status.in_(states))
    if cut.before is not None:
        wanted = wanted.where(Offer.id < cut.before)
    return [_row(row) for row in (await session.execute(wanted)).mappings()]


async def decline_pending(
    session: AsyncSession, *, offer_id: UUID, reason: str, now: datetime
) -> bool:
    """The conditional UPDATE of a decline: True if the offer was pending and in time."""
    done = await session.execute(
        update(Offer)
        .where(
            Offer.id == offer_id,
            Offer.status.in_(sorted(states_before(OfferEvent.DECLINED))),
            Offer.expires_at > now,
        )
        .values(status=OfferState.DECLINED, closed_at=now, closed_reason=reason)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount == 1
