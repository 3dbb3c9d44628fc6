"""The OpenAPI document, held against the api: generated requests, good and bad, to every operation.

Requests are drawn the same way each time. Who calls an operation is who may, by the access table.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr
from schemathesis import Case
from schemathesis.checks import positive_data_acceptance
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from service.accounts import passwords
from service.accounts.passwords import cheap_hash
from service.app import create_app
from service.db.engine import open_database
from service.db.tables import Account
from service.settings import Settings
from tests.integration.http.test_access import MAY, TABLE, Role
from tests.support.databases import cloned
from tests.support.scene import Person, make_client, make_market, make_person, make_tasker

pytest_plugins = ["schemathesis.pytest.plugin"]

PASSWORD = "draw what you like"
EXAMPLES = 4
ENDS_A_SESSION = ("DELETE /v1/sessions", "DELETE /v1/sessions/current")

document = create_app(
    Settings(environment="test", database_url=SecretStr("postgresql://"))
).openapi()
schema = schemathesis.openapi.from_dict(document)
# Tokens are ours to give, and a query may say more than is asked: neither is drawn.
schema.config.generation.update(
    max_examples=EXAMPLES,
    deterministic=True,
    with_security_parameters=False,
    allow_extra_parameters=False,
)
schema.config.phases.coverage.unexpected_methods = {"trace"}
schema.config.checks.negative_data_rejection.expected_statuses += ["412", "413", "414", "431"]


class Served:
    """The api on a port, and how each role signs in to it."""

    def __init__(self, url: str, emails: dict[Role, str]) -> None:
        self.url, self.emails = url, emails
        self.kept: dict[Role, dict[str, str]] = {}
        self.http = requests.Session()

    def headers_for(self, route: str) -> dict[str, str]:
        """The headers of somebody who may call it, signed in anew where the call ends a session."""
        may = MAY[TABLE[route]]
        if "anonymous" in may:
            return {}
        role: Role = next(role for role in ("editor", "client", "tasker") if role in may)
        if route in ENDS_A_SESSION:
            return self._sign_in(role)
        if role not in self.kept:
            self.kept[role] = self._sign_in(role)
        return self.kept[role]

    def _sign_in(self, role: Role) -> dict[str, str]:
        credentials = {"email": self.emails[role], "password": PASSWORD}
        answer = requests.post(f"{self.url}/v1/sessions", json=credentials, timeout=10)
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def scene(session: AsyncSession) -> dict[Role, str]:
    """London with its people, whose passwords are known here."""
    market = await make_market(session)
    people: dict[Role, Person] = {
        "client": await make_client(session),
        "tasker": await make_tasker(session, market),
        "editor": await make_person(session, operator_role="editor"),
    }
    await session.execute(update(Account).values(password_hash=cheap_hash(PASSWORD)))
    return {role: f"{person.id}@people.example" for role, person in people.items()}


@pytest.fixture(scope="module")
def served(database_server: str, database_template: str) -> Iterator[Served]:
    """An api of its own for this file, on a real port."""

    async def set_scene(url: str) -> dict[Role, str]:
        async with open_database(url) as database:
            return await database.run(scene)

    with cloned(database_server, database_template) as url:
        emails = asyncio.run(set_scene(url))
        given = Settings(
            environment="test",
            database_url=SecretStr(url),
            cheap_password_hashes=True,
            access_token_s=3600,
            sign_in_limit="",
            sign_up_limit="",
            post_limit="",
            log_level="error",
        )
        quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        with pytest.MonkeyPatch.context() as patch, listening(create_app(given)) as address:
            patch.setattr(passwords, "_argon2", quick)
            api = Served(address, emails)
            yield api
            api.http.close()


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve the app in a thread, on a port that is free."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until
        time.sleep(0.01)


@schema.parametrize()
@settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_the_api_is_as_its_document_says(case: Case[Any], served: Served) -> None:
    headers = served.headers_for(f"{case.operation.method.upper()} {case.operation.path}")
    response = case.call(base_url=served.url, session=served.http, headers=headers)
    case.validate_response(response, excluded_checks=[positive_data_acceptance])
