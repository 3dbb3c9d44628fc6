"""A market with a client, a tasker who could take their chores, and an operator."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.db.tables import Market
from tests.support.scene import Person, make_client, make_market, make_person, make_tasker


@dataclass(frozen=True)
class City:
    """Who is there."""

    market: Market
    client: Person
    tasker: Person
    editor: Person
    viewer: Person


@pytest.fixture
async def city(database: Database) -> City:
    """London with one of each."""

    async def scene(session: AsyncSession) -> City:
        market = await make_market(session)
        return City(
            market,
            await make_client(session),
            await make_tasker(session, market),
            await make_person(session, operator_role="editor"),
            await make_person(session, operator_role="viewer"),
        )

    return await database.run(scene)
