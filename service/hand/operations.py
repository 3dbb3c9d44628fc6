"""What operators do by hand to chores and accounts, and the record of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from notifications import messages as wire
from service import audit
from service.accounts import queries as accounts
from service.chores.queries import ChoreRow, chore_by_id, lock_chore
from service.db.engine import wake
from service.db.tables import Account, Booking, LoginSession
from service.errors import Invalid, NotAllowed, NotFound, WrongState
from service.events.append import Announcement, announce
from service.hand import queries
from service.hand.queries import MATCHABLE, WAITING, Entry, Found
from service.http.pages import Cut
from service.markets.operations import market_in_path
from service.taskers.operations import set_active

LONGEST = timedelta(days=30)
"""How far ahead a chore's last moment may be moved."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """A suspended account, what ended with it, and what was left to be decided: the bookings that
    stand, and chores that still look for somebody.
    """

    found: Found
    offers_withdrawn: int
    bookings: Sequence[Booking]
    chores: Sequence[UUID]


async def find_accounts(
    session: AsyncSession, *, text: str, market: str | None, cut: Cut
) -> list[Found]:
    """People by a part of their name or e-mail, of one market if it is named. Raises NotFound."""
    market_id = (await market_in_path(session, slug=market)).id if market else None
    return await queries.accounts_page(session, text=text, market_id=market_id, cut=cut)


async def suspend(
    session: AsyncSession, *, account_id: UUID, operator_id: UUID, reason: str, now: datetime
) -> Suspension:
    """Shut somebody out: their sessions end, a tasker is taken out of matching and their offers are
    withdrawn. Said again, nothing more happens. Raises NotFound, and NotAllowed for an operator.
    """
    account = await _person(session, account_id)
    profile = await queries.profile_market(session, account_id)
    withdrawn = await queries.count_pending(session, account_id)
    bookings = await queries.live_bookings(session, account_id)
    if account.suspended_at is None:
        account.suspended_at, account.suspended_reason = now, reason
        await session.flush()
        theirs = LoginSession.account_id == account_id
        await accounts.revoke(session, theirs, reason="suspended", now=now)
        facts = {"offers_withdrawn": withdrawn, "bookings": [str(each.id) for each in bookings]}
        _note(session, "account.suspend", account, profile, operator_id, reason, facts, now)
        if profile is not None:
            await set_active(session, tasker_id=account_id, active=False, now=now)
    chores = await queries.matchable_chores(session, account_id)
    return Suspension(Found(account, profile and profile[1]), withdrawn, bookings, chores)


async def reinstate(
    session: AsyncSession, *, account_id: UUID, operator_id: UUID, reason: str, now: datetime
) -> Found:
    """Let somebody back in, who then signs in anew; a tasker takes part in matching again. Said
    again, nothing more happens. Raises NotFound, and NotAllowed for an operator.
    """
    account = await _person(session, account_id)
    profile = await queries.profile_market(session, account_id)
    if account.suspended_at is not None:
        account.suspended_at = account.suspended_reason = None
        await session.flush()
        _note(session, "account.reinstate", account, profile, operator_id, reason, {}, now)
        if profile is not None:
            await set_active(session, tasker_id=account_id, active=True, now=now)
    return Found(account, profile and profile[1])


async def extend(
    session: AsyncSession,
    *,
    chore_id: UUID,
    match_by: datetime,
    operator_id: UUID,
    reason: str,
    now: datetime,
) -> ChoreRow:
    """Give a chore that looks for somebody until `match_by`, a later end with it, tell its client,
    and look again.

    Raises NotFound, WrongState, Invalid for a moment that is no extension.
    """
    state = await lock_chore(session, chore_id)
    row = await chore_by_id(session, chore_id)
    if state is None or row is None:
        raise NotFound("There is no such chore here.")
    if state not in MATCHABLE:
        raise WrongState(state=state, action="extend")
    if not max(now, row.match_by) < match_by <= now + LONGEST:
        message = "The new last moment is later than the old one, and at most 30 days ahead."
        raise Invalid.field("match_by", "out_of_range", message)
    ends = max(row.window_end, match_by + timedelta(minutes=row.duration_minutes))
    due_at = now if state in WAITING else None
    await queries.extend_chore(session, chore_id, match_by=match_by, window_end=ends, due_at=due_at)
    audit.record(
        session,
        operator_id=operator_id,
        market_id=row.market_id,
        action="chore.extend",
        subject=str(chore_id),
        reason=reason,
        facts={"from": row.match_by.isoformat(), "to": match_by.isoformat()},
        now=now,
    )
    more = wire.ChoreExtended(chore_id=chore_id, match_by=match_by, window_end=ends)
    told = Announcement(row.client_id, row.market_id, "chore.extended", more)
    await announce(session, [told], now=now)
    wake(session, f"work:{row.market_id}", f"market:{row.market_id}")
    found = await chore_by_id(session, chore_id)
    return found or row


async def read_audit(
    session: AsyncSession, *, market: str, before: int | None, limit: int
) -> list[Entry]:
    """What was done by hand in a market, newest first. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    return await queries.audit_page(session, market_id=facts.id, before=before, limit=limit)


async def _person(session: AsyncSession, account_id: UUID) -> Account:
    """The account, kept from changing. Raises NotFound, NotAllowed for an operator's."""
    account = await accounts.account_locked(session, account_id)
    if account is None:
        raise NotFound("There is no such account.")
    if account.operator_role is not None:
        raise NotAllowed("Operators are made and shut out on the command line.")
    return account


def _note(
    session: AsyncSession,
    action: str,
    account: Account,
    profile: tuple[int, str] | None,
    operator_id: UUID,
    reason: str,
    facts: dict[str, object],
    now: datetime,
) -> None:
    audit.record(
        session,
        operator_id=operator_id,
        market_id=profile and profile[0],
        action=action,
        subject=str(account.id),
        reason=reason,
        facts=facts,
        now=now,
    )
