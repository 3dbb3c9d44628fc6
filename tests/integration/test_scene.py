"""The ground of every other integration test: an empty migrated database, an api on it, a scene in
it.
"""

from __future__ import annotations

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from tests.support.scene import Person, make_market, make_tasker


async def test_a_fresh_api_is_ready_and_a_scene_can_be_set(
    api: httpx.AsyncClient, database: Database
) -> None:
    async def scene(session: AsyncSession) -> Person:
        return await make_tasker(session, await make_market(session))

    await database.run(scene)
    assert (await api.get("/readyz")).json() == {"status": "ready"}
