"""Candidates: the nearest taskers of each due chore who might take it, by ordered scans of GiST.

For every chore one LATERAL walk of an index, nearest first, inside the square of its wave's radius,
cut off after so many. For later chores the walk is over base points (ix_skills_nearest, which holds
market and category too), for chores wanted now over where people are (ix_presence_nearest). What
the walk can see it leaves out there: beyond the radius, another category, over the budget, outside
the area, blocked, already asked for good. Places are centres of privacy cells on both sides.

The planner settings belong to these queries alone. Without them, or without the square, the same
questions take a hundred times as long (a sort of all skills, or a walk of the whole city).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat


@dataclass(frozen=True, slots=True)
class Sought:
    """A chore as the search sees it. `radius_m` is its wave's; a chore for now is sought from where
    people are, said after `seen_since`. `room` is how many unanswered offers a tasker may have;
    `weekdays` those on which hours that reach its window may begin, a bit each, Monday's is 1.
    """

    chore_id: UUID
    client_id: UUID
    category: str
    centre: LonLat
    radius_m: float
    budget_rate: int | None
    today: bool
    wanted_now: bool
    seen_since: datetime
    room: int
    weekdays: int


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who might take a chore, at their hourly rate in its category; `favourite` if the
    client likes them.
    """

    chore_id: UUID
    tasker_id: UUID
    category: str
    rate: int
    favourite: bool = False


# The chores of a search, each with its centre in the market's projection.
SOUGHT = """
    SELECT t.*, ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326) AS place,
           ST_Transform(ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326), CAST(:srid AS int)) AS centre
    FROM unnest(CAST(:chores AS uuid[]), CAST(:clients AS uuid[]), CAST(:categories AS text[]),
                CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:radii AS float8[]),
                CAST(:budgets AS int[]), CAST(:todays AS bool[]), CAST(:nows AS bool[]),
                CAST(:seen_since AS timestamptz[]), CAST(:rooms AS int[]),
                CAST(:weekdays AS int[]))
         AS t(id, client_id, category, lon, lat, radius_m, budget, today, wanted_now, seen_since,
              room, weekdays)
"""

# Whether the tasker of a skill `s` has as many unanswered offers as the policy allows, and whether
# they never begin work on a day that could reach the chore's window. The rules look at both as
# well, more closely; here they keep a walk from filling up with people who cannot.
NO_ROOM = """(
    c.room <= (SELECT count(*) FROM offers AS o
               WHERE o.tasker_id = s.tasker_id AND o.status = 'pending')
)"""
DAYS_OFF = """(
    c.weekdays <> 127
    AND NOT EXISTS (SELECT FROM weekly_hours AS w
                    WHERE w.tasker_id = s.tasker_id AND (1 << w.weekday) & c.weekdays <> 0)
    AND NOT EXISTS (SELECT FROM hours_exceptions AS x
                    WHERE x.tasker_id = s.tasker_id AND x.starts IS NOT NULL)
)"""

# Of a skill `s` near the sought chore `c`: rate, area, blocks, and what was asked before.
# An offer that was withdrawn, or expired without having been delivered, may be made again.
WILLING = f"""
    s.rate <= coalesce(c.budget, s.rate)
    AND s.tasker_id <> c.client_id AND NOT {NO_ROOM} AND NOT {DAYS_OFF}
    AND NOT EXISTS (
        SELECT FROM offers AS o WHERE o.chore_id = c.id AND o.tasker_id = s.tasker_id
        AND (o.status IN ('pending', 'accepted', 'declined')
             OR (o.status = 'expired' AND o.delivered_at IS NOT NULL))
    )
    AND NOT EXISTS (
        SELECT FROM blocks AS b WHERE b.client_id = c.client_id AND b.tasker_id = s.tasker_id
    )
    AND EXISTS (
        SELECT FROM service_areas AS a
        WHERE a.tasker_id = s.tasker_id AND ST_Covers(a.area, c.place)
        AND (a.kind = 'same_day') = (c.today AND EXISTS (
            SELECT FROM service_areas AS d WHERE d.tasker_id = s.tasker_id AND d.kind = 'same_day'
        ))
    )
"""  # noqa: S608 - the parts are constants above

