"""London with a tasker who has a profile, one who has none yet, a client with a waiting chore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.db.tables import Market
from tests.support.scene import (
    MONDAY_NOON,
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
)
from tests.support.work import make_chore


@dataclass(frozen=True)
class City:
    """Who is there. `waiting` is a chore for now that has found nobody."""

    market: Market
    tasker: Person
    novice: Person
    client: Person
    operator: Person
    waiting: UUID


@pytest.fixture
async def city(database: Database) -> City:
    """London with one of each. The tasker is offline."""

    async def scene(session: AsyncSession) -> City:
        market = await make_market(session)
        client = await make_client(session)
        return City(
            market,
            await make_tasker(session, market, online=False),
            await make_person(session, name="Nia Novice", is_tasker=True),
            client,
            await make_person(session, operator_role="viewer"),
            await make_chore(
                session, market, client, wanted_now=True, status="unfilled",
                due_at=None, match_by=MONDAY_NOON + timedelta(hours=8),
            ),
        )  # fmt: skip

    return await database.run(scene)


@dataclass(frozen=True)
class Watch:
    """What a change of the tasker leaves behind."""

    connection: psycopg.Connection
    city: City

    def revision(self) -> int:
        """How often the tasker has changed."""
        row = self.connection.execute(
            "SELECT revision FROM taskers WHERE id = %s", [self.city.tasker.id]
        ).fetchone()
        assert row is not None
        return int(row[0])

    def due(self) -> datetime | None:
        """When the waiting chore is due."""
        row = self.connection.execute(
            "SELECT due_at FROM chores WHERE id = %s", [self.city.waiting]
        ).fetchone()
        assert row is not None
        at: datetime | None = row[0]
        return at

    def rest(self) -> None:
        """Let the chore wait again."""
        self.connection.execute("UPDATE chores SET due_at = NULL")


@pytest.fixture
def watch(connection: psycopg.Connection, city: City) -> Watch:
    """The tasker's revision and the waiting chore."""
    return Watch(connection, city)
