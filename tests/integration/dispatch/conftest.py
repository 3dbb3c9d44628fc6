"""A city in which rounds are run: one client, and whatever a test puts there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.db.tables import Market
from service.dispatch.rounds import RoundReport, run_round
from tests.support.scene import MONDAY_NOON, Person, make_client, make_market, make_tasker
from tests.support.work import make_chore

T = TypeVar("T")


@dataclass
class City:
    """A market with a client, and a clock of its own; rounds run in it one at a time."""

    database: Database
    connection: psycopg.Connection
    market: Market
    client: Person
    now: datetime = MONDAY_NOON
    taskers: list[Person] = field(default_factory=list)

    async def tasker(self, **facts: Any) -> Person:
        """A tasker as `make_tasker` makes them."""
        made = await self.run(lambda session: make_tasker(session, self.market, **facts))
        self.taskers.append(made)
        return made

    async def chore(self, **facts: Any) -> UUID:
        """An open chore of the client, due now."""
        facts = {"now": self.now} | facts
        return await self.run(
            lambda session: make_chore(session, self.market, self.client, **facts)
        )

    async def run(self, operation: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """One transaction."""
        return await self.database.run(operation)

    async def round(self, **later: float) -> RoundReport:
        """A round, so much later than the one before."""
        self.now += timedelta(**later)
        return await run_round(self.database, self.market.id, self.now)

    def sql(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Whatever the tables say."""
        return self.connection.execute(question.encode(), values).fetchall()

    def offers(self) -> list[tuple[UUID, str]]:
        """(tasker, state) of every offer, oldest first."""
        return [
            (row[0], row[1]) for row in self.sql("SELECT tasker_id, status FROM offers ORDER BY id")
        ]

    def chore_row(self, chore: UUID) -> tuple[str, int, datetime | None]:
        """(status, wave, due_at) of a chore."""
        ((status, wave, due_at),) = self.sql(
            "SELECT status, wave, due_at FROM chores WHERE id = %s", chore
        )
        return status, wave, due_at

    def told(self, person: Person) -> list[tuple[str, dict[str, Any]]]:
        """The events of a person."""
        rows = self.sql(
            "SELECT type, data FROM events WHERE recipient_id = %s ORDER BY n", person.id
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
async def city(database: Database, connection: psycopg.Connection, policy: dict[str, Any]) -> City:
    """The city; a test parametrizes `policy` for another one."""

    async def make(session: AsyncSession) -> tuple[Market, Person]:
        return await make_market(session, policy=policy), await make_client(session)

    market, client = await database.run(make)
    return City(database, connection, market, client)


@pytest.fixture
def policy() -> dict[str, Any]:
    """The default of the city's policy, where it differs from the defaults."""
    return {}
