"""Candidates: the nearest taskers of each due chore who might take it, by ordered scans of GiST.

For every chore one LATERAL walk of an index, nearest first, inside the square of its wave's radius,
cut off after so many. For later chores the walk is over base points (ix_skills_nearest), for chores
wanted now over the cells where people are (ix_presence_cells_nearest). What the walk can see it
leaves out there: beyond the radius, another category, over the budget, outside the area, blocked,
already asked for good. Places are centres of privacy cells on both sides.

A walk looks as little up as it can: rate, weekdays and a circle that surely lies in the area are
copied beside each skill (service/taskers/copies.py), and whom the chore must not meet is gathered
once a chore. The area itself is read only for those whose circle does not reach the chore.

The planner is told to use indices (service/dispatch/planner.py). Otherwise, or without the square,
the same questions take a hundred times as long (a sort of all skills, or a walk of the whole city).
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
from service.db.direct import Prepared
from service.dispatch.planner import index_scans


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


# The chores of a search, numbered from 1, each with its centre in the market's projection.
SOUGHT = """
    SELECT t.*, ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326) AS place,
           ST_Transform(ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326), CAST(:srid AS int)) AS centre,
           (SELECT number FROM categories AS k
            WHERE k.market_id = CAST(:market_id AS smallint) AND k.slug = t.category)
           AS category_number
    FROM unnest(CAST(:chores AS uuid[]), CAST(:clients AS uuid[]), CAST(:categories AS text[]),
                CAST(:lons AS float8[]), CAST(:lats AS float8[]), CAST(:radii AS float8[]),
                CAST(:budgets AS int[]), CAST(:todays AS bool[]), CAST(:nows AS bool[]),
                CAST(:seen_since AS timestamptz[]), CAST(:rooms AS int[]),
                CAST(:weekdays AS int[])) WITH ORDINALITY
         AS t(id, client_id, category, lon, lat, radius_m, budget, today, wanted_now, seen_since,
              room, weekdays, n)
"""

# Whom the chore of an offer is not offered to again: an offer that was withdrawn, or expired
# without having been delivered, may be made again.
ASKED_FOR_GOOD = """(
    o.status IN ('pending', 'accepted', 'declined')
    OR (o.status = 'expired' AND o.delivered_at IS NOT NULL)
)"""
SEARCHED = f"""
    SELECT t.*, t.client_id
           || ARRAY(SELECT o.tasker_id FROM offers AS o
                    WHERE o.chore_id = t.id AND {ASKED_FOR_GOOD})
           || ARRAY(SELECT b.tasker_id FROM blocks AS b WHERE b.client_id = t.client_id)
           AS unwanted
    FROM ({SOUGHT}) AS t
"""  # noqa: S608 - the parts are constants above

# Whether the tasker of a skill `s` has as many unanswered offers as the policy allows, and whether
# they never begin work on a day that could reach the chore's window. The rules look at both as
# well, more closely; here they keep a walk from filling up with people who cannot.
NO_ROOM = """(
    c.room <= (SELECT count(*) FROM offers AS o
               WHERE o.tasker_id = s.tasker_id AND o.status = 'pending')
)"""
DAYS_OFF = "(c.weekdays <> 127 AND s.weekdays & c.weekdays = 0)"

# Whether the area that counts holds the chore: of a tasker's areas the last by kind is the one for
# the same day.
IN_AREA = """coalesce((
    SELECT ST_Covers(a.area, c.place) FROM service_areas AS a
    WHERE a.tasker_id = s.tasker_id AND (c.today OR a.kind = 'regular')
    ORDER BY a.kind DESC LIMIT 1
), false)"""

# Of a skill `s` and the chore `c` sought: rate, whom not to ask, room.
WILLING = f"""
    s.rate <= coalesce(c.budget, s.rate) AND s.tasker_id <> ALL (c.unwanted) AND NOT {NO_ROOM}
"""


# The client's favourites who offer the category, however many others stand nearer. The bound makes
# it a walk of each client's own, not a join with everybody's favourites.
FAVOURED = f"""
    SELECT c.n, liked.tasker_id, liked.rate, true
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT s.tasker_id, s.rate
        FROM favourites AS f
        JOIN skills AS s ON s.tasker_id = f.tasker_id AND s.category = c.category
        WHERE f.client_id = c.client_id
        AND s.category_number = c.category_number AND s.active
        AND {WILLING} AND NOT {DAYS_OFF} AND {IN_AREA}
        LIMIT 50
    ) AS liked
"""  # noqa: S608 - the parts are constants above

# Nearest by base point: an ordered scan of ix_skills_nearest for each chore.
BASED = Prepared(
    text(
        f"""
    WITH sought AS MATERIALIZED ({SEARCHED})
    SELECT c.n, near.tasker_id, near.rate, false
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT s.tasker_id, s.rate FROM skills AS s
        WHERE s.category_number = c.category_number AND s.active
        AND {WILLING} AND NOT {DAYS_OFF}
        AND s.point && ST_Expand(c.centre, c.radius_m)
        AND (ST_Distance(s.point, c.centre)
             < least(c.radius_m, CASE WHEN c.today THEN s.sure_today_m ELSE s.sure_m END)
             OR (ST_Distance(s.point, c.centre) <= c.radius_m AND {IN_AREA}))
        ORDER BY s.point <-> c.centre LIMIT :most
    ) AS near
    UNION ALL {FAVOURED}
    """  # noqa: S608 - the parts are constants above
    )
)

# Nearest by where they are now: an ordered scan of ix_presence_cells_nearest for each chore, and in
# each cell who is there of the category.
PRESENT = Prepared(
    text(
        f"""
    WITH sought AS MATERIALIZED ({SEARCHED})
    SELECT c.n, near.tasker_id, near.rate, false
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT s.tasker_id, s.rate
        FROM presence_cells AS e
        JOIN present_skills AS s ON s.category_number = c.category_number AND s.cell = e.cell
        WHERE e.market_id = CAST(:market_id AS smallint)
        AND e.point && ST_Expand(c.centre, c.radius_m)
        AND ST_Distance(e.point, c.centre) <= c.radius_m
        AND {WILLING}
        AND (ST_Distance(e.point, c.centre) < s.sure_m OR {IN_AREA})
        AND EXISTS (SELECT FROM presence AS p
                    WHERE p.tasker_id = s.tasker_id AND p.seen_at >= c.seen_since)
        ORDER BY e.point <-> c.centre LIMIT :most
    ) AS near
    UNION ALL {FAVOURED}
    """  # noqa: S608 - the parts are constants above
    )
)


async def find_candidates(
    session: AsyncSession, *, market_id: int, srid: int, sought: Sequence[Sought], most: int
) -> list[Found]:
    """Up to `most` of the nearest for each chore, and the client's favourites wherever they stand.

    A pair may be found twice. Leaves the planner as it was.
    """
    later = [each for each in sought if not each.wanted_now]
    for_now = [each for each in sought if each.wanted_now]
    market = {"market_id": market_id, "srid": srid}
    found: list[Found] = []
    async with index_scans(session):
        for question, chores in ((BASED, later), (PRESENT, for_now)):
            if chores:
                rows = await question.rows(session, columns_of(chores) | market | {"most": most})
                found += [
                    Found(chores[n - 1].chore_id, tasker, chores[n - 1].category, rate, favourite)
                    for n, tasker, rate, favourite in rows
                ]
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
