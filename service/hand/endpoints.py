"""Routes of what operators do by hand, and of its record."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from service.chores.operations import cancel_chore
from service.chores.schemas import ExactChore
from service.errors import Invalid, NotAllowed, NotFound, RulesBroken, WrongState
from service.hand import operations
from service.hand.offering import offer_by_hand
from service.hand.queries import NEWEST
from service.hand.schemas import (
    AuditOut,
    ExtendIn,
    FoundAccount,
    OfferIn,
    ReasonIn,
    SuspensionOut,
)
from service.http.access import Editor, Operator
from service.http.documentation import refuses
from service.http.idempotency import OnceOnly
from service.http.pages import Page, PageOf, page
from service.markets.endpoints import MarketSlug
from service.offers.of_chore import ExtendedOffer
from service.runtime import Db, Now, Run

router = APIRouter(prefix="/v1", tags=["operators"])

SUSPENDED = "The account was suspended."


@router.post(
    "/chores/{chore_id}/offers",
    status_code=201,
    response_model=ExtendedOffer,
    responses=refuses(NotFound, WrongState, RulesBroken, Invalid),
)
async def offer_chore(
    chore_id: UUID, body: OfferIn, caller: Editor, now: Now, once: OnceOnly
) -> Response:
    """Offer a chore to a chosen tasker. The rules are asked, and what they say is told."""
    return await once.run(
        ExtendedOffer.of,
        offer_by_hand,
        chore_id=chore_id,
        tasker_id=body.tasker_id,
        minutes=body.minutes,
        even_though=body.even_though,
        operator_id=caller.account_id,
        reason=body.reason,
        now=now,
    )


@router.post("/chores/{chore_id}/extend", responses=refuses(NotFound, WrongState))
async def extend_chore(
    chore_id: UUID, body: ExtendIn, caller: Editor, db: Db, now: Now
) -> ExactChore:
    """Give a chore more time to be matched. Taskers are looked for at once."""
    row = await db.run(
        operations.extend,
        chore_id=chore_id,
        match_by=body.match_by,
        operator_id=caller.account_id,
        reason=body.reason,
        now=now,
    )
    return ExactChore.of(row)


@router.get("/accounts", responses=refuses(NotFound))
async def find_accounts(
    _: Operator,
    db: Db,
    cut: PageOf,
    q: Annotated[
        str, Query(min_length=2, max_length=80, description="a part of a name or an e-mail")
    ],
    market: Annotated[str | None, Query(max_length=41)] = None,
) -> Page[FoundAccount]:
    """People by name or e-mail, newest first, for operators."""
    rows = await db.run(operations.find_accounts, text=q.strip(), market=market, cut=cut)
    return page(rows, cut, lambda row: row.account.id, FoundAccount.of)


@router.post("/accounts/{account_id}/suspend", responses=refuses(NotFound, NotAllowed))
async def suspend_account(
    account_id: UUID, body: ReasonIn, caller: Editor, runtime: Run, now: Now
) -> SuspensionOut:
    """Shut somebody out: sessions, streams, unanswered offers and open chores end; bookings stand
    and are named.
    """
    suspension = await runtime.database.run(
        operations.suspend,
        account_id=account_id,
        operator_id=caller.account_id,
        reason=body.reason,
        now=now,
    )
    runtime.sessions.forget_account(account_id)
    for chore_id in suspension.chores:
        await runtime.database.run(
            cancel_chore, chore_id=chore_id, caller=caller, reason=SUSPENDED, now=now
        )
    return SuspensionOut.of(suspension, len(suspension.chores))


@router.post("/accounts/{account_id}/reinstate", responses=refuses(NotFound, NotAllowed))
async def reinstate_account(
    account_id: UUID, body: ReasonIn, caller: Editor, runtime: Run, now: Now
) -> FoundAccount:
    """Let somebody back in. They sign in anew."""
    found = await runtime.database.run(
        operations.reinstate,
        account_id=account_id,
        operator_id=caller.account_id,
        reason=body.reason,
        now=now,
    )
    runtime.sessions.forget_account(account_id)
    return FoundAccount.of(found)


@router.get("/markets/{market}/audit", responses=refuses(NotFound))
async def read_audit(market: MarketSlug, _: Operator, db: Db, cut: PageOf) -> Page[AuditOut]:
    """What operators did by hand in a market: who, when, what, to what and why; newest first."""
    rows = await db.run(
        operations.read_audit,
        market=market,
        before=min(cut.before.int, NEWEST) if cut.before else None,
        limit=cut.limit,
    )
    return page(rows, cut, lambda row: UUID(int=row.entry.id), AuditOut.of)
