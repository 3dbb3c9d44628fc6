"""What the search left out: for the records of a round, and for those who ask why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared
from service.dispatch.candidates import (
    ASKED_FOR_GOOD,
    DAYS_OFF,
    IN_AREA,
    SOUGHT,
    Sought,
    columns_of,
)
from service.dispatch.planner import index_scans

# Of the nearest skills within the radius by base point, whom each condition leaves out: one bit for
# each of FILTERS. Offers of the round that asks and of later
# ones (their ids are made in order of time) are no reason. Whom the client blocked and whom the
# chore was offered to is gathered once a chore, and the area read only where the circle that surely
# lies in it does not reach: a quarter of what asking for each skill cost.
LEFT_OUT = Prepared(
    text(
        f"""
    WITH sought AS MATERIALIZED (
        SELECT t.*,
               ARRAY(SELECT b.tasker_id FROM blocks AS b WHERE b.client_id = t.client_id)
               AS blocked,
               ARRAY(SELECT o.tasker_id FROM offers AS o
                     WHERE o.chore_id = t.id AND o.round_id < CAST(:round_id AS uuid)
                     AND {ASKED_FOR_GOOD}) AS asked
        FROM ({SOUGHT}) AS t
    )
    SELECT c.id, count(*), array_agg(s.tasker_id ORDER BY s.metres), array_agg(
        CAST(s.rate > coalesce(c.budget, s.rate) AS int)
        + 2 * CAST(s.metres >= CASE WHEN c.today THEN s.sure_today_m ELSE s.sure_m END
                   AND NOT {IN_AREA} AS int)
        + 4 * CAST(s.tasker_id = ANY (c.blocked) AS int)
        + 8 * CAST(s.tasker_id = ANY (c.asked) AS int)
        + 16 * CAST(c.wanted_now AND NOT EXISTS (
            SELECT FROM presence AS p
            WHERE p.tasker_id = s.tasker_id AND p.seen_at >= c.seen_since) AS int)
        + 32 * CAST(c.room <= (
            SELECT count(*) FROM offers AS o
            WHERE o.tasker_id = s.tasker_id AND o.status = 'pending'
            AND o.round_id < CAST(:round_id AS uuid)) AS int)
        + 64 * CAST({DAYS_OFF} AS int)
        ORDER BY s.metres)
    FROM sought AS c CROSS JOIN LATERAL (
        SELECT n.tasker_id, n.rate, n.weekdays, n.sure_m, n.sure_today_m,
               n.point <-> c.centre AS metres
        FROM skills AS n
        WHERE n.category_number = c.category_number AND n.active
        AND n.point && ST_Expand(c.centre, c.radius_m)
        AND ST_Distance(n.point, c.centre) <= c.radius_m
        AND n.tasker_id <> c.client_id
        ORDER BY n.point <-> c.centre LIMIT :most
    ) AS s
    GROUP BY c.id
    """  # noqa: S608 - the parts are constants above
    )
)
FILTERS = (
    "over_budget",
    "outside_area",
    "blocked",
    "asked_before",
    "not_online",
    "no_room",
    "days_off",
)
COUNTED = 60
"""The nearest so many skills of a chore are counted: beyond, nobody was near."""
NAMED = 20
"""The nearest so many of those left out are named: each may ask why."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Of the `in_reach` nearest skills of a chore, how many each filter of the search leaves out
    (somebody may be counted under several), and by which the nearest of them were.
    """

    in_reach: int
    counts: dict[str, int]
    nearest: list[tuple[UUID, list[str]]]


async def count_left_out(
    session: AsyncSession,
    *,
    market_id: int,
    srid: int,
    sought: Sequence[Sought],
    round_id: UUID,
) -> dict[UUID, LeftOut]:
    """For each chore what the search left out, of the `COUNTED` nearest of its category in reach;
    offers that `round_id` and later rounds made do not count.
    """
    asked = {"market_id": market_id, "srid": srid, "most": COUNTED, "round_id": round_id}
    async with index_scans(session):
        rows = await LEFT_OUT.rows(session, columns_of(sought) | asked)
    found = {row[0]: _left_out(*row[1:]) for row in rows}
    nobody = LeftOut(0, dict.fromkeys(FILTERS, 0), [])
    return {each.chore_id: found.get(each.chore_id, nobody) for each in sought}


def _left_out(in_reach: int, taskers: list[UUID], bits: list[int]) -> LeftOut:
    by = [[name for n, name in enumerate(FILTERS) if each >> n & 1] for each in bits]
    counts = {name: sum(name in filters for filters in by) for name in FILTERS}
    named = [(who, filters) for who, filters in zip(taskers, by, strict=True) if filters]
    return LeftOut(in_reach, counts, named[:NAMED])
