"""The console's sign-in: who gets in, what the cookie may, and what tabs and thieves get."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest

from service.accounts.passwords import cheap_hash
from service.app import create_app
from service.console.cookies import NAME, PATH
from service.console.endpoints import TABS_WITHIN_S
from service.settings import Settings
from tests.integration.conftest import Clock
from tests.support.wire import refused

PASSWORD = "steer with a light hand"
OPAL, ADA = "opal@example.com", "ada@example.com"
PAGE = {"X-Dibs-Console": "1"}
SESSION, REFRESH = "/v1/console/session", "/v1/console/session/refresh"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cheap_password_hashes": True})


@pytest.fixture(autouse=True)
def people(connection: psycopg.Connection) -> None:
    """Opal edits, Ada is a client."""
    for email, role in ((OPAL, "editor"), (ADA, None)):
        connection.execute(
            "INSERT INTO accounts (id, email, password_hash, name, is_client, is_tasker,"
            " operator_role, created_at)"
            " VALUES (gen_random_uuid(), %s, %s, 'Opal', %s, false, %s, '2026-11-01Z')",
            [email, cheap_hash(PASSWORD), role is None, role],
        )


async def sign_in(api: httpx.AsyncClient, email: str = OPAL) -> httpx.Response:
    return await api.post(SESSION, json={"email": email, "password": PASSWORD})


async def me(api: httpx.AsyncClient, opened: httpx.Response) -> httpx.Response:
    token = opened.json()["access_token"]
    return await api.get("/v1/accounts/me", headers={"Authorization": f"Bearer {token}"})


async def refresh(api: httpx.AsyncClient, cookie: str, **headers: str) -> httpx.Response:
    """A refresh with this very cookie, whatever the client's jar holds."""
    api.cookies.clear()
    return await api.post(REFRESH, headers=PAGE | {"Cookie": f"{NAME}={cookie}"} | headers)


def cookie_of(answer: httpx.Response) -> dict[str, Any]:
    """The answer's cookie: its value under its name, its attributes in lower case."""
    first, *more = answer.headers["set-cookie"].split("; ")
    pairs = (part.partition("=") for part in more)
    name, _, value = first.partition("=")
    return {name: value} | {key.lower(): value for key, _, value in pairs}


async def test_an_operator_signs_in_and_the_long_lived_secret_is_in_the_cookie_alone(
    api: httpx.AsyncClient,
) -> None:
    opened = await sign_in(api)
    assert opened.status_code == 201
    assert opened.json()["account"]["operator_role"] == "editor"
    cookie = cookie_of(opened)
    assert cookie["path"] == PATH
    assert cookie["samesite"] == "strict"
    assert "httponly" in cookie
    assert "secure" not in cookie
    assert cookie[NAME] not in opened.text
    assert (await me(api, opened)).json()["email"] == OPAL
    by_cookie = await api.get("/v1/accounts/me", headers={"Cookie": f"{NAME}={cookie[NAME]}"})
    refused(by_cookie, "not-signed-in")


async def test_in_production_the_cookie_travels_encrypted_only(
    settings: Settings,
) -> None:
    app = create_app(settings.model_copy(update={"environment": "production"}))
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="https://dibs.test") as api,
    ):
        assert "secure" in cookie_of(await sign_in(api))


