"""A booking that somebody takes back: who may, until when, and what becomes of the chore."""

from __future__ import annotations

import asyncio

import httpx
import psycopg
import pytest

from tests.integration.bookings.conftest import Scene, post, told
from tests.support.scene import (
    MONDAY_NOON,
)
from tests.support.wire import refused


async def test_a_client_who_cancels_cancels_the_chore(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    answer = await post(api, scene, "cancel", scene.client, reason="Done it myself.")
    assert answer.json()["cancelled_by"] == "client"
    chore = connection.execute("SELECT status, due_at, closed_at FROM chores").fetchone()
    assert chore == ("cancelled", None, MONDAY_NOON)
    assert told(connection, scene.client) == ["booking.cancelled", "chore.cancelled"]
    assert told(connection, scene.tasker) == ["booking.cancelled"]


async def test_a_tasker_who_cancels_makes_the_chore_due_again(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    answer = await post(api, scene, "cancel", scene.tasker, reason="My van broke down.")
    assert answer.json()["cancelled_by"] == "tasker"
    chore = connection.execute("SELECT status, due_at, closed_at FROM chores").fetchone()
    assert chore == ("open", MONDAY_NOON, None)
    assert told(connection, scene.client) == ["booking.cancelled", "chore.reopened"]


async def test_an_operator_takes_a_booking_away_and_it_is_on_record(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    answer = await post(api, scene, "cancel", scene.operator, reason="Safety.")
    assert answer.json()["cancelled_by"] == "operator"
    assert connection.execute("SELECT status FROM chores").fetchone() == ("open",)
    entry = connection.execute("SELECT operator_id, action, reason FROM audit_entries").fetchone()
    assert entry == (scene.operator.id, "booking.cancel", "Safety.")


async def test_work_that_has_begun_is_cancelled_by_operators_alone(
    api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    await post(api, scene, "start", scene.tasker)
    for who in (scene.client, scene.tasker):
        refused(await post(api, scene, "cancel", who), "wrong-state")
    answer = await post(api, scene, "cancel", scene.operator, reason="The phone died.")
    assert (answer.json()["state"], answer.json()["price"]) == ("cancelled", None)
    assert connection.execute("SELECT status FROM chores").fetchone() == ("open",)
    assert told(connection, scene.tasker) == ["booking.started", "booking.cancelled"]
    entry = connection.execute("SELECT facts ->> 'state' FROM audit_entries").fetchone()
    assert entry == ("in_progress",)


@pytest.mark.parametrize("who", ["client", "tasker"])
async def test_a_start_and_a_cancellation_at_once_cancel_no_work_that_has_begun(
    who: str, api: httpx.AsyncClient, scene: Scene, connection: psycopg.Connection
) -> None:
    started, cancelled = await asyncio.gather(
        post(api, scene, "start", scene.tasker), post(api, scene, "cancel", getattr(scene, who))
    )
    assert sorted([started.status_code, cancelled.status_code]) == [200, 409]
    state = "in_progress" if started.status_code == 200 else "cancelled"
    assert connection.execute("SELECT status FROM bookings").fetchone() == (state,)


async def test_an_operator_who_may_only_look_cancels_nothing(
    api: httpx.AsyncClient, scene: Scene
) -> None:
    assert (await post(api, scene, "cancel", scene.viewer)).status_code == 403
    read = await api.get(f"/v1/bookings/{scene.booking}", headers=scene.viewer.headers)
    assert read.json()["state"] == "scheduled"