# The client's favourites who offer the category, however many others stand nearer. The bound makes
# it a walk of each client's own, not a join with everybody's favourites.
FAVOURED = f"""
    SELECT c.id, liked.tasker_id, c.category, liked.rate, true
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT s.tasker_id, s.rate
        FROM favourites AS f
        JOIN skills AS s ON s.tasker_id = f.tasker_id AND s.category = c.category
        WHERE f.client_id = c.client_id
        AND s.market_id = CAST(:market_id AS smallint) AND s.active
        AND {WILLING}
        LIMIT 50
    ) AS liked
"""  # noqa: S608 - the parts are constants above

# Nearest by base point: an ordered scan of ix_skills_nearest for each chore.
BASED = text(
    f"""
    WITH sought AS MATERIALIZED ({SOUGHT})
    SELECT c.id, near.tasker_id, c.category, near.rate, false
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT s.tasker_id, s.rate FROM skills AS s
        WHERE s.market_id = CAST(:market_id AS smallint) AND s.category = c.category AND s.active
        AND s.point && ST_Expand(c.centre, c.radius_m)
        AND ST_Distance(s.point, c.centre) <= c.radius_m
        AND {WILLING}
        ORDER BY s.point <-> c.centre LIMIT :most
    ) AS near
    UNION ALL {FAVOURED}
    """  # noqa: S608 - the parts are constants above
)

# Nearest by where they are now: an ordered scan of ix_presence_nearest for each chore.
PRESENT = text(
    f"""
    WITH sought AS MATERIALIZED ({SOUGHT})
    SELECT c.id, near.tasker_id, c.category, near.rate, false
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT s.tasker_id, s.rate
        FROM presence AS p JOIN skills AS s ON s.tasker_id = p.tasker_id
        WHERE p.market_id = CAST(:market_id AS smallint) AND p.seen_at >= c.seen_since
        AND p.point && ST_Expand(c.centre, c.radius_m)
        AND ST_Distance(p.point, c.centre) <= c.radius_m
        AND s.category = c.category AND s.active
        AND {WILLING}
        ORDER BY p.point <-> c.centre LIMIT :most
    ) AS near
    UNION ALL {FAVOURED}
    """  # noqa: S608 - the parts are constants above
)

# A walk in order is right here whatever the statistics say: each chore wants few of many. So is one
# plan for all questions, and planning one of these takes longer than answering it.
ORDERED_SCANS = text(
    """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
           set_config('plan_cache_mode', 'force_generic_plan', true)
    """
)
PLANNER_AGAIN = text(
    """
    SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
           set_config('enable_sort', 'on', true), set_config('enable_hashjoin', 'on', true),
           set_config('enable_mergejoin', 'on', true), set_config('enable_material', 'on', true),
           set_config('plan_cache_mode', 'auto', true)
    """
)


async def find_candidates(
    session: AsyncSession, *, market_id: int, srid: int, sought: Sequence[Sought], most: int
) -> list[Found]:
    """Up to `most` of the nearest for each chore, and the client's favourites wherever they stand.

    A pair may be found twice. Uses `SET LOCAL`, and leaves the planner as it was.
    """
    later = [each for each in sought if not each.wanted_now]
    for_now = [each for each in sought if each.wanted_now]
    market = {"market_id": market_id, "srid": srid}
    found: list[Found] = []
    await session.execute(ORDERED_SCANS)
    for question, chores in ((BASED, later), (PRESENT, for_now)):
        if chores:
            rows = await session.execute(question, columns_of(chores) | market | {"most": most})
            found += [Found(*row) for row in rows]
    await session.execute(PLANNER_AGAIN)
    return found


def columns_of(sought: Sequence[Sought]) -> dict[str, list[Any]]:
    """The parameters of a search: a list for each column of SOUGHT."""
    return {
        "chores": [each.chore_id for each in sought],
        "clients": [each.client_id for each in sought],
        "categories": [each.category for each in sought],
        "lons": [each.centre.lon for each in sought],
        "lats": [each.centre.lat for each in sought],
        "radii": [each.radius_m for each in sought],
        "budgets": [each.budget_rate for each in sought],
        "todays": [each.today for each in sought],
        "nows": [each.wanted_now for each in sought],
        "seen_since": [each.seen_since for each in sought],
        "rooms": [each.room for each in sought],
        "weekdays": [each.weekdays for each in sought],
    }
