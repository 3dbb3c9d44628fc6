"""Fixtures of tests on the real database: an opened `Database`, a clock one can set, and the api
over ASGI.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from service.app import create_app, running
from service.db.engine import Database, open_database
from service.settings import Settings
from tests.support.scene import MONDAY_NOON


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = MONDAY_NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> datetime:
        """Move on by a timedelta's keywords; returns the new time."""
        self.at += timedelta(**delta)
        return self.at


@pytest.fixture
def clock() -> Clock:
    """The api's clock: Monday noon in London, in winter, until moved."""
    return Clock()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's database."""
    async with open_database(database_url, pool=20) as opened:
        yield opened


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of the api under test: no rate limits, every check of a session fresh."""
    return Settings(
        environment="test",
        database_url=SecretStr(database_url),
        session_check_s=0.0,
        sign_in_limit="",
        sign_up_limit="",
        post_limit="",
        estimate_limit="",
        ask_limit="",
        subscribe_limit="",
        ticket_limit="",
        log_level="error",
    )


@pytest.fixture(scope="session")
def shared_app() -> FastAPI:
    """The api's routes, which take FastAPI 150 ms of a core to work out at the first request."""
    return create_app(Settings(environment="test"))


@pytest.fixture
async def api(
    shared_app: FastAPI, settings: Settings, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of a whole api in this process, on this test's database and clock."""
    async with running(shared_app, settings):
        shared_app.state.runtime.clock = clock
        transport = httpx.ASGITransport(app=shared_app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as client:
            yield client
