"""A tasker's profile and skills: what they say of themselves, checked, and written with its
effects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from service.db.tables import Tasker
from service.errors import Invalid, MarketFixed, NotFound
from service.http.pages import Cut
from service.markets.operations import (
    Rate,
    known_category,
    market_in_body,
    market_in_path,
    refuse_far,
    refuse_skill_rate,
)
from service.markets.queries import MarketFacts, market_by_id
from service.offers.operations import take_back
from service.taskers.changes import begin_change, end_change
from service.taskers.presence.operations import go_offline
from service.taskers.queries import (
    Profile,
    SkillRow,
    delete_skills,
    lock_edits,
    move_skills,
    profile_of,
    profiles_page,
    skills_of,
    switch_skills,
    write_skills,
)

Skills = Sequence[tuple[str, Rate]]


async def read_profile(session: AsyncSession, *, tasker_id: UUID) -> Profile:
    """A tasker's profile. Raises NotFound while they have none."""
    profile = await profile_of(session, tasker_id)
    if profile is None:
        raise NotFound("There is no such tasker profile.")
    return profile


async def read_with_skills(
    session: AsyncSession, *, tasker_id: UUID
) -> tuple[Profile, list[SkillRow]]:
    """A tasker's profile and skills. Raises NotFound."""
    profile = await read_profile(session, tasker_id=tasker_id)
    return profile, await skills_of(session, tasker_id)


async def list_taskers(
    session: AsyncSession, *, market: str, category: str | None, online: bool | None, cut: Cut
) -> list[Profile]:
    """A market's taskers for operators. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    return await profiles_page(
        session, market_id=facts.id, category=category, online=online, cut=cut
    )


async def put_profile(
    session: AsyncSession,
    *,
    tasker_id: UUID,
    market: str,
    base_point: LonLat,
    values: Mapping[str, Any],
    now: datetime,
) -> Profile:
    """Make or replace a profile; `values` are its other columns by name.

    Raises UnknownMarket, OutsideMarket, MarketFixed.
    """
    facts = await market_in_body(session, slug=market)
    refuse_far(facts, base_point)
    await lock_edits(session, tasker_id)
    before = await profile_of(session, tasker_id)
    wanted = {"base_point": base_point, **values}
    if before is None:
        await _make_profile(session, tasker_id, facts, wanted, now)
    elif before.market_id != facts.id:
        raise MarketFixed(market=before.market)
    elif any(getattr(before, name) != value for name, value in wanted.items()):
        await move_skills(session, before, base_point)
        await end_change(session, before, now=now, **wanted)
    return await read_profile(session, tasker_id=tasker_id)


async def _make_profile(
    session: AsyncSession,
    tasker_id: UUID,
    market: MarketFacts,
    values: Mapping[str, Any],
    now: datetime,
) -> None:
    """A new profile has no skills and no area yet, so there is no chore it could take."""
    row = Tasker(
        id=tasker_id, market_id=market.id, active=True, revision=1, created_at=now, **values
    )
    session.add(row)
    await session.flush()


async def put_skills(
    session: AsyncSession, *, tasker_id: UUID, skills: Skills, now: datetime
) -> tuple[Profile, list[SkillRow]]:
    """Replace the whole list of skills.

    Raises ProfileNeeded, UnknownCategory, RateNotUsable, Invalid for a category named twice.
    """
    _refuse_twice(skills)
    profile = await begin_change(session, tasker_id)
    wanted = await _checked(session, profile, skills, "skills.{}.")
    before = await skills_of(session, tasker_id)
    if sorted(before, key=_category) != sorted(wanted, key=_category):
        await delete_skills(
            session, tasker_id, {*map(_category, before)} - {*map(_category, wanted)}
        )
        await write_skills(session, profile, [skill for skill in wanted if skill not in before])
        await end_change(session, profile, now=now)
    return profile, await skills_of(session, tasker_id)


async def put_skill(
    session: AsyncSession, *, tasker_id: UUID, category: str, rate: Rate, now: datetime
) -> tuple[Profile, list[SkillRow]]:
    """Add a skill or change its rate. Raises ProfileNeeded, UnknownCategory, RateNotUsable."""
    profile = await begin_change(session, tasker_id)
    (wanted,) = await _checked(session, profile, [(category, rate)], "")
    if wanted not in await skills_of(session, tasker_id):
        await write_skills(session, profile, [wanted])
        await end_change(session, profile, now=now)
    return profile, await skills_of(session, tasker_id)


async def drop_skill(
    session: AsyncSession, *, tasker_id: UUID, category: str, now: datetime
) -> None:
    """Take a skill away; one that is not there is gone already. Raises ProfileNeeded."""
    profile = await begin_change(session, tasker_id)
    if category in map(_category, await skills_of(session, tasker_id)):
        await delete_skills(session, tasker_id, {category})
        await end_change(session, profile, now=now)


async def set_active(
    session: AsyncSession, *, tasker_id: UUID, active: bool, now: datetime
) -> None:
    """Take a tasker out of matching, or back in, as when an account is suspended. Their pending
    offers are withdrawn. Raises ProfileNeeded.
    """
    profile = await begin_change(session, tasker_id)
    if profile.active != active:
        if not active:
            await go_offline(session, tasker_id=tasker_id, now=now)
        await switch_skills(session, tasker_id, active=active)
        await end_change(session, profile, now=now, active=active)
        if not active:
            await take_back(session, market_id=profile.market_id, tasker_id=tasker_id, now=now)


async def _checked(
    session: AsyncSession, profile: Profile, skills: Skills, prefix: str
) -> list[SkillRow]:
    """The skills, each of a category of the market at a rate that can be meant there."""
    market = await market_by_id(session, profile.market_id)
    rows = []
    for number, (slug, rate) in enumerate(skills):
        at = prefix.format(number)
        category = await known_category(session, market, slug, f"{at}category")
        refuse_skill_rate(market, category, rate, field=f"{at}rate")
        rows.append(SkillRow(category.slug, rate.amount))
    return rows


def _refuse_twice(skills: Skills) -> None:
    seen: set[str] = set()
    for number, (category, _) in enumerate(skills):
        if category in seen:
            message = f"{category} is named twice."
            raise Invalid.field(f"skills.{number}.category", "named_twice", message)
        seen.add(category)


def _category(skill: SkillRow) -> str:
    return skill.category
