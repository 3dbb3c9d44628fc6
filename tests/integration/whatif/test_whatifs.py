"""What-ifs over HTTP and their runner: asked, played, cancelled, taken up again, never lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.bus import Bus
from service.db.engine import Database
from service.settings import Settings
from service.whatif import runs
from service.whatif.runner import LEASE, Runner
from tests.integration.conftest import Clock
from tests.support.scene import (
    HACKNEY,
    Person,
    make_client,
    make_market,
    make_person,
    make_tasker,
    north_of,
)
from tests.support.work import make_chore

PATH = "/v1/markets/london/whatifs"


class Room:
    """A market with an operator who looks, the api, and a runner."""

    def __init__(self, api: httpx.AsyncClient, database: Database, viewer: Person, clock: Clock):
        self.api, self.database, self.viewer, self.clock = api, database, viewer, clock

    def runner(self, **settings: Any) -> Runner:
        given = Settings(environment="test", whatif_jobs=0, **settings)
        return Runner(self.database, Bus(), given, self.clock)

    async def ask(self, **body: Any) -> httpx.Response:
        usual = {"field": "radius_m", "values": [1_000, 3_000], "days": 1}
        return await self.api.post(PATH, json=usual | body, headers=self.viewer.headers)

    async def read(self, run_id: str) -> dict[str, Any]:
        answer = await self.api.get(f"{PATH}/{run_id}", headers=self.viewer.headers)
        found: dict[str, Any] = answer.json()
        return found

    async def cancel(self, run_id: str) -> dict[str, Any]:
        answer = await self.api.post(f"{PATH}/{run_id}/cancel", headers=self.viewer.headers)
        found: dict[str, Any] = answer.json()
        return found

    async def take(self, holder: str) -> runs.Taken | None:
        return await self.database.run(runs.take, holder=holder, now=self.clock(), lease=LEASE)


@pytest.fixture
async def room(api: httpx.AsyncClient, database: Database, clock: Clock) -> Room:
    async def scene(session: AsyncSession) -> Person:
        await make_market(session)
        return await make_person(session, name="Vera", operator_role="viewer")

    return Room(api, database, await database.run(scene), clock)


@pytest.fixture
async def busy_room(api: httpx.AsyncClient, database: Database, clock: Clock) -> Room:
    """A market that had thirty chores in the past hours, and three taskers near them."""

    async def scene(session: AsyncSession) -> Person:
        market = await make_market(session)
        client = await make_client(session)
        for metres in (500, 2_000, 2_500):
            await make_tasker(session, market, at=north_of(HACKNEY, metres))
        for n in range(30):
            at = clock() - timedelta(hours=4, minutes=-4 * n)
            await make_chore(session, market, client, now=at, status="open", due_at=None)
        return await make_person(session, name="Vera", operator_role="viewer")

    return Room(api, database, await database.run(scene), clock)


async def test_what_is_asked_is_queued_with_todays_value_and_its_author(room: Room) -> None:
    answer = await room.ask(category="moving")
    assert answer.status_code == 201
    asked = answer.json()
    assert (asked["status"], asked["progress"], asked["result"]) == ("queued", 0.0, None)
    assert (asked["today"], asked["unit"], asked["author"]) == (5_000, "m", "Vera")
    assert asked["category"] == "moving"
    assert await room.read(asked["id"]) == asked
    listed = await room.api.get(PATH, headers=room.viewer.headers)
    assert [each["id"] for each in listed.json()["items"]] == [asked["id"]]


@pytest.mark.parametrize(
    ("body", "where", "says"),
    [
        ({"values": [0]}, "values.0", "greater than or equal to 100"),
        ({"values": [2_000, -1]}, "values.1", "greater than or equal to 100"),
        ({"values": [1_000_000_000]}, "values.0", "less than or equal to 200000"),
        ({"values": [30_000]}, "values.0", "must be at least radius_m"),
        ({"values": [500, 500]}, "values", "once"),
        ({"field": "shoe_size"}, "field", "no such field"),
        ({"field": "hold_s", "values": [10]}, "field", "not known in a replay"),
        ({"category": "surgery"}, "category", "no category"),
        ({"values": []}, "values", "at least 1"),
        ({"days": 0}, "days", "greater than or equal to 1"),
    ],
)
async def test_what_cannot_be_played_is_refused_beside_its_field(
    room: Room, body: dict[str, Any], where: str, says: str
) -> None:
    answer = await room.ask(**body)
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["field"] == where
    assert says in wrong["message"]


async def test_nan_is_refused(room: Room) -> None:
    headers = room.viewer.headers | {"Content-Type": "application/json"}
    answer = await room.api.post(
        PATH, content=b'{"field": "radius_m", "values": [NaN]}', headers=headers
    )
    assert answer.status_code == 400


async def test_only_a_few_wait_at_once(room: Room) -> None:
    answers = [await room.ask() for _ in range(6)]
    assert [each.status_code for each in answers] == [201] * 5 + [409]


async def test_a_recorded_market_is_played_to_its_result(busy_room: Room) -> None:
    asked = (await busy_room.ask()).json()
    assert await busy_room.runner().run_one()
    done = await busy_room.read(asked["id"])
    assert (done["status"], done["progress"], done["error"]) == ("done", 1.0, None)
    result = done["result"]
    assert (result["source"], result["chores"], result["offers_recorded"]) == ("recorded", 30, 0)
    assert result["metrics"][0]["name"] == "fill_rate"
    first = result["metrics"][0]["points"][0]
    assert (first["predictable"], first["mean"]) == (False, None)
    assert "answered offers are on record" in first["why"]
    assert not await busy_room.runner().run_one()


async def test_a_market_of_which_nothing_is_known_fails_with_the_reason(room: Room) -> None:
    asked = (await room.ask()).json()
    assert await room.runner().run_one()
    failed = await room.read(asked["id"])
    assert (failed["status"], failed["error"]) == (
        "failed", "nothing is known of the demand of london"
    )  # fmt: skip


async def test_a_run_whose_player_was_killed_is_taken_up_again(room: Room) -> None:
    asked = (await room.ask()).json()
    assert await room.take("first") is not None
    assert await room.take("second") is None
    room.clock.forward(seconds=LEASE.total_seconds() + 1)
    again = await room.take("second")
    assert again is not None
    assert (str(again.id), again.attempts) == (asked["id"], 2)
    late: dict[str, Any] = {"run_id": again.id, "holder": "first", "now": room.clock()}
    assert not await room.database.run(runs.finish, **late, result={})
    assert not await room.database.run(runs.keep, **late, progress=0.5, lease=LEASE)
    assert (await room.read(asked["id"]))["status"] == "running"


async def test_a_run_that_is_lost_time_and_again_has_failed(room: Room) -> None:
    asked = (await room.ask()).json()
    for _ in range(runs.MOST_ATTEMPTS):
        assert await room.take("somebody") is not None
        room.clock.forward(seconds=LEASE.total_seconds() + 1)
    assert await room.take("somebody") is None
    failed = await room.read(asked["id"])
    assert failed["status"] == "failed"
    assert "lost" in failed["error"]


async def test_two_who_ask_at_once_take_up_different_runs(room: Room) -> None:
    wanted = {(await room.ask()).json()["id"] for _ in range(4)}
    taken = await asyncio.gather(*(room.take(f"holder {n}") for n in range(6)))
    assert sorted(str(each.id) for each in taken if each) == sorted(wanted)


async def test_a_cancelled_run_is_not_played_and_one_under_way_is_stopped(room: Room) -> None:
    waiting, playing = [(await room.ask()).json()["id"] for _ in range(2)]
    assert (await room.cancel(waiting))["status"] == "cancelled"
    taken = await room.take("somebody")
    assert taken is not None
    assert str(taken.id) == playing
    assert (await room.cancel(playing))["status"] == "cancelled"
    told: dict[str, Any] = {"run_id": UUID(playing), "holder": "somebody", "now": room.clock()}
    assert not await room.database.run(runs.keep, **told, progress=0.5, lease=LEASE)
    assert (await room.cancel(playing))["status"] == "cancelled"
    assert await room.take("somebody") is None


async def test_a_runner_that_is_stopped_gives_its_run_back(busy_room: Room) -> None:
    asked = (await busy_room.ask()).json()
    playing = asyncio.create_task(busy_room.runner().run_one())
    for _ in range(1_000):
        if (await busy_room.read(asked["id"]))["status"] == "running":
            break
        await asyncio.sleep(0.01)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    back = await busy_room.read(asked["id"])
    assert (back["status"], back["progress"]) == ("queued", 0.0)


async def test_one_of_another_market_is_not_found(room: Room) -> None:
    async def elsewhere(session: AsyncSession) -> None:
        await make_market(session, slug="leeds")

    await room.database.run(elsewhere)
    asked = (await room.ask()).json()
    answer = await room.api.get(
        f"/v1/markets/leeds/whatifs/{asked['id']}", headers=room.viewer.headers
    )
    assert answer.status_code == 404
