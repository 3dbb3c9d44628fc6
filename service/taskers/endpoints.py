"""A tasker's profile and skills over HTTP, and the operators' list of a market's taskers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from service.errors import (
    MarketFixed,
    NotFound,
    OutsideMarket,
    ProfileNeeded,
    RateNotUsable,
    UnknownCategory,
    UnknownMarket,
)
from service.http.access import Operator, Tasker
from service.http.documentation import refuses
from service.http.pages import Page, PageOf, page
from service.markets.endpoints import MarketSlug
from service.markets.operations import Rate
from service.runtime import Db, Now
from service.taskers import operations
from service.taskers.schemas import (
    ProfileIn,
    ProfileOut,
    RateIn,
    SkillsIn,
    SkillsOut,
    TaskerDetail,
    TaskerOfMarket,
)

router = APIRouter(prefix="/v1/taskers/me", tags=["taskers"])
for_operators = APIRouter(tags=["operators"])

CategorySlug = Annotated[str, Path(max_length=80, examples=["furniture-assembly"])]


@router.put("", responses=refuses(UnknownMarket, OutsideMarket, MarketFixed))
async def put_profile(body: ProfileIn, caller: Tasker, db: Db, now: Now) -> ProfileOut:
    """Make the caller's profile, or replace it."""
    profile = await db.run(
        operations.put_profile,
        tasker_id=caller.account_id,
        market=body.market,
        base_point=body.base_point.lonlat(),
        values=body.columns(),
        now=now,
    )
    return ProfileOut.of(profile)


@router.get("", responses=refuses(NotFound))
async def read_own_profile(caller: Tasker, db: Db) -> ProfileOut:
    """The caller's profile; 404 until there is one."""
    return ProfileOut.of(await db.run(operations.read_profile, tasker_id=caller.account_id))


@router.get("/skills", responses=refuses(NotFound))
async def list_own_skills(caller: Tasker, db: Db) -> SkillsOut:
    """The caller's skills."""
    found = await db.run(operations.read_with_skills, tasker_id=caller.account_id)
    return SkillsOut.of(*found)


@router.put("/skills", responses=refuses(ProfileNeeded, UnknownCategory, RateNotUsable))
async def put_skills(body: SkillsIn, caller: Tasker, db: Db, now: Now) -> SkillsOut:
    """Replace the whole list of the caller's skills."""
    written = await db.run(
        operations.put_skills,
        tasker_id=caller.account_id,
        skills=[skill.named() for skill in body.skills],
        now=now,
    )
    return SkillsOut.of(*written)


@router.put("/skills/{category}", responses=refuses(ProfileNeeded, UnknownCategory, RateNotUsable))
async def put_skill(
    category: CategorySlug, body: RateIn, caller: Tasker, db: Db, now: Now
) -> SkillsOut:
    """Add one skill, or change its rate. Offers already made keep their rate."""
    written = await db.run(
        operations.put_skill,
        tasker_id=caller.account_id,
        category=category,
        rate=Rate(body.rate.amount, body.rate.currency),
        now=now,
    )
    return SkillsOut.of(*written)


@router.delete("/skills/{category}", status_code=204, responses=refuses(ProfileNeeded))
async def delete_skill(category: CategorySlug, caller: Tasker, db: Db, now: Now) -> None:
    """Take one skill away."""
    await db.run(operations.drop_skill, tasker_id=caller.account_id, category=category, now=now)


@for_operators.get("/v1/markets/{market}/taskers", responses=refuses(NotFound))
async def list_market_taskers(
    market: MarketSlug,
    _: Operator,
    db: Db,
    cut: PageOf,
    category: Annotated[str | None, Query(max_length=80)] = None,
    online: Annotated[bool | None, Query()] = None,
) -> Page[TaskerOfMarket]:
    """A market's taskers, newest first, for operators."""
    rows = await db.run(
        operations.list_taskers, market=market, category=category, online=online, cut=cut
    )
    return page(
        rows,
        cut,
        lambda row: row.id,
        lambda row: TaskerOfMarket.model_validate(TaskerOfMarket.fields_of(row)),
    )


@for_operators.get("/v1/taskers/{tasker_id}", responses=refuses(NotFound))
async def read_tasker(tasker_id: UUID, _: Operator, db: Db) -> TaskerDetail:
    """One tasker with their skills, for operators."""
    found = await db.run(operations.read_with_skills, tasker_id=tasker_id)
    return TaskerDetail.with_skills(*found)
