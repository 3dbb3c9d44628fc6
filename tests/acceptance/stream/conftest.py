"""Fixtures of the stream's acceptance tests: a database and api processes on it, shared by a
module's tests, whose people are their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from service.bus import open_bus
from service.db.engine import Database, open_database
from service.db.urls import for_psycopg
from tests.support.databases import cloned
from tests.support.scene import Person
from tests.support.streams import Api, api_process, someone


@pytest.fixture(scope="module")
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    """The URL of a migrated database of this module's own."""
    with cloned(database_server, database_template) as url:
        yield url


@pytest.fixture(scope="module")
def api(database_url: str) -> Iterator[Api]:
    """An api process."""
    with api_process(database_url) as running:
        yield running


@pytest.fixture(scope="module")
def other_api(database_url: str) -> Iterator[Api]:
    """Another one on the same database."""
    with api_process(database_url) as running:
        yield running


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database as another process has it: what it commits wakes the api's relay by NOTIFY."""
    async with open_bus(database_url) as bus, open_database(database_url) as opened:
        opened.on_wake = bus.publish
        yield opened


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A plain autocommit connection, to look and to meddle past the code under test."""
    with psycopg.connect(for_psycopg(database_url), autocommit=True) as opened:
        yield opened


@pytest.fixture
async def ada(database: Database) -> Person:
    """Somebody who is signed in."""
    return await someone(database)
