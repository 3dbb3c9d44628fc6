"""How often an address, an e-mail or a person may try."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from service.app import create_app
from service.db.engine import Database
from service.settings import Settings
from tests.support.scene import make_client

NOBODY = {"email": "nobody@example.com", "password": "whatever it may be"}
ADA = NOBODY | {"email": "ada@example.com", "name": "Ada", "roles": ["client"]}


@asynccontextmanager
async def limited(
    settings: Settings, address: str = "192.0.2.1", **change: object
) -> AsyncIterator[httpx.AsyncClient]:
    """A client at `address` of an api that lets anybody sign in twice a minute."""
    app = create_app(settings.model_copy(update={"sign_in_limit": "2/minute"} | change))
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as api,
    ):
        yield api


async def test_an_address_that_tries_too_often_is_told_when_to_come_back(
    settings: Settings,
) -> None:
    async with limited(settings) as api:
        people = [NOBODY | {"email": f"{name}@example.com"} for name in ("a", "b", "c")]
        answers = [await api.post("/v1/sessions", json=person) for person in people]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("/too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["retry_after_s"] == int(refused.headers["retry-after"])


async def test_one_email_is_not_guessed_at_from_many_addresses(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"sign_in_limit": "2/minute"}))
    statuses = []
    async with app.router.lifespan_context(app):
        for last in range(3):
            transport = httpx.ASGITransport(app=app, client=(f"192.0.2.{last}", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as api:
                statuses.append((await api.post("/v1/sessions", json=NOBODY)).status_code)
    assert statuses == [401, 401, 429]


async def test_a_named_address_and_an_empty_limit_are_not_counted(settings: Settings) -> None:
    for change in ({"unlimited_addresses": ("192.0.2.1",)}, {"sign_in_limit": ""}):
        async with limited(settings, **change) as api:
            answers = [await api.post("/v1/sessions", json=NOBODY) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401] * 4


async def test_signing_up_has_a_limit_of_its_own(settings: Settings) -> None:
    async with limited(settings, sign_up_limit="1/minute") as api:
        answers = [await api.post("/v1/accounts", json=ADA) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]


async def test_a_person_gets_so_many_stream_tickets_a_minute(
    settings: Settings, database: Database
) -> None:
    ada, bob = await database.run(make_client), await database.run(make_client)
    async with limited(settings, ticket_limit="2/minute") as api:
        for person, expected in ((ada, [201, 201, 429]), (bob, [201])):
            answers = [
                await api.post("/v1/stream/tickets", headers=person.headers) for _ in expected
            ]
            assert [answer.status_code for answer in answers] == expected
