"""What a round asks is answered by index, row by row, though the tables were empty when it was
planned: a market's first minute must not be its slowest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared
from service.db.engine import Database
from service.dispatch import candidates, facts, left_out
from service.dispatch.planner import index_scans
from tests.integration.dispatch.conftest import City

PARAMETER = re.compile(r"%\((\w+)\)s")
OURS = {"offers": ("tasker_id", "chore_id"), "bookings": ("tasker_id",)}
"""Tables that grow by the hour, and by whose column a round asks for their rows."""


@pytest.mark.parametrize(
    "question",
    [candidates.BASED, candidates.PRESENT, left_out.LEFT_OUT, facts.TASKERS],
    ids=["based", "present", "left out", "taskers"],
)
async def test_a_round_asks_by_index_for_rows_of_one_tasker_or_chore(
    city: City, database: Database, question: Prepared
) -> None:
    city.connection.execute("ANALYZE")
    nodes = list(_nodes(await database.run(_plan, question=question)))
    looked_at = [node for node in nodes if node.get("Relation Name") in OURS]
    assert looked_at
    for node in looked_at:
        asked = node.get("Index Cond", "")
        assert any(f"({name} = " in asked for name in OURS[node["Relation Name"]]), node


async def _plan(session: AsyncSession, *, question: Prepared) -> dict[str, Any]:
    """The one plan for all values, as a connection of a dispatcher keeps it."""
    names = sorted(set(PARAMETER.findall(question.text)))
    asked = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", question.text)
    raw = await (await session.connection()).get_raw_connection()
    connection = cast("Any", raw.driver_connection)
    async with index_scans(session):
        await connection.execute(f"PREPARE asked AS {asked}")
        given = ", ".join(["NULL"] * len(names))
        cursor = await connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked ({given})")
        await connection.execute("DEALLOCATE asked")
    found = await cursor.fetchone()
    return dict(found[0][0]["Plan"])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
