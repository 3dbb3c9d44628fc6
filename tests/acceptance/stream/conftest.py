"""Fixtures of the stream's acceptance tests: a database, and api processes on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from service.bus import open_bus
from service.db.engine import Database, open_database
from tests.support.scene import Person
from tests.support.streams import Api, api_process, someone


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's database, as another process sees it: what it commits wakes the api's by
    NOTIFY.
    """
    async with open_bus(database_url) as bus, open_database(database_url) as opened:
        opened.on_wake = bus.publish
        yield opened


@pytest.fixture
def api(database_url: str) -> Iterator[Api]:
    """An api process."""
    with api_process(database_url) as running:
        yield running


@pytest.fixture
def other_api(database_url: str) -> Iterator[Api]:
    """Another one on the same database."""
    with api_process(database_url) as running:
        yield running


@pytest.fixture
async def ada(database: Database) -> Person:
    """Somebody who is signed in."""
    return await someone(database)
