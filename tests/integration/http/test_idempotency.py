"""A creating POST sent again with its key: one thing made, one answer, whoever else is about."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import event

from service.db.engine import Database
from tests.integration.conftest import Clock
from tests.support.scene import Person, make_market, make_person

ADA = {
    "email": "ada@example.com",
    "password": "a long sentence works",
    "name": "Ada",
    "roles": ["client"],
}
REVERT = {"version": 1, "reason": "as it was"}


async def sign_up(api: httpx.AsyncClient, key: str, **change: Any) -> httpx.Response:
    return await api.post("/v1/accounts", json=ADA | change, headers={"Idempotency-Key": key})


@pytest.fixture
async def editors(database: Database) -> list[Person]:
    """Two editors, and a market whose policy they may put back."""
    await database.run(make_market)
    return [await database.run(make_person, operator_role="editor") for _ in range(2)]


async def revert(
    api: httpx.AsyncClient, editor: Person, key: str, made_from: int = 1, **change: Any
) -> httpx.Response:
    headers = {"Idempotency-Key": key, "If-Match": f'"{made_from}"'}
    path = "/v1/markets/london/policy/revert"
    return await api.post(path, json=REVERT | change, headers=editor.headers | headers)


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


async def test_a_repeat_gets_the_first_answer_and_makes_nothing(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    first, again = await sign_up(api, "k1"), await sign_up(api, "k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert count(connection, "accounts") == 1


async def test_a_key_used_for_another_body_or_route_is_refused(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    await sign_up(api, "k1")
    other = await sign_up(api, "k1", email="bea@example.com")
    assert kind(other) == (422, "idempotency-key-reused")
    assert count(connection, "accounts") == 1


async def test_a_refused_request_leaves_its_key_free(api: httpx.AsyncClient) -> None:
    assert (await sign_up(api, "k1", roles=[])).status_code == 422
    assert (await sign_up(api, "k0")).status_code == 201
    taken = await sign_up(api, "k1")
    assert kind(taken) == (409, "email-taken")
    assert (await sign_up(api, "k1", email="bea@example.com")).status_code == 201


async def test_twenty_identical_requests_at_once_are_one(
    api: httpx.AsyncClient, connection: psycopg.Connection, editors: list[Person]
) -> None:
    for round_of in range(1, 6):
        answers = await asyncio.gather(
            *(revert(api, editors[0], f"k{round_of}", round_of) for _ in range(20))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert all(answer.json() == answers[0].json() for answer in answers)
        fresh = [answer for answer in answers if "idempotency-replayed" not in answer.headers]
        assert len(fresh) == 1
        assert count(connection, "policy_versions") == 1 + round_of


async def test_of_many_at_once_where_the_first_fails_another_takes_its_place(
    api: httpx.AsyncClient, connection: psycopg.Connection, editors: list[Person]
) -> None:
    wrong, right = {"version": 7}, {"version": 1}
    answers = await asyncio.gather(
        *(revert(api, editors[0], "k", 1, **(wrong if n % 2 else right)) for n in range(20))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 404, 422}
    assert statuses.count(201) == 10
    assert count(connection, "policy_versions") == 2


async def test_people_do_not_meet_in_each_others_keys(
    api: httpx.AsyncClient, editors: list[Person]
) -> None:
    first = await revert(api, editors[0], "same", 1)
    second = await revert(api, editors[1], "same", 2)
    assert (first.json()["version"], second.json()["version"]) == (2, 3)
    assert "idempotency-replayed" not in second.headers


async def test_a_stranger_needs_the_whole_body_to_be_answered(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    await sign_up(api, "k1")
    guess = await sign_up(api, "k1", password="a wrong sentence")
    assert kind(guess) == (422, "idempotency-key-reused")
    assert "ada" not in guess.text
    kept = connection.execute("SELECT scope, request_hash, answer FROM idempotency_keys").fetchone()
    assert kept is not None
    assert kept[0].startswith("anonymous ")
    assert str(ADA["password"]) not in str(kept)


async def test_a_key_is_forgotten_after_its_time(
    api: httpx.AsyncClient, clock: Clock, editors: list[Person]
) -> None:
    first = await revert(api, editors[0], "k", 1)
    clock.forward(hours=23)
    assert (await revert(api, editors[0], "k", 1)).json() == first.json()
    clock.at = clock.at.replace(day=24, hour=11, minute=59)
    editors[0] = Person(editors[0].id, editors[0].session_id, clock.at)
    clock.forward(minutes=1)
    fresh = await revert(api, editors[0], "k", 2)
    assert (fresh.status_code, fresh.json()["version"]) == (201, 3)


async def test_a_key_that_is_no_key_is_refused(api: httpx.AsyncClient) -> None:
    for key in ("", "x" * 129, "two words", "tab\tbed"):
        assert kind(await sign_up(api, key)) == (422, "idempotency-key-invalid"), key
    headers = {b"Idempotency-Key": "é".encode()}
    refused = await api.post("/v1/accounts", json=ADA, headers=headers)
    assert kind(refused) == (422, "idempotency-key-invalid")


def impatient(api: httpx.AsyncClient) -> None:
    """Let the api's transactions wait for a lock for a fifth of a second."""
    transport = api._transport
    assert isinstance(transport, httpx.ASGITransport)
    engine = transport.app.state.runtime.database.engine.sync_engine  # type: ignore[attr-defined]
    event.listen(
        engine, "begin", lambda begun: begun.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
    )


async def test_a_request_still_under_way_is_a_conflict_and_not_a_second_one(
    api: httpx.AsyncClient, connection: psycopg.Connection, editors: list[Person]
) -> None:
    await revert(api, editors[0], "k", 1)
    impatient(api)
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as other:
        other.execute("UPDATE idempotency_keys SET status = status")
        answer = await revert(api, editors[0], "k", 1)
    assert kind(answer) == (409, "idempotency-in-progress")
