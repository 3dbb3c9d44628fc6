"""Bringing a city in: its market, places, categories, first policy and people, in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from seed_data.city import City, Tasker
from service.db.tables import Category, Market, PolicyVersion
from service.errors import Conflict, Invalid
from service.markets.importing import rows
from service.markets.importing.queries import (
    STAGED_SKILLS,
    analyze,
    copy_rows,
    delete_market,
    knows_projection,
    settle_skills,
    stage_skills,
    use_of,
)
from service.markets.queries import market_by_slug

Progress = Callable[[str, int], None]
"""Told of every step: what is being written, and how many more rows of it went in."""

FIRST_POLICY = "imported with the market"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to bring in: `clients` accounts to post from, one password hash for everybody."""

    city: City
    taskers: Sequence[Tasker]
    clients: int
    password_hash: str

    def sizes(self) -> dict[str, int]:
        """Rows by step, as `Progress` will count them."""
        return {
            "accounts": self.clients + len(self.taskers),
            "taskers": len(self.taskers),
            "areas": sum(1 + (t.same_day_area is not None) for t in self.taskers),
            "hours": sum(len(t.hours) for t in self.taskers),
            "skills": sum(len(t.skills) for t in self.taskers),
        }


async def import_city(
    session: AsyncSession,
    *,
    plan: Plan,
    now: datetime,
    replace: bool = False,
    progress: Progress = lambda _step, _rows: None,
) -> int:
    """Write a whole city; returns the market's number.

    Raises Conflict where the market is there already and `replace` is not said, or was used since;
    Invalid for a projection that PostGIS does not know.
    """
    market = plan.city.market
    if not await knows_projection(session, market.srid):
        raise Invalid(f"PostGIS knows no EPSG:{market.srid}")
    await _make_room(session, market.slug, replace=replace)
    market_id = await _write_market(session, plan.city, now)
    await _write_people(session, plan, market_id, now, progress)
    await analyze(session)
    return market_id


async def _make_room(session: AsyncSession, slug: str, *, replace: bool) -> None:
    there = await market_by_slug(session, slug)
    if there is None:
        return
    if not replace:
        raise Conflict(f"there is a market {slug} already", market=slug)
    if use := await use_of(session, there.id):
        raise Conflict(f"the market {slug} cannot be replaced: {use}", market=slug)
    await delete_market(session, there.id)


async def _write_market(session: AsyncSession, city: City, now: datetime) -> int:
    """The market, its categories and version 1 of its policy."""
    market = city.market
    row = Market(
        slug=market.slug,
        name=market.name,
        zone=market.zone.key,
        currency=market.currency,
        srid=market.srid,
        centre=market.centre,
        boundary=city.boundary,
        places=rows.base_map(city),
        turn_around_s=market.turn_around_s,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    session.add_all(_category_rows(city, row.id))
    session.add(
        PolicyVersion(
            market_id=row.id,
            version=1,
            document=market.policy.model_dump(mode="json"),
            author_id=None,
            reason=FIRST_POLICY,
            created_at=now,
        )
    )
    await session.flush()
    return row.id


def _category_rows(city: City, market_id: int) -> list[Category]:
    return [
        Category(
            market_id=market_id,
            slug=category.slug,
            name=category.name,
            typical_minutes=category.typical_minutes,
            minimum_minutes=category.minimum_minutes,
            rate_low=category.rate_low,
            rate_median=category.rate_median,
            rate_high=category.rate_high,
            profile=rows.profile_of(category, city),
        )
        for category in city.categories
    ]


async def _write_people(
    session: AsyncSession, plan: Plan, market_id: int, now: datetime, progress: Progress
) -> None:
    slug, password = plan.city.market.slug, plan.password_hash
    people = rows.with_ids(plan.taskers)
    await stage_skills(session)
    for step, table, columns, stream in (
        ("accounts", "accounts", rows.ACCOUNT_COLUMNS,
         rows.client_accounts(slug, plan.clients, password, now)),
        ("accounts", "accounts", rows.ACCOUNT_COLUMNS,
         rows.tasker_accounts(people, slug, password, now)),
        ("taskers", "taskers", rows.TASKER_COLUMNS, rows.tasker_rows(people, market_id, now)),
        ("areas", "service_areas", rows.AREA_COLUMNS, rows.area_rows(people, market_id)),
        ("hours", "weekly_hours", rows.HOURS_COLUMNS, rows.hours_rows(people)),
        ("skills", STAGED_SKILLS, rows.SKILL_COLUMNS, rows.skill_rows(people)),
    ):  # fmt: skip
        await copy_rows(session, table, columns, stream, partial(progress, step))
    await settle_skills(session, market_id)
