"""Signing in, rotating, signing out: what holds, what ends, and who is told what."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from service.accounts.endpoints import REPEATED_WITHIN_S
from service.accounts.passwords import cheap_hash
from service.app import create_app
from service.settings import Settings
from tests.integration.conftest import Clock

PASSWORD = "a long sentence works"
ADA = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada", "roles": ["client"]}


@pytest.fixture
def ada(connection: psycopg.Connection) -> None:
    """Ada has an account; her password is hashed cheaply, so that tests are fast."""
    connection.execute(
        "INSERT INTO accounts (id, email, password_hash, name, is_client, is_tasker, created_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'Ada', true, false, '2026-11-01Z')",
        [ADA["email"], cheap_hash(PASSWORD)],
    )


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cheap_password_hashes": True})


async def sign_in(api: httpx.AsyncClient, password: str = PASSWORD) -> httpx.Response:
    return await api.post("/v1/sessions", json={"email": ADA["email"], "password": password})


async def me(api: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    return await api.get("/v1/accounts/me", headers=bearer(tokens))


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def kind(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition("/")[2]


async def refresh(api: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    return await api.post("/v1/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})


async def test_somebody_signs_up_signs_in_and_reads_their_account(api: httpx.AsyncClient) -> None:
    created = await api.post("/v1/accounts", json=ADA | {"email": " Ada@Example.COM "})
    assert created.status_code == 201
    signed_in = await sign_in(api)
    assert signed_in.status_code == 201
    assert signed_in.headers["cache-control"] == "no-store"
    read = await me(api, signed_in.json())
    assert read.json() == created.json() == signed_in.json()["account"]
    assert read.json()["email"] == "ada@example.com"
    assert read.json()["roles"] == ["client"]
    assert read.json()["operator_role"] is None


async def test_an_email_has_one_account_however_it_is_written(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/accounts", json=ADA)).status_code == 201
    again = await api.post("/v1/accounts", json=ADA | {"email": "ADA@example.com"})
    assert (again.status_code, kind(again)) == (409, "email-taken")


WRONG: list[tuple[str, object]] = [
    ("email", "ada"),
    ("email", "ada@localhost"),
    ("email", '"a b"@example.com'),
    ("email", "ada@[127.0.0.1]"),
    ("email", "a" * 300 + "@example.com"),
    ("email", None),
    ("password", "sesame"),
    ("password", "x" * 257),
    ("password", 1234567890),
    ("name", "   "),
    ("name", "Ada\nLovelace"),
    ("name", "x" * 81),
    ("roles", []),
    ("roles", ["client", "client"]),
    ("roles", ["operator"]),
    ("roles", "client"),
    ("operator_role", "editor"),
]


async def test_a_wrong_field_of_a_sign_up_is_named_and_nothing_is_kept(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    for field, value in WRONG:
        answer = await api.post("/v1/accounts", json=ADA | {field: value})
        assert (answer.status_code, kind(answer)) == (422, "invalid"), (field, value)
        named = {error["field"].partition(".")[0] for error in answer.json()["errors"]}
        assert named == {field}, value
        assert "sesame" not in answer.text
    assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


@pytest.mark.usefixtures("ada")
async def test_a_wrong_password_and_an_unknown_email_are_the_same_refusal(
    api: httpx.AsyncClient,
) -> None:
    wrong = await sign_in(api, "not her password")
    unknown = await api.post(
        "/v1/sessions", json={"email": "nobody@example.com", "password": PASSWORD}
    )
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"] == "Bearer"


@pytest.mark.usefixtures("ada")
async def test_spaces_of_a_password_count(api: httpx.AsyncClient) -> None:
    assert (await sign_in(api, PASSWORD + " ")).status_code == 401


@pytest.mark.usefixtures("ada")
async def test_cheap_hashes_open_nothing_where_they_are_not_allowed(
    settings: Settings, clock: Clock
) -> None:
    app = create_app(settings.model_copy(update={"cheap_password_hashes": False}))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as api,
    ):
        assert (await sign_in(api)).status_code == 401


@pytest.mark.usefixtures("ada")
async def test_an_access_token_expires_and_the_refresh_token_gets_the_next_pair(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    first = (await sign_in(api)).json()
    clock.forward(seconds=first["expires_in"] - 1)
    assert (await me(api, first)).status_code == 200
    clock.forward(seconds=1)
    late = await me(api, first)
    assert (late.status_code, kind(late)) == (401, "token-expired")
    second = await refresh(api, first)
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    assert (await me(api, second.json())).status_code == 200


@pytest.mark.usefixtures("ada")
async def test_a_refresh_token_used_twice_ends_the_session_for_both_users(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    robbed = (await sign_in(api)).json()
    other_device = (await sign_in(api)).json()
    thief = (await refresh(api, robbed)).json()
    clock.forward(seconds=REPEATED_WITHIN_S)
    reused = await refresh(api, robbed)
    assert (reused.status_code, kind(reused)) == (401, "refresh-reused")
    for tokens in (robbed, thief):
        assert kind(await me(api, tokens)) == "session-revoked"
    assert kind(await refresh(api, thief)) == "session-revoked"
    assert (await me(api, other_device)).status_code == 200


@pytest.mark.usefixtures("ada")
async def test_a_refresh_whose_answer_was_lost_is_answered_again_for_a_while(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    tokens = (await sign_in(api)).json()
    lost = (await refresh(api, tokens)).json()
    clock.forward(seconds=REPEATED_WITHIN_S - 1)
    arrived = (await refresh(api, tokens)).json()
    assert arrived["refresh_token"] == lost["refresh_token"]
    assert (await me(api, arrived)).status_code == 200
    clock.forward(seconds=60)
    assert (await refresh(api, arrived)).status_code == 200


@pytest.mark.usefixtures("ada")
async def test_a_refresh_is_not_answered_again_once_what_followed_was_used(
    api: httpx.AsyncClient,
) -> None:
    robbed = (await sign_in(api)).json()
    arrived = (await refresh(api, robbed)).json()
    newest = (await refresh(api, arrived)).json()
    assert kind(await refresh(api, robbed)) == "refresh-reused"
    assert kind(await me(api, newest)) == "session-revoked"


@pytest.mark.usefixtures("ada")
async def test_parallel_uses_of_one_refresh_token_are_one_use(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    tokens = (await sign_in(api)).json()
    answers = await asyncio.gather(*(refresh(api, tokens) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    unused = "SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL"
    assert connection.execute(unused).fetchone() == (1,)


@pytest.mark.usefixtures("ada")
async def test_a_refresh_token_expires(api: httpx.AsyncClient, clock: Clock) -> None:
    tokens = (await sign_in(api)).json()
    clock.forward(days=30)
    assert kind(await refresh(api, tokens)) == "refresh-not-valid"
    assert kind(await refresh(api, {"refresh_token": "made up"})) == "refresh-not-valid"


@pytest.mark.usefixtures("ada")
async def test_signing_out_ends_this_session_and_no_other(api: httpx.AsyncClient) -> None:
    here, there = (await sign_in(api)).json(), (await sign_in(api)).json()
    gone = await api.delete("/v1/sessions/current", headers=bearer(here))
    assert (gone.status_code, gone.content) == (204, b"")
    assert kind(await me(api, here)) == "session-revoked"
    assert kind(await refresh(api, here)) == "session-revoked"
    assert (await me(api, there)).status_code == 200


@pytest.mark.usefixtures("ada")
async def test_signing_out_everywhere_ends_every_session(api: httpx.AsyncClient) -> None:
    here, there = (await sign_in(api)).json(), (await sign_in(api)).json()
    assert (await api.delete("/v1/sessions", headers=bearer(here))).status_code == 204
    for tokens in (here, there):
        assert kind(await me(api, tokens)) == "session-revoked"


@pytest.mark.usefixtures("ada")
async def test_a_changed_password_ends_the_other_sessions(api: httpx.AsyncClient) -> None:
    here, there = (await sign_in(api)).json(), (await sign_in(api)).json()
    change = {"current_password": "not it, I fear", "new_password": "quite another sentence"}
    path = "/v1/accounts/me/password"
    assert (await api.put(path, json=change, headers=bearer(here))).status_code == 401
    change["current_password"] = PASSWORD
    assert (await api.put(path, json=change, headers=bearer(here))).status_code == 204
    assert (await me(api, here)).status_code == 200
    assert kind(await me(api, there)) == "session-revoked"
    assert (await sign_in(api)).status_code == 401
    assert (await sign_in(api, change["new_password"])).status_code == 201


@pytest.mark.usefixtures("ada")
async def test_a_client_becomes_a_tasker_as_well(api: httpx.AsyncClient) -> None:
    tokens = (await sign_in(api)).json()
    for change, name in (({"roles": ["tasker"]}, "Ada"), ({"name": " Ada L. "}, "Ada L.")):
        answer = await api.patch("/v1/accounts/me", json=change, headers=bearer(tokens))
        assert answer.status_code == 200
        assert answer.json()["roles"] == ["client", "tasker"]
        assert answer.json()["name"] == name
    assert (await me(api, tokens)).json()["roles"] == ["client", "tasker"]


@pytest.mark.usefixtures("ada")
async def test_a_suspended_person_is_shut_out_and_told_so_only_with_their_password(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    tokens = (await sign_in(api)).json()
    connection.execute("UPDATE accounts SET suspended_at = now(), suspended_reason = 'fraud'")
    assert kind(await me(api, tokens)) == "account-suspended"
    assert kind(await refresh(api, tokens)) == "account-suspended"
    assert kind(await sign_in(api)) == "account-suspended"
    assert kind(await sign_in(api, "not her password")) == "wrong-credentials"
