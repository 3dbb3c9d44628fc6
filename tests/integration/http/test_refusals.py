"""Whatever is sent, the answer is a problem of its own: never a 5xx, never half a change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import jwt
import psycopg
import pytest

from service.db.engine import Database
from service.http.tokens import Claims, sign_access
from service.settings import DEVELOPMENT_SECRET, Settings
from tests.integration.conftest import Clock
from tests.support.scene import MONDAY_NOON, Person, make_client

JSON = {"Content-Type": "application/json"}


def kind(answer: httpx.Response) -> tuple[int, str]:
    """The status and the last part of the problem's type; checks what every problem promises."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"]
    assert answer.headers["x-request-id"]
    return answer.status_code, str(document["type"]).rpartition("/")[2]


UNREADABLE = {
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": -Infinity}',
    "beyond a double": b'{"email": 1e999}',
    "an integer beyond a double": b'{"email": 1' + b"0" * 400 + b"}",
    "an integer of 5,000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "half of a surrogate pair": b'{"email": "\\ud800"}',
    "half of a surrogate pair as a name": b'{"\\udfff": 1}',
    "NUL": b'{"email": "a\\u0000b"}',
    "bad UTF-8": b'{"email": "\xff\xfe"}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"email": "a"}',
    "half of a document": b'{"email": ',
    "two documents": b"{} {}",
    "no JSON": b"email=a",
    "a member twice": b'{"email": "a", "email": "b"}',
    "33 levels": b"[" * 33 + b"]" * 33,
    "10,000 levels": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
}


async def test_a_body_that_cannot_be_read_is_a_400(
    api: httpx.AsyncClient, connection: psycopg.Connection
) -> None:
    for what, body in UNREADABLE.items():
        answer = await api.post("/v1/accounts", content=body, headers=JSON)
        assert kind(answer) == (400, "malformed-json"), what
        assert answer.json()["detail"], what
    assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


async def test_a_readable_body_of_the_wrong_shape_is_a_422(api: httpx.AsyncClient) -> None:
    for body in (b"[]", b"{}", b"null", b"1", b'"x"', b"[" * 31 + b"]" * 31, b'{"email": 1e300}'):
        answer = await api.post("/v1/accounts", content=body, headers=JSON)
        assert kind(answer) == (422, "invalid"), body
        assert all(error["message"] for error in answer.json()["errors"])
    assert kind(await api.post("/v1/accounts")) == (422, "invalid")


async def test_a_body_too_large_is_a_413_whether_its_length_is_told_or_not(
    api: httpx.AsyncClient, settings: Settings
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10 * 1024):
            yield b" " * 1024

    for content in (b" " * 10_000_000, pieces()):
        answer = await api.post("/v1/accounts", content=content, headers=JSON)
        assert kind(answer) == (413, "body-too-large")
        assert answer.json()["limit_bytes"] == settings.body_limit_bytes
    just_fits = b" " * (settings.body_limit_bytes - 2) + b"{}"
    assert kind(await api.post("/v1/accounts", content=just_fits, headers=JSON))[0] == 422
    lied = await api.post(
        "/v1/accounts", content=b"{}", headers=JSON | {"Content-Length": "9" * 30}
    )
    assert kind(lied) == (413, "body-too-large")


async def test_a_body_that_is_not_called_json_is_a_415(api: httpx.AsyncClient) -> None:
    for media in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "é",
    ):
        headers = {b"Content-Type": media.encode("latin-1")}
        answer = await api.post("/v1/accounts", content=b"{}", headers=headers)
        assert kind(answer) == (415, "unsupported-media-type"), media
    for media in ("application/json; charset=utf-8", "Application/JSON"):
        answer = await api.post("/v1/accounts", content=b"{}", headers={"Content-Type": media})
        assert kind(answer) == (422, "invalid"), media


async def test_an_unknown_path_is_a_404_and_a_trailing_slash_is_another_path(
    api: httpx.AsyncClient,
) -> None:
    for path in ("/", "/v2/accounts", "/v1/accounts/", "/v1/accounts/me/", "/healthz/", "/v1//me"):
        answer = await api.get(path, follow_redirects=False)
        assert kind(answer) == (404, "not-found"), path


