"""Experiments over HTTP: they begin and end, and chores get their arms and keep them."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.integration.conftest import Clock
from tests.integration.experiments.conftest import PATH, Room
from tests.support.scene import (
    HACKNEY,
    north_of,
)
from tests.support.wire import refused


async def test_chores_are_matched_under_the_version_of_their_arm_and_keep_it(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    before = await room.post()
    running = await room.started(slot_minutes=60, washout_minutes=15, resolution=6)
    clock.forward(minutes=20)
    for km in range(40):
        await room.post(north_of(HACKNEY, 800.0 * (km - 20)))
    rows = connection.execute(
        "SELECT id, experiment_id, arm, policy_version, counted FROM chores ORDER BY created_at"
    ).fetchall()
    assert (str(rows[0][0]), *rows[0][1:4]) == (before, None, None, 3)
    assert {str(row[1]) for row in rows[1:]} == {running["id"]}
    assert {row[2:4] for row in rows[1:]} == {("a", 2), ("b", 3)}
    assert all(row[4] for row in rows[1:])
    told = await room.read(running["id"])
    arms = Counter(row[2] for row in rows[1:])
    assert (told["a"]["posted"], told["b"]["posted"]) == (arms["a"], arms["b"])
    assert told["status"] == "running"
    assert told["regions"] > 1


async def test_in_a_wash_out_a_chore_has_an_arm_and_does_not_count(
    room: Room, connection: psycopg.Connection
) -> None:
    running = await room.started()
    await room.post()
    assert connection.execute("SELECT counted FROM chores").fetchone() == (False,)
    told = await room.read(running["id"])
    assert told["a"]["posted"] + told["b"]["posted"] == 1
    assert told["a"]["counted"] + told["b"]["counted"] == 0


async def test_a_policy_applied_to_open_chores_leaves_the_arms_alone(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    await room.post()
    await room.started()
    clock.forward(minutes=1)
    await room.post()
    answer = await room.api.put(
        "/v1/markets/london/policy",
        json={"document": {}, "reason": "back", "apply_to_open": True},
        headers=room.editor.headers | {"If-Match": '"3"'},
    )
    assert answer.json()["applied_to"] == 1
    rows = connection.execute("SELECT arm IS NULL, policy_version FROM chores").fetchall()
    assert sorted(rows) == [(False, rows[1][1] if not rows[1][0] else rows[0][1]), (True, 4)]
    assert {version for free, version in rows if not free} <= {2, 3}


async def test_after_its_end_and_after_a_stop_chores_have_no_arm(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    first = await room.started(days=2)
    room.on(clock, days=2)
    await room.post()
    assert (await room.read(first["id"]))["status"] == "ended"
    refused(await room.stop(first["id"]), "wrong-state")
    second = await room.started()
    stopped = await room.stop(second["id"])
    assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")
    assert (await room.stop(second["id"])).json() == stopped.json()
    clock.forward(minutes=1)
    await room.post()
    assert connection.execute("SELECT count(*) FROM chores WHERE arm IS NOT NULL").fetchone() == (
        0,
    )
    listed = await room.api.get(PATH, headers=room.viewer.headers)
    assert [each["status"] for each in listed.json()["items"]] == ["stopped", "ended"]
    audit = connection.execute("SELECT action, reason FROM audit_entries ORDER BY id").fetchall()
    assert audit[2:] == [
        ("experiment.started", "is it worth it?"),
        ("experiment.started", "is it worth it?"),
        ("experiment.stopped", "enough"),
    ]


async def test_a_scheduled_one_waits_for_its_time_and_can_be_called_off(
    room: Room, connection: psycopg.Connection, clock: Clock
) -> None:
    waiting = await room.started(starts_at="2026-11-25T00:00:00Z")
    assert waiting["status"] == "scheduled"
    await room.post()
    assert connection.execute("SELECT arm FROM chores").fetchone() == (None,)
    assert (await room.stop(waiting["id"])).json()["status"] == "stopped"
    assert (await room.start()).status_code == 201


async def test_of_experiments_started_at_once_one_is(room: Room) -> None:
    answers = await asyncio.gather(*(room.start(seed=n) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, "experiment-runs")


async def test_sent_again_with_its_key_it_starts_once(room: Room) -> None:
    body = {"name": "x", "version_a": 1, "version_b": 2, "days": 2, "reason": "why"}
    headers = room.editor.headers | {"Idempotency-Key": "once"}
    answers = [await room.api.post(PATH, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version_b": 2}, "version_b"),
        ({"version_b": 9}, "version_b"),
        ({"version_a": 0}, "version_a"),
        ({"days": 3}, "days"),
        ({"days": 86}, "days"),
        ({"slot_minutes": 100}, "slot_minutes"),
        ({"washout_minutes": 240}, "washout_minutes"),
        ({"washout_minutes": -1}, "washout_minutes"),
        ({"resolution": 8}, "resolution"),
        ({"starts_at": "2026-11-22T00:00:00Z"}, "starts_at"),
        ({"starts_at": "yesterday"}, "starts_at"),
        ({"reason": " "}, "reason"),
        ({"name": ""}, "name"),
        ({"arm": "a"}, "arm"),
    ],
)
async def test_what_is_no_experiment_is_refused_beside_its_field(
    room: Room, changes: dict[str, Any], field: str
) -> None:
    answer = await room.start(**changes)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]
    assert (await room.api.get(PATH, headers=room.viewer.headers)).json()["items"] == []


async def test_what_is_not_there_is_not_found(room: Room) -> None:
    nobody = UUID(int=7)
    for method, path in (
        ("GET", f"{PATH}/{nobody}"),
        ("POST", f"{PATH}/{nobody}/stop"),
        ("GET", "/v1/markets/atlantis/experiments"),
    ):
        body = {"reason": "x"} if method == "POST" else None
        answer = await room.api.request(method, path, json=body, headers=room.editor.headers)
        refused(answer, "not-found")
