"""Small scenes, written straight into the tables: a market, its people, who stands where.

For tests whose subject is something else than how these rows come to be. Everything lies in
London around
`HACKNEY`; `north_of(place, m)` walks from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import cos, radians
from typing import Any
from uuid import UUID

from shapely import MultiPolygon, box
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of, centre_of
from geo.points import LonLat
from geo.postgis import to_metric
from matching.policy import PolicyDocument
from service.db.tables import (
    Account,
    Category,
    LoginSession,
    Market,
    PolicyVersion,
    Presence,
    ServiceArea,
    Skill,
    Tasker,
    WeeklyHours,
    new_id,
)
from service.http.tokens import Claims, sign_access
from service.settings import DEVELOPMENT_SECRET
from service.taskers.copies import settle_copies
from service.taskers.queries import category_number

HACKNEY = LonLat(-0.0553, 51.5450)
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UTM_30 = 32630
"""The scenes' metric projection: a connection's first use of the British grid takes four times as
long, in which PostGIS looks for the best of many ways there.
"""
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in: their id, their session, and a token good for an hour from
    `since`.
    """

    id: UUID
    session_id: UUID
    since: datetime

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request of theirs."""
        claims = Claims(self.id, self.session_id)
        token = sign_access(claims, key=DEVELOPMENT_SECRET, now=self.since, lifetime_s=3600 * 24)
        return {"Authorization": f"Bearer {token}"}


def north_of(place: LonLat, metres: float) -> LonLat:
    """The place so many metres further north."""
    return LonLat(place.lon, place.lat + metres / METRES_PER_DEGREE)


def square(centre: LonLat, half_m: float) -> MultiPolygon:
    """A square area reaching `half_m` metres from its centre to each side."""
    up = half_m / METRES_PER_DEGREE
    side = up / cos(radians(centre.lat))
    return MultiPolygon(
        [box(centre.lon - side, centre.lat - up, centre.lon + side, centre.lat + up)]
    )


async def make_market(
    session: AsyncSession,
    *,
    slug: str = "london",
    now: datetime = MONDAY_NOON,
    categories: tuple[str, ...] = ("mounting", "cleaning", "moving"),
    policy: Mapping[str, Any] | None = None,
) -> Market:
    """A market of 40 km around Hackney with its categories and version 1 of a policy (`default` as
    given).
    """
    market = Market(
        slug=slug,
        name=slug.title(),
        zone="Europe/London",
        currency="GBP",
        srid=UTM_30,
        centre=HACKNEY,
        boundary=square(HACKNEY, 40_000),
        places={},
        turn_around_s=900,
        created_at=now,
    )
    session.add(market)
    await session.flush()
    session.add_all(
        Category(
            market_id=market.id,
            slug=name,
            name=name.title(),
            typical_minutes=60,
            minimum_minutes=60,
            rate_low=1500,
            rate_median=2500,
            rate_high=6000,
            profile={},
        )
        for name in categories
    )
    document = PolicyDocument.model_validate({"default": dict(policy or {})})
    session.add(
        PolicyVersion(
            market_id=market.id,
            version=1,
            document=document.model_dump(mode="json"),
            author_id=None,
            reason="first",
            created_at=now,
        )
    )
    await session.flush()
    return market


async def make_person(
    session: AsyncSession,
    *,
    name: str = "Ada",
    is_client: bool = False,
    is_tasker: bool = False,
    operator_role: str | None = None,
    now: datetime = MONDAY_NOON,
) -> Person:
    """An account with one signed-in session; its password fits nothing."""
    account_id, session_id = new_id(), new_id()
    session.add(
        Account(
            id=account_id,
            email=f"{account_id}@people.example",
            password_hash="!",
            name=name,
            is_client=is_client,
            is_tasker=is_tasker,
            operator_role=operator_role,
            created_at=now,
        )
    )
    await session.flush()
    session.add(LoginSession(id=session_id, account_id=account_id, created_at=now))
    await session.flush()
    return Person(account_id, session_id, now)


async def make_client(session: AsyncSession, *, now: datetime = MONDAY_NOON) -> Person:
    """A signed-in client."""
    return await make_person(session, name="Cleo Client", is_client=True, now=now)


async def make_tasker(
    session: AsyncSession,
    market: Market,
    *,
    at: LonLat = HACKNEY,
    reach_m: float = 5_000,
    skills: Mapping[str, int] | None = None,
    online: bool = True,
    mode: str = "bike",
    furthest_m: int = 30_000,
    now: datetime = MONDAY_NOON,
) -> Person:
    """A signed-in tasker based at `at`: a square area, 8:00 to 20:00 every day, and, if online,
    present there.
    """
    person = await make_person(session, name="Tom Tasker", is_tasker=True, now=now)
    session.add(
        Tasker(
            id=person.id,
            market_id=market.id,
            base_point=at,
            mode=mode,
            bio="",
            minimum_notice_minutes=0,
            most_minutes_a_day=720,
            furthest_m=furthest_m,
            active=True,
            revision=1,
            created_at=now,
        )
    )
    await session.flush()
    for category, rate in (skills or {"mounting": 2500}).items():
        session.add(
            Skill(
                tasker_id=person.id,
                category=category,
                market_id=market.id,
                category_number=category_number(market.id, category),
                rate=rate,
                point=to_metric(at, market.srid),
                active=True,
                weekdays=0,
                sure_m=0,
                sure_today_m=0,
            )
        )
    session.add(
        ServiceArea(
            tasker_id=person.id, kind="regular", market_id=market.id, area=square(at, reach_m)
        )
    )
    session.add_all(
        WeeklyHours(tasker_id=person.id, weekday=day, starts=time(8), ends=time(20))
        for day in range(7)
    )
    await session.flush()
    await settle_copies(session, person.id)
    if online:
        await make_present(session, market, person, at=at, now=now)
    return person


async def make_present(
    session: AsyncSession, market: Market, person: Person, *, at: LonLat, now: datetime
) -> None:
    """The tasker is online at `at`, since a minute, heard of just now."""
    cell = cell_of(at)
    session.add(
        Presence(
            tasker_id=person.id,
            market_id=market.id,
            cell=cell,
            point=to_metric(centre_of(cell), market.srid),
            online_since=now - timedelta(minutes=1),
            seen_at=now,
        )
    )
    await session.flush()
    await settle_copies(session, person.id, where_they_are=True)
