"""Taskers in SQL: the profile, the skills with their copies of the base point, and the lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from geo.postgis import to_metric
from service.db.tables import Account, Category, Market, Presence, Skill, Tasker
from service.http.pages import Cut


@dataclass(frozen=True, slots=True)
class Profile:
    """A tasker's profile, and what of their market goes with it. `cell`: where they are online."""

    id: UUID
    name: str
    market_id: int
    market: str
    zone: str
    currency: str
    srid: int
    base_point: LonLat
    mode: str
    bio: str
    minimum_notice_minutes: int
    most_minutes_a_day: int
    furthest_m: int
    active: bool
    revision: int
    created_at: datetime
    cell: str | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class SkillRow:
    """A category and the hourly rate, in minor units of the market's currency."""

    category: str
    rate: int


def _profiles() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Tasker.id,
            Account.name,
            Tasker.market_id,
            Market.slug.label("market"),
            Market.zone,
            Market.currency,
            Market.srid,
            Tasker.base_point,
            Tasker.mode,
            Tasker.bio,
            Tasker.minimum_notice_minutes,
            Tasker.most_minutes_a_day,
            Tasker.furthest_m,
            Tasker.active,
            Tasker.revision,
            Tasker.created_at,
            Presence.cell,
            Presence.seen_at,
        )
        .join(Account, Account.id == Tasker.id)
        .join(Market, Market.id == Tasker.market_id)
        .outerjoin(Presence, Presence.tasker_id == Tasker.id)
    )


async def lock_edits(session: AsyncSession, tasker_id: UUID) -> None:
    """One edit of a tasker at a time until the transaction ends, without locking their row."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(str(tasker_id), 0)))
    )


async def profile_of(session: AsyncSession, tasker_id: UUID) -> Profile | None:
    """One tasker's profile."""
    found = await session.execute(_profiles().where(Tasker.id == tasker_id))
    row = found.mappings().one_or_none()
    return Profile(**row) if row else None


async def profiles_page(
    session: AsyncSession, *, market_id: int, category: str | None, online: bool | None, cut: Cut
) -> list[Profile]:
    """A market's taskers, newest first, one more than the page holds."""
    wanted = _profiles().where(Tasker.market_id == market_id)
    wanted = wanted.order_by(Tasker.id.desc()).limit(cut.limit + 1)
    if category is not None:
        has_skill = exists().where(Skill.tasker_id == Tasker.id, Skill.category == category)
        wanted = wanted.where(has_skill)
    if online is not None:
        wanted = wanted.where(Presence.tasker_id.is_not(None) == online)
    if cut.before is not None:
        wanted = wanted.where(Tasker.id < cut.before)
    return [Profile(**row) for row in (await session.execute(wanted)).mappings()]


async def update_profile(session: AsyncSession, tasker_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a tasker's row; their revision rises. Locks the row, so it comes after the chores."""
    await session.execute(
        update(Tasker)
        .where(Tasker.id == tasker_id)
        .values(**values, revision=Tasker.revision + 1)
        .execution_options(synchronize_session=False)
    )


async def skills_of(session: AsyncSession, tasker_id: UUID) -> list[SkillRow]:
    """A tasker's skills, by category."""
    found = await session.execute(
        select(Skill.category, Skill.rate)
        .where(Skill.tasker_id == tasker_id)
        .order_by(Skill.category)
    )
    return [SkillRow(*row) for row in found]


async def write_skills(session: AsyncSession, tasker: Profile, skills: list[SkillRow]) -> None:
    """Add these skills or change their rates; each carries the base point and whether one is
    active. What else is copied beside them is settled when the change ends.
    """
    if not skills:
        return
    point = to_metric(tasker.base_point, tasker.srid)
    rows = [
        {
            "tasker_id": tasker.id,
            "category": skill.category,
            "market_id": tasker.market_id,
            "category_number": category_number(tasker.market_id, skill.category),
            "rate": skill.rate,
            "point": point,
            "active": tasker.active,
            "weekdays": 0,
            "sure_m": 0,
            "sure_today_m": 0,
        }
        for skill in sorted(skills, key=lambda skill: skill.category)
    ]
    added = insert(Skill).values(rows)
    await session.execute(
        added.on_conflict_do_update(
            index_elements=["tasker_id", "category"], set_={"rate": added.excluded.rate}
        )
    )


def category_number(market_id: int, slug: str) -> ScalarSelect[int]:
    """The number of a category, as part of a statement."""
    return (
        select(Category.number)
        .where(Category.market_id == market_id, Category.slug == slug)
        .scalar_subquery()
    )


async def delete_skills(session: AsyncSession, tasker_id: UUID, categories: set[str]) -> None:
    """Take these skills away."""
    await session.execute(
        delete(Skill)
        .where(Skill.tasker_id == tasker_id, Skill.category.in_(categories))
        .execution_options(synchronize_session=False)
    )


async def move_skills(session: AsyncSession, tasker: Profile, base_point: LonLat) -> None:
    """Bring the skills' copies of the base point to a new one."""
    await session.execute(
        update(Skill)
        .where(Skill.tasker_id == tasker.id)
        .values(point=to_metric(base_point, tasker.srid))
        .execution_options(synchronize_session=False)
    )


async def switch_skills(session: AsyncSession, tasker_id: UUID, *, active: bool) -> None:
    """Bring the skills' copies of `active` to a new value."""
    await session.execute(
        update(Skill)
        .where(Skill.tasker_id == tasker_id)
        .values(active=active)
        .execution_options(synchronize_session=False)
    )