async def test_a_wrong_method_is_a_405_that_names_all_right_ones(api: httpx.AsyncClient) -> None:
    for method, path, allowed in (
        ("PUT", "/v1/accounts", "GET, HEAD, POST"),
        ("POST", "/v1/accounts/me", "GET, HEAD, PATCH"),
        ("GET", "/v1/sessions", "DELETE, POST"),
        ("TRACE", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/v1/markets/london/policy", "GET, HEAD, PUT"),
        ("BREW", "/v1/sessions/refresh", "POST"),
    ):
        answer = await api.request(method, path)
        assert kind(answer) == (405, "method-not-allowed"), path
        assert answer.headers["allow"] == allowed


async def test_a_head_is_a_get_without_its_body(api: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/v1/accounts/me", "/nowhere"):
        got, head = await api.get(path), await api.head(path)
        assert head.status_code == got.status_code
        assert head.content == b""
        assert head.headers["content-length"] == got.headers["content-length"]


async def test_a_head_of_a_request_that_cannot_be_meant_is_refused(api: httpx.AsyncClient) -> None:
    assert kind(await api.get("/v1/" + "a" * 5000)) == (414, "uri-too-long")
    assert kind(await api.get("/healthz?" + "a=b&" * 2000)) == (414, "uri-too-long")
    assert kind(await api.get("/healthz", headers={"X": "x" * 40_000})) == (
        431,
        "headers-too-large",
    )
    for path in ("/v1/markets/lon%00don", "/v1/accounts/me?cursor=%00", "/%00"):
        assert kind(await api.get(path)) == (400, "bad-request"), path
    for path in ("/v1/markets/%ff%fe", "/v1/markets/%ed%a0%80", "/%2e%2e/%2e%2e/etc/passwd"):
        assert kind(await api.get(path))[0] == 404, path


@pytest.fixture
async def cleo(database: Database) -> Person:
    return await database.run(make_client)


async def test_only_our_own_unexpired_tokens_open_anything(
    api: httpx.AsyncClient, cleo: Person, clock: Clock
) -> None:
    claims = Claims(cleo.id, cleo.session_id)
    payload = {
        "sub": str(cleo.id),
        "sid": str(cleo.session_id),
        "aud": "dibs",
        "iat": int(clock().timestamp()),
        "exp": int(clock().timestamp()) + 600,
    }
    other_key = "x" * 40
    good = sign_access(claims, key=DEVELOPMENT_SECRET, now=clock(), lifetime_s=600)
    head, body, signature = good.split(".")
    forged = {
        "another key": jwt.encode(payload, other_key),
        "no algorithm": jwt.encode(payload, "", algorithm="none"),
        "another algorithm": jwt.encode(payload, DEVELOPMENT_SECRET * 2, algorithm="HS512"),
        "another audience": jwt.encode(payload | {"aud": "else"}, DEVELOPMENT_SECRET),
        "no expiry": jwt.encode(
            {key: payload[key] for key in payload if key != "exp"}, DEVELOPMENT_SECRET
        ),
        "an expiry that is a word": jwt.encode(payload | {"exp": "never"}, DEVELOPMENT_SECRET),
        "another's session": jwt.encode(
            payload | {"sub": "0199a7c2-5d1e-7c3a-9b52-3f6f0c1d2e4a"}, DEVELOPMENT_SECRET
        ),
        "no such session": jwt.encode(
            payload | {"sid": "0199a7c2-5d1e-7c3a-9b52-3f6f0c1d2e4a"}, DEVELOPMENT_SECRET
        ),
        "a subject that is a list": jwt.encode(payload, DEVELOPMENT_SECRET).replace(body, "W10"),
        "no signature": f"{head}.{body}.",
        "a changed body": f"{head}.{body[:-2]}AA.{signature}",
        "nonsense": "nonsense",
        "not ASCII": "é.é.é",
        "long": "a" * 20_000,
    }
    for what, token in forged.items():
        headers = {b"Authorization": f"Bearer {token}".encode()}
        answer = await api.get("/v1/accounts/me", headers=headers)
        assert kind(answer) == (401, "not-signed-in"), what
        assert answer.headers["www-authenticate"] == "Bearer"
    for value in ("", "Bearer", "Bearer ", f"Basic {good}", good):
        answer = await api.get("/v1/accounts/me", headers={"Authorization": value})
        assert kind(answer) == (401, "not-signed-in"), value
    answer = await api.get("/v1/accounts/me", headers={"Authorization": f"Bearer {good}"})
    assert answer.status_code == 200
    clock.at = datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC)
    answer = await api.get("/v1/accounts/me", headers=cleo.headers)
    assert clock.at > MONDAY_NOON
    assert kind(answer) == (401, "token-expired")


async def test_unknown_and_impossible_query_values_change_nothing(
    api: httpx.AsyncClient, cleo: Person
) -> None:
    assert (await api.get("/healthz?colour=blue")).status_code == 200
    for query, problem in (
        ("limit=0", (422, "invalid")),
        ("limit=201", (422, "invalid")),
        ("limit=many", (422, "invalid")),
        ("limit=" + "9" * 500, (422, "invalid")),
        ("cursor=nonsense", (400, "bad-cursor")),
        ("cursor=%C3%A9", (400, "bad-cursor")),
        ("cursor=" + "A" * 65, (422, "invalid")),
    ):
        answer = await api.get(f"/v1/chores?{query}", headers=cleo.headers)
        assert kind(answer) == problem, query
