"""The routes of chores: post, list, read, cancel; and the operators' list of a market's."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from service.chores import operations
from service.chores.queries import Wanted, client_page
from service.chores.schemas import CancelIn, ChoreIn, ChoreOut, ExactChore, State, shown
from service.errors import (
    DurationNotUsable,
    Invalid,
    NotFound,
    OutsideMarket,
    RateNotUsable,
    TooManyRequests,
    UnknownCategory,
    UnknownMarket,
    UriTooLong,
    WindowNotUsable,
    WrongState,
)
from service.http.access import Client, Operator, Person
from service.http.documentation import refuses
from service.http.idempotency import OnceOnly
from service.http.pages import Page, PageOf, page
from service.markets.endpoints import MarketSlug
from service.runtime import Db, Now, Run

router = APIRouter(tags=["chores"])

States = Annotated[list[State] | None, Query(description="only chores in these states")]
Sought = Annotated[
    str | None,
    Query(
        min_length=2,
        max_length=80,
        description="a part of the address, of the category's name, or of the chore's id",
        examples=["E8"],
    ),
]

NOT_POSTED = (
    UnknownMarket,
    UnknownCategory,
    OutsideMarket,
    WindowNotUsable,
    DurationNotUsable,
    RateNotUsable,
    TooManyRequests,
)


@router.post(
    "/v1/chores", status_code=201, response_model=ExactChore, responses=refuses(*NOT_POSTED)
)
async def post_chore(
    body: ChoreIn, caller: Client, request: Request, once: OnceOnly, runtime: Run, now: Now
) -> JSONResponse:
    """Post a chore. Taskers are looked for from this moment on."""
    runtime.limits.check("post", request, str(caller.account_id))
    return await once.run(
        ExactChore.of,
        operations.post_chore,
        client_id=caller.account_id,
        wish=body.posted(),
        now=now,
    )


@router.get("/v1/chores")
async def list_chores(
    caller: Client, db: Db, cut: PageOf, state: States = None
) -> Page[ExactChore]:
    """The caller's own chores, newest first."""
    rows = await db.run(client_page, client_id=caller.account_id, states=state or [], cut=cut)
    return page(rows, cut, lambda row: row.id, ExactChore.of)


@router.get("/v1/chores/{chore_id}", responses=refuses(NotFound))
async def read_chore(
    chore_id: UUID, caller: Person, db: Db, now: Now
) -> Annotated[ChoreOut, Field(discriminator="view")]:
    """One chore, in the view the caller may have of it: `exact`, `held` or `offered`."""
    view, row = await db.run(operations.read_chore, chore_id=chore_id, caller=caller, now=now)
    return shown(view, row)


@router.post("/v1/chores/{chore_id}/cancel", responses=refuses(NotFound, WrongState, Invalid))
async def cancel_chore(
    chore_id: UUID, caller: Person, db: Db, now: Now, body: CancelIn | None = None
) -> ExactChore:
    """Call a chore off: its offers are withdrawn, and its booking, if not begun, is cancelled."""
    row = await db.run(
        operations.cancel_chore,
        chore_id=chore_id,
        caller=caller,
        reason=body.reason if body else "",
        now=now,
    )
    return ExactChore.of(row)


@router.get(
    "/v1/markets/{market}/chores", tags=["operators"], responses=refuses(NotFound, UriTooLong)
)
async def list_market_chores(
    market: MarketSlug,
    _: Operator,
    db: Db,
    cut: PageOf,
    state: States = None,
    category: Annotated[str | None, Query(max_length=80)] = None,
    district: Annotated[str | None, Query(max_length=80, examples=["Hackney"])] = None,
    q: Sought = None,
) -> Page[ExactChore]:
    """A market's chores, newest first, for operators."""
    wanted = Wanted(states=state or [], category=category, district=district, text=q)
    rows = await db.run(operations.list_of_market, market=market, wanted=wanted, cut=cut)
    return page(rows, cut, lambda row: row.id, ExactChore.of)
