"""What a client or an operator does with a chore: post it, read it, list, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from matching.lifecycle import ChoreState
from notifications import messages as wire
from service import audit
from service.bookings.operations import cancel_as
from service.bookings.queries import live_booking_of_chore
from service.bookings.sight import REMEMBERED
from service.chores.meaning import Meant, Wish, check_wish
from service.chores.queries import (
    ChoreRow,
    Wanted,
    chore_by_id,
    close_cancelled,
    insert_chore,
    is_offered_to,
    lock_chore,
    market_page,
    withdraw_offers,
)
from service.db.direct import plan_once
from service.db.engine import wake
from service.db.tables import new_id
from service.errors import NotAllowed, NotFound, WrongState
from service.events.append import Announcement, announce
from service.http.access import Caller
from service.http.pages import Cut
from service.markets.districts import district_shape
from service.markets.operations import market_in_path
from service.markets.queries import MarketFacts, shapes_of
from service.offers.operations import withdrawn

View = Literal["exact", "held", "offered"]


async def post_chore(
    session: AsyncSession, *, client_id: UUID, wish: Wish, now: datetime
) -> ChoreRow:
    """Post a chore: it is due at once, under the policy in force.

    Raises UnknownMarket, UnknownCategory, DurationNotUsable, RateNotUsable, WindowNotUsable,
    OutsideMarket.
    """
    await plan_once(session)
    meant = await check_wish(session, wish=wish, now=now)
    market = meant.market
    chore_id = new_id()
    written = _chore(chore_id, client_id, wish, meant, now)
    client_name = await insert_chore(session, written)
    data = wire.ChorePosted(chore_id=chore_id, category=wish.category, match_by=meant.match_by)
    await announce(session, [Announcement(client_id, market.id, "chore.posted", data)], now=now)
    wake(session, f"work:{market.id}")
    return _posted(written, market, client_name)


async def read_chore(
    session: AsyncSession, *, chore_id: UUID, caller: Caller, now: datetime
) -> tuple[View, ChoreRow]:
    """A chore, and which view of it the caller may have. Raises NotFound for whoever has none."""
    row = await _existing(session, chore_id)
    if caller.account_id == row.client_id or caller.operator_role is not None:
        return "exact", row
    remembered = row.closed_at is None or now < row.closed_at + REMEMBERED
    if row.tasker_id is not None and caller.account_id == row.tasker_id and remembered:
        return "held", row
    if await is_offered_to(session, chore_id, caller.account_id):
        return "offered", row
    raise NotFound("There is no such chore here.")


async def list_of_market(
    session: AsyncSession, *, market: str, wanted: Wanted, cut: Cut
) -> list[ChoreRow]:
    """A market's chores for operators; none for a district that it does not have. Raises
    NotFound.
    """
    facts = await market_in_path(session, slug=market)
    within = None
    if wanted.district is not None:
        shapes = await shapes_of(session, facts.id)
        within = district_shape(shapes.places.get("features", []), wanted.district)
        if within is None:
            return []
    return await market_page(session, market_id=facts.id, wanted=wanted, within=within, cut=cut)


async def cancel_chore(
    session: AsyncSession, *, chore_id: UUID, caller: Caller, reason: str, now: datetime
) -> ChoreRow:
    """Call a chore off: its offers are withdrawn, its booking cancelled, everybody told.

    By its client, or by an operator who may edit while nobody holds it. Said again, nothing more
    happens. Raises NotFound, NotAllowed, WrongState, Invalid for an operator without a reason.
    """
    row = await _existing(session, chore_id)
    by = _side_of(row, caller)
    state = await lock_chore(session, chore_id)
    if state == ChoreState.CANCELLED:
        return await _existing(session, chore_id)
    if state == ChoreState.BOOKED and by == "client":
        await _cancel_booking(session, chore_id, reason, now)
    else:
        await _cancel_unbooked(session, row, state, by, reason, now)
    if by == "operator":
        audit.record(
            session,
            operator_id=caller.account_id,
            market_id=row.market_id,
            action="chore.cancel",
            subject=str(row.id),
            reason=reason,
            facts={"state": row.status},
            now=now,
        )
    return await _existing(session, chore_id)


async def _existing(session: AsyncSession, chore_id: UUID) -> ChoreRow:
    row = await chore_by_id(session, chore_id)
    if row is None:
        raise NotFound("There is no such chore here.")
    return row


def _side_of(row: ChoreRow, caller: Caller) -> wire.Actor:
    if caller.account_id == row.client_id:
        return "client"
    if caller.operator_role is None:
        raise NotFound("There is no such chore here.")
    if caller.operator_role != "editor":
        raise NotAllowed("This is for operators who may edit.")
    return "operator"


async def _cancel_booking(
    session: AsyncSession, chore_id: UUID, reason: str, now: datetime
) -> None:
    """The client cancels the booking, which ends the chore. Raises WrongState once it has begun."""
    booking = await live_booking_of_chore(session, chore_id)
    if booking is None:
        raise WrongState(state=ChoreState.BOOKED, action="cancel")
    await cancel_as(session, row=booking, by="client", reason=reason, now=now)


async def _cancel_unbooked(
    session: AsyncSession,
    row: ChoreRow,
    state: ChoreState | None,
    by: wire.Actor,
    reason: str,
    now: datetime,
) -> None:
    if state == ChoreState.BOOKED or not await close_cancelled(session, row.id, now):
        raise WrongState(state=state, action="cancel")
    offers = await withdraw_offers(session, row.id, reason="chore_cancelled", now=now)
    data = wire.ChoreCancelled(chore_id=row.id, by=by, reason=reason or None)
    told = [withdrawn(row.market_id, offer, "chore_cancelled") for offer in offers]
    told.append(Announcement(row.client_id, row.market_id, "chore.cancelled", data))
    await announce(session, told, now=now)
    wake(session, f"work:{row.market_id}")


def _posted(written: Mapping[str, Any], market: MarketFacts, client_name: str) -> ChoreRow:
    """The chore as it reads just after it was written."""
    same = {each: written[each] for each in ChoreRow.__slots__ if each in written}
    return ChoreRow(
        **same,
        market=market.slug,
        currency=market.currency,
        client_name=client_name,
        closed_at=None,
        booking_id=None,
        tasker_id=None,
    )


def _chore(
    chore_id: UUID, client_id: UUID, wish: Wish, meant: Meant, now: datetime
) -> dict[str, Any]:
    """The row."""
    market, window, member = meant.market, meant.window, meant.membership
    cell = cell_of(wish.place)
    return {
        "id": chore_id,
        "market_id": market.id,
        "client_id": client_id,
        "category": wish.category,
        "point": wish.place,
        "centre": centre_of(cell),
        "srid": market.srid,
        "cell": cell,
        "address": wish.address,
        "notes": wish.notes,
        "wanted_now": window.now,
        "window_start": window.start,
        "window_end": window.end,
        "duration_minutes": wish.minutes,
        "budget_rate": wish.budget.amount if wish.budget else None,
        "status": ChoreState.OPEN,
        "policy_version": meant.version,
        "wave": 0,
        "due_at": now,
        "match_by": meant.match_by,
        "created_at": now,
        "experiment_id": member.experiment_id if member else None,
        "arm": member.placement.arm if member else None,
        "counted": member.placement.counted if member else None,
    }
