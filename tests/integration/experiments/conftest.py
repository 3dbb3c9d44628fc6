"""A market whose policy has two versions to be held against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from geo.points import LonLat
from service.db.engine import Database
from service.db.tables import Market
from tests.integration.conftest import Clock
from tests.support.scene import (
    HACKNEY,
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
)
from tests.support.wire import chore, point

PATH = "/v1/markets/london/experiments"
NEAR = {"default": {"radius_m": 3000}}
FAR = {"default": {"radius_m": 9000}}


@dataclass
class Room:
    """A market whose policy has two versions, and who is in it."""

    api: httpx.AsyncClient
    market: Market
    client: Person
    tasker: Person
    editor: Person
    viewer: Person

    def on(self, clock: Clock, **later: float) -> None:
        """Time goes on, and everybody signs in anew."""
        since = clock.forward(**later)
        self.client, self.editor, self.viewer = (
            replace(person, since=since) for person in (self.client, self.editor, self.viewer)
        )

    async def start(self, **changes: Any) -> httpx.Response:
        body = {
            "name": "9 km",
            "version_a": 2,
            "version_b": 3,
            "days": 4,
            "seed": 7,
            "reason": "is it worth it?",
        }
        return await self.api.post(PATH, json=body | changes, headers=self.editor.headers)

    async def started(self, **changes: Any) -> dict[str, Any]:
        answer = await self.start(**changes)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def read(self, experiment_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"{PATH}/{experiment_id}", headers=self.viewer.headers)
        found: dict[str, Any] = answer.json()
        return found

    async def stop(self, experiment_id: str) -> httpx.Response:
        return await self.api.post(
            f"{PATH}/{experiment_id}/stop", json={"reason": "enough"}, headers=self.editor.headers
        )

    async def post(self, at: LonLat = HACKNEY) -> str:
        answer = await self.api.post(
            "/v1/chores", json=chore(point=point(at)), headers=self.client.headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture
async def room(api: httpx.AsyncClient, database: Database) -> Room:
    async def scene(session: AsyncSession) -> Room:
        market = await make_market(session)
        editor = await make_person(session, name="Opal", operator_role="editor")
        viewer = await make_person(session, name="Vera", operator_role="viewer")
        tasker = await make_tasker(session, market)
        return Room(api, market, await make_client(session), tasker, editor, viewer)

    made = await database.run(scene)
    for version, document in enumerate((NEAR, FAR), start=1):
        answer = await api.put(
            "/v1/markets/london/policy",
            json={"document": document, "reason": "a try"},
            headers=made.editor.headers | {"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 200
    return made