async def test_somebody_who_is_no_operator_gets_no_session(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    answer = await sign_in(api, ADA)
    refused(answer, "not-allowed")
    assert "set-cookie" not in answer.headers
    wrong = await api.post(SESSION, json={"email": OPAL, "password": "not hers"})
    refused(wrong, "wrong-credentials")
    assert connection.execute("SELECT count(*) FROM login_sessions").fetchone() == (0,)


async def test_the_cookie_gets_the_next_access_token_and_the_next_cookie(
    api: httpx.AsyncClient,
) -> None:
    first = cookie_of(await sign_in(api))[NAME]
    second = await refresh(api, first)
    assert second.status_code == 200
    assert second.json()["account"]["name"] == "Opal"
    assert cookie_of(second)[NAME] != first
    assert (await me(api, second)).status_code == 200
    third = await refresh(api, cookie_of(second)[NAME])
    assert third.status_code == 200


async def test_tabs_that_refresh_at_once_share_the_next_cookie_and_stay_signed_in(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    first = cookie_of(await sign_in(api))[NAME]
    answers = await asyncio.gather(*(refresh(api, first) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    (shared,) = {cookie_of(answer)[NAME] for answer in answers}
    clock.forward(seconds=TABS_WITHIN_S - 1)
    lost_and_asked_again = await refresh(api, first)
    assert cookie_of(lost_and_asked_again)[NAME] == shared
    assert (await me(api, await refresh(api, shared))).status_code == 200


async def test_a_cookie_used_again_later_ends_the_session(
    api: httpx.AsyncClient, clock: Clock
) -> None:
    first = cookie_of(await sign_in(api))[NAME]
    second = await refresh(api, first)
    clock.forward(seconds=TABS_WITHIN_S)
    refused(await refresh(api, first), "refresh-reused")
    refused(await me(api, second), "session-revoked")
    refused(await refresh(api, cookie_of(second)[NAME]), "session-revoked")


async def test_a_cookie_used_again_after_the_next_was_used_ends_the_session(
    api: httpx.AsyncClient,
) -> None:
    first = cookie_of(await sign_in(api))[NAME]
    third = await refresh(api, cookie_of(await refresh(api, first))[NAME])
    refused(await refresh(api, first), "refresh-reused")
    refused(await me(api, third), "session-revoked")


async def test_without_the_pages_header_or_from_another_origin_the_cookie_does_nothing(
    api: httpx.AsyncClient,
) -> None:
    cookie = cookie_of(await sign_in(api))[NAME]
    api.cookies.clear()
    bare = {"Cookie": f"{NAME}={cookie}"}
    for method in ("POST", "DELETE"):
        path = REFRESH if method == "POST" else SESSION
        assert refused(await api.request(method, path, headers=bare), "invalid")["field"] == (
            "X-Dibs-Console"
        )
        foreign = bare | PAGE | {"Origin": "https://evil.example"}
        refused(await api.request(method, path, headers=foreign), "not-allowed")
    own = await refresh(api, cookie, Origin="http://dibs.test")
    assert own.status_code == 200


async def test_signing_out_ends_the_session_and_takes_the_cookie_away(
    api: httpx.AsyncClient,
) -> None:
    opened = await sign_in(api)
    cookie = cookie_of(opened)[NAME]
    api.cookies.clear()
    gone = await api.delete(SESSION, headers=PAGE | {"Cookie": f"{NAME}={cookie}"})
    assert gone.status_code == 204
    assert cookie_of(gone)[NAME] == '""'
    assert cookie_of(gone)["max-age"] == "0"
    refused(await me(api, opened), "session-revoked")
    refused(await refresh(api, cookie), "session-revoked")
    without = await api.delete(SESSION, headers=PAGE)
    assert without.status_code == 204


async def test_a_browser_without_a_cookie_is_told_so(api: httpx.AsyncClient) -> None:
    refused(await api.post(REFRESH, headers=PAGE), "refresh-not-valid")
    refused(await refresh(api, "made-up"), "refresh-not-valid")


async def test_a_suspended_operator_stays_out(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    cookie = cookie_of(await sign_in(api))[NAME]
    connection.execute("UPDATE accounts SET suspended_at = now(), suspended_reason = 'left'")
    refused(await refresh(api, cookie), "account-suspended")
    refused(await sign_in(api), "account-suspended")


async def test_the_settings_are_there_before_anybody_signs_in(api: httpx.AsyncClient) -> None:
    found = (await api.get("/v1/console/settings")).json()
    assert found["environment"] == "test"
    assert found["map_style_url"] is None
    assert found["version"][0].isdigit()
