"""The planner, told how the questions of a round are meant to be answered: by index, one row after
another, with one plan for all of them.

Each chore wants few of many, and each tasker's few rows of many, whatever the statistics say. They
say least where it matters most: a connection that asks first when a table is empty plans a scan of
it for every tasker, and keeps that plan until the server's next look at the table, a minute or two
in which the table may have grown to thousands of rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared

TOLD = "dibs.index_scans"

ORDERED_SCANS = Prepared(
    text(
        """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
           set_config('plan_cache_mode', 'force_generic_plan', true)
    """
    )
)
PLANNER_AGAIN = Prepared(
    text(
        """
    SELECT set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true),
           set_config('enable_sort', 'on', true), set_config('enable_hashjoin', 'on', true),
           set_config('enable_mergejoin', 'on', true), set_config('enable_material', 'on', true),
           set_config('plan_cache_mode', 'auto', true)
    """
    )
)


@asynccontextmanager
async def index_scans(session: AsyncSession) -> AsyncIterator[None]:
    """What is planned within uses indices; afterwards the planner is as it was before the outermost
    of such blocks. What raises within ends the transaction, and these settings with it.
    """
    if TOLD in session.info:
        yield
        return
    await ORDERED_SCANS.rows(session, {})
    session.info[TOLD] = True
    yield
    del session.info[TOLD]
    await PLANNER_AGAIN.rows(session, {})
