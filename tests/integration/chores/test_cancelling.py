"""Cancelling a chore: offers withdrawn, booking cancelled, everybody told, in one transaction."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import psycopg
import pytest

from service.db.engine import Database
from tests.integration.chores.conftest import City
from tests.support.scene import Person, make_client, make_tasker
from tests.support.wire import everything, refused
from tests.support.work import make_booking, make_chore, make_offers


async def cancel(
    api: httpx.AsyncClient, chore_id: UUID, who: Person, reason: str = "A friend helps."
) -> httpx.Response:
    return await api.post(
        f"/v1/chores/{chore_id}/cancel", json={"reason": reason}, headers=who.headers
    )


def events_of(connection: psycopg.Connection, who: Person) -> list[tuple[str, dict[str, str]]]:
    return connection.execute(
        "SELECT type, data FROM events WHERE recipient_id = %s ORDER BY n", [who.id]
    ).fetchall()


async def test_an_offered_chore_takes_its_offers_with_it(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    other = await database.run(make_tasker, city.market)
    chore_id = await database.run(make_chore, city.market, city.client, status="offered")
    offers = await database.run(make_offers, city.market, chore_id, [city.tasker, other])
    answer = await cancel(api, chore_id, city.client)
    assert answer.status_code == 200
    assert answer.json()["state"] == "cancelled"
    assert answer.json()["closed_at"] == "2026-11-23T12:00:00.000Z"
    closed = connection.execute("SELECT DISTINCT status, closed_reason FROM offers").fetchall()
    assert closed == [("withdrawn", "chore_cancelled")]
    for tasker, offer in zip((city.tasker, other), offers, strict=True):
        ((kind, data),) = events_of(connection, tasker)
        assert kind == "offer.withdrawn"
        assert (data["offer_id"], data["reason"]) == (str(offer), "chore_cancelled")
    ((kind, data),) = events_of(connection, city.client)
    assert (kind, data["by"], data["reason"]) == ("chore.cancelled", "client", "A friend helps.")
    late = await api.post(f"/v1/offers/{offers[0]}/accept", headers=city.tasker.headers)
    refused(late, "chore-cancelled")


async def test_cancelling_twice_says_the_same_and_tells_once(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    chore_id = await database.run(make_chore, city.market, city.client)
    first = await cancel(api, chore_id, city.client)
    before = everything(connection)
    second = await cancel(api, chore_id, city.client, "Another reason.")
    assert first.json() == second.json()
    assert everything(connection) == before


async def test_a_booked_chore_takes_its_booking_with_it(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    await database.run(make_booking, city.market, city.client, city.tasker)
    ((chore_id,),) = connection.execute("SELECT id FROM chores").fetchall()
    answer = await cancel(api, chore_id, city.client)
    assert answer.json()["state"] == "cancelled"
    assert answer.json()["booking_id"] is None
    booking = connection.execute(
        "SELECT status, cancelled_by, cancelled_reason FROM bookings"
    ).fetchone()
    assert booking == ("cancelled", "client", "A friend helps.")
    assert [kind for kind, _ in events_of(connection, city.tasker)] == ["booking.cancelled"]
    assert "chore.cancelled" in [kind for kind, _ in events_of(connection, city.client)]


async def test_work_that_has_begun_is_not_cancelled(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    booking = await database.run(make_booking, city.market, city.client, city.tasker)
    await api.post(f"/v1/bookings/{booking}/start", headers=city.tasker.headers)
    before = everything(connection)
    ((chore_id,),) = connection.execute("SELECT id FROM chores").fetchall()
    answer = await cancel(api, chore_id, city.client)
    refused(answer, "wrong-state")
    assert answer.json()["state"] == "in_progress"
    assert everything(connection) == before


@pytest.mark.parametrize("status", ["completed", "expired"])
async def test_what_is_over_is_not_cancelled(
    status: str, api: httpx.AsyncClient, database: Database, city: City,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    chore_id = await database.run(make_chore, city.market, city.client)
    connection.execute(
        "UPDATE chores SET status = %s, due_at = NULL, closed_at = created_at", [status]
    )
    before = everything(connection)
    answer = await cancel(api, chore_id, city.client)
    refused(answer, "wrong-state")
    assert (answer.json()["state"], answer.json()["action"]) == (status, "cancel")
    assert everything(connection) == before


async def test_somebody_elses_chore_is_not_there_to_cancel(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    chore_id = await database.run(make_chore, city.market, city.client, status="offered")
    await database.run(make_offers, city.market, chore_id, [city.tasker])
    other = await database.run(make_client)
    before = everything(connection)
    for who in (other, city.tasker):
        refused(await cancel(api, chore_id, who), "not-found")
    refused(await cancel(api, chore_id, city.viewer), "not-allowed")
    too_long = await cancel(api, chore_id, city.client, "x" * 501)
    refused(too_long, "invalid", "string_too_long")
    assert everything(connection) == before


async def test_an_operator_cancels_with_a_trace_but_leaves_bookings_alone(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    chore_id = await database.run(make_chore, city.market, city.client)
    before = everything(connection)
    for nothing in ("", "  "):
        silent = await cancel(api, chore_id, city.editor, nothing)
        assert refused(silent, "invalid", "missing")["field"] == "reason"
    assert everything(connection) == before
    answer = await cancel(api, chore_id, city.editor, "Spam.")
    assert answer.json()["state"] == "cancelled"
    audit = connection.execute(
        "SELECT operator_id, action, subject, reason FROM audit_entries"
    ).fetchall()
    assert audit == [(city.editor.id, "chore.cancel", str(chore_id), "Spam.")]
    ((_, data),) = events_of(connection, city.client)
    assert data["by"] == "operator"
    await database.run(make_booking, city.market, city.client, city.tasker)
    booked = connection.execute("SELECT id FROM chores WHERE status = 'booked'").fetchone()
    assert booked is not None
    refused(await cancel(api, booked[0], city.editor), "wrong-state")


async def test_a_cancellation_and_an_accept_at_once_leave_one_story(
    api: httpx.AsyncClient, database: Database, city: City, connection: psycopg.Connection
) -> None:
    for _ in range(10):
        chore_id = await database.run(make_chore, city.market, city.client, status="offered")
        (offer,) = await database.run(make_offers, city.market, chore_id, [city.tasker])
        called_off, taken = await asyncio.gather(
            cancel(api, chore_id, city.client),
            api.post(f"/v1/offers/{offer}/accept", headers=city.tasker.headers),
        )
        assert called_off.status_code == 200
        assert taken.status_code in (200, 201, 409)
        after = connection.execute(
            "SELECT c.status, o.status, count(b.id) FILTER (WHERE b.status <> 'cancelled') FROM"
            " chores c JOIN offers o ON o.chore_id = c.id LEFT JOIN bookings b ON"
            " b.chore_id = c.id WHERE c.id = %s GROUP BY 1, 2", [chore_id],
        ).fetchone()  # fmt: skip
        won = "withdrawn" if taken.status_code == 409 else "accepted"
        assert after == ("cancelled", won, 0)
