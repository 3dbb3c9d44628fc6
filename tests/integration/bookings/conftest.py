"""A booking, those it concerns, and what they do and hear."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from tests.support.scene import (
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
)
from tests.support.work import make_booking


class Scene:
    """A booking of two hours from now, one hour long, at 25 pounds an hour."""

    client: Person
    tasker: Person
    operator: Person
    viewer: Person
    booking: UUID


@pytest.fixture
async def scene(database: Database) -> Scene:
    made = Scene()

    async def make(session: AsyncSession) -> None:
        market = await make_market(session)
        made.client = await make_client(session)
        made.tasker = await make_tasker(session, market)
        made.operator = await make_person(session, operator_role="editor")
        made.viewer = await make_person(session, operator_role="viewer")
        made.booking = await make_booking(session, market, made.client, made.tasker)

    await database.run(make)
    return made


async def post(
    api: httpx.AsyncClient, scene: Scene, action: str, who: Person, **body: Any
) -> httpx.Response:
    path = f"/v1/bookings/{scene.booking}/{action}"
    return await api.post(path, headers=who.headers, json=body or None)


def told(connection: psycopg.Connection, person: Person) -> list[str]:
    found = connection.execute(
        "SELECT type FROM events WHERE recipient_id = %s ORDER BY n", [person.id]
    )
    return [str(row[0]) for row in found]
