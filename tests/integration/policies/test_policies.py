"""Policies over HTTP: every change is a new version, attributable, reversible, and acts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from geo.postgis import to_metric
from service.db.engine import Database
from service.db.tables import Chore, Market, new_id
from tests.integration.conftest import Clock
from tests.support.scene import HACKNEY, MONDAY_NOON, Person, make_client, make_market, make_person

PATH = "/v1/markets/london/policy"


class Room:
    """A market, an editor, a viewer, and the api."""

    def __init__(self, api: httpx.AsyncClient, market: Market, editor: Person, viewer: Person):
        self.api, self.market, self.editor, self.viewer = api, market, editor, viewer

    async def read(self) -> httpx.Response:
        return await self.api.get(PATH, headers=self.viewer.headers)

    async def put(
        self, document: dict[str, Any], *, made_from: str | None = '"1"', **more: Any
    ) -> httpx.Response:
        headers = self.editor.headers | ({"If-Match": made_from} if made_from else {})
        body = {"document": document, "reason": "a try"} | more
        return await self.api.put(PATH, json=body, headers=headers)

    async def put_text(self, document: str) -> httpx.Response:
        """A change whose document is this very text."""
        content = f'{{"document": {document}, "reason": "a try"}}'
        headers = {"If-Match": '"1"', "Content-Type": "application/json"}
        headers |= self.editor.headers
        return await self.api.put(PATH, content=content, headers=headers)

    async def revert(self, to: int, *, made_from: int, **headers: str) -> httpx.Response:
        headers = self.editor.headers | {"If-Match": f'"{made_from}"'} | headers
        body = {"version": to, "reason": "it was better"}
        return await self.api.post(f"{PATH}/revert", json=body, headers=headers)

    async def history(self, query: str = "") -> dict[str, Any]:
        answer = await self.api.get(f"{PATH}/versions{query}", headers=self.viewer.headers)
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def room(api: httpx.AsyncClient, database: Database) -> Room:
    async def scene(session: AsyncSession) -> Room:
        market = await make_market(session)
        editor = await make_person(session, name="Opal", operator_role="editor")
        viewer = await make_person(session, name="Vera", operator_role="viewer")
        return Room(api, market, editor, viewer)

    return await database.run(scene)


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


async def test_the_policy_in_force_is_shown_resolved_for_each_category(room: Room) -> None:
    await room.put({"default": {"radius_m": 4000}, "categories": {"moving": {"radius_m": 9000}}})
    answer = await room.read()
    assert answer.headers["etag"] == '"2"'
    policy = answer.json()
    assert (policy["version"], policy["author"], policy["reason"]) == (2, "Opal", "a try")
    radii = {slug: knobs["radius_m"] for slug, knobs in policy["resolved"].items()}
    assert radii == {"mounting": 4000, "cleaning": 4000, "moving": 9000}


async def test_a_change_names_the_version_it_was_made_from(room: Room) -> None:
    assert kind(await room.put({}, made_from=None)) == (428, "version-needed")
    for outdated in ('"2"', '"0"', "nonsense", "*", '"99999999999999999999"'):
        refused = await room.put({}, made_from=outdated)
        assert kind(refused) == (412, "outdated-version")
        assert refused.json()["version"] == 1
    assert (await room.put({})).headers["etag"] == '"2"'


async def test_of_editors_who_change_at_once_one_does_and_the_others_are_told(room: Room) -> None:
    answers = await asyncio.gather(
        *(room.put({"default": {"radius_m": 1000 + n}}) for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await room.read()).json()["document"] == winner.json()["document"]
    assert [item["version"] for item in (await room.history())["items"]] == [2, 1]


async def test_a_wrong_knob_is_named_and_nothing_changes(room: Room) -> None:
    for document, field in (
        ({"default": {"radius_m": 50}}, "document.default.radius_m"),
        ({"default": {"radius_m": 0}}, "document.default.radius_m"),
        ({"default": {"radius_m": -1}}, "document.default.radius_m"),
        ({"default": {"radius_m": 1e9}}, "document.default.radius_m"),
        ({"default": {"radius_m": None}}, "document.default.radius_m"),
        ({"default": {"radius_m": "5000"}}, "document.default.radius_m"),
        ({"default": {"radius_m": True}}, "document.default.radius_m"),
        ({"default": {"radius": 5000}}, "document.default.radius"),
        ({"default": {"radius_cap_m": 200}}, "document.default.radius_cap_m"),
        ({"default": {"offer_deadline_future_s": 10}}, "document.default.offer_deadline_future_s"),
        ({"categories": {"moving": {"radius_m": 9e4}}}, "document.categories.moving.radius_cap_m"),
        ({"categories": {"moving": {"max_waves": 0}}}, "document.categories.moving.max_waves"),
        ({"categories": {"juggling": {"max_waves": 2}}}, "document.categories.juggling"),
    ):
        answer = await room.put(document)
        assert answer.status_code == 422, document
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await room.put({}, reason="  ")).status_code == 422
    for number in ("NaN", "Infinity", "1e999"):
        assert kind(await room.put_text(f'{{"default": {{"radius_m": {number}}}}}')) == (
            400, "malformed-json",
        )  # fmt: skip
    assert (await room.read()).json()["version"] == 1


async def test_history_tells_who_changed_what_and_why(room: Room, clock: Clock) -> None:
    await room.put({"default": {"radius_m": 4000}})
    clock.forward(hours=1)
    categories = {"moving": {"max_waves": 2}}
    second = {"default": {"radius_m": 4000}, "categories": categories}
    await room.put(second, made_from='"2"', reason="movers are scarce")
    newest, middle, first = (await room.history())["items"]
    assert (newest["version"], newest["author"]) == (3, "Opal")
    assert newest["reason"] == "movers are scarce"
    assert newest["created_at"] == "2026-11-23T13:00:00.000Z"
    assert newest["changes"] == [
        {"field": "categories.moving.max_waves", "before": None, "after": 2}
    ]
    assert middle["changes"] == [{"field": "default.radius_m", "before": 5000, "after": 4000}]
    assert (first["author"], first["author_id"], first["changes"]) == (None, None, [])


async def test_history_comes_in_pages(room: Room) -> None:
    for version in range(1, 5):
        await room.put({"default": {"radius_m": 1000 * version}}, made_from=f'"{version}"')
    seen: list[tuple[int, int]] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        cursor = f"&cursor={page['next']}" if page["next"] else ""
        page = await room.history("?limit=2" + cursor)
        seen += [(item["version"], len(item["changes"])) for item in page["items"]]
    assert seen == [(5, 1), (4, 1), (3, 1), (2, 1), (1, 0)]


async def test_a_revert_is_a_new_version_with_the_old_document(room: Room) -> None:
    await room.put({"default": {"radius_m": 4000}})
    once = {"Idempotency-Key": "back"}
    reverted = await room.revert(1, made_from=2, **once)
    assert reverted.status_code == 201
    assert (await room.revert(1, made_from=2, **once)).json() == reverted.json()
    assert kind(await room.revert(1, made_from=2)) == (412, "outdated-version")
    policy = (await room.read()).json()
    assert (policy["version"], policy["document"]["default"]["radius_m"]) == (3, 5000)
    assert kind(await room.revert(9, made_from=3)) == (404, "not-found")
    past = await room.api.get(f"{PATH}/versions/2", headers=room.viewer.headers)
    assert past.json()["document"]["default"]["radius_m"] == 4000


async def test_open_chores_get_the_new_version_only_when_asked(
    room: Room, database: Database, connection: psycopg.Connection
) -> None:
    async def chores(session: AsyncSession) -> None:
        client = await make_client(session)
        for status in ("open", "unfilled", "offered", "booked"):
            await session.execute(insert(Chore).values(chore(room.market, client, status)))

    def found() -> dict[str, tuple[int, bool]]:
        rows = connection.execute("SELECT status, policy_version, due_at IS NOT NULL FROM chores")
        return {status: (version, due) for status, version, due in rows}

    await database.run(chores)
    assert (await room.put({})).json()["applied_to"] == 0
    assert set(found().values()) == {(1, False)}
    answer = await room.put({}, made_from='"2"', apply_to_open=True)
    assert answer.json()["applied_to"] == 3
    assert found() == {
        "open": (3, True),
        "unfilled": (3, True),
        "offered": (3, False),
        "booked": (1, False),
    }


async def test_a_change_is_audited_and_wakes_the_market(
    room: Room, connection: psycopg.Connection, woken: list[frozenset[str]]
) -> None:
    await room.put({"default": {"radius_m": 4000}})
    assert woken == [frozenset({f"work:{room.market.id}"})]
    row = connection.execute(
        "SELECT operator_id, action, subject, reason, facts FROM audit_entries"
    ).fetchall()
    assert row == [
        (
            room.editor.id,
            "policy.changed",
            "policy version 2",
            "a try",
            {
                "made_from": 1,
                "applied_to": 0,
                "changes": [{"field": "default.radius_m", "before": 5000, "after": 4000}],
            },
        )
    ]


async def test_a_revert_is_audited_with_the_version_it_went_back_to(
    room: Room, connection: psycopg.Connection
) -> None:
    await room.put({"default": {"radius_m": 4000}})
    await room.revert(1, made_from=2)
    ((facts,),) = connection.execute(
        "SELECT facts FROM audit_entries WHERE subject = 'policy version 3'"
    ).fetchall()
    assert facts == {
        "made_from": 2,
        "reverted_to": 1,
        "applied_to": 0,
        "changes": [{"field": "default.radius_m", "before": 4000, "after": 5000}],
    }


@pytest.fixture
def woken(api: httpx.AsyncClient) -> list[frozenset[str]]:
    """What the api's database was asked to wake, in order."""
    heard: list[frozenset[str]] = []
    transport = api._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.app.state.runtime.database.on_wake = heard.append  # type: ignore[attr-defined]
    return heard


def chore(market: Market, client: Person, status: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "market_id": market.id,
        "client_id": client.id,
        "category": "mounting",
        "point": HACKNEY,
        "metric_point": to_metric(HACKNEY, market.srid),
        "cell": "88194ad32dfffff",
        "address": "1 Mare Street",
        "notes": "",
        "wanted_now": False,
        "window_start": MONDAY_NOON + timedelta(hours=2),
        "window_end": MONDAY_NOON + timedelta(hours=6),
        "duration_minutes": 60,
        "status": status,
        "policy_version": 1,
        "wave": 0,
        "match_by": MONDAY_NOON + timedelta(hours=4),
        "created_at": MONDAY_NOON,
    }
