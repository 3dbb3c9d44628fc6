"""The fixtures every test may ask for. Those that need a database start it, and import it, only
when asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import psycopg


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL of the tests' PostgreSQL server, whose role may create databases."""
    from tests.support.databases import running_server

    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def database_template(database_server: str) -> str:
    """The name of the migrated database that tests clone."""
    from tests.support.databases import ensure_template

    return ensure_template(database_server)


@pytest.fixture
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    """The SQLAlchemy URL of a migrated, empty database of this test's own."""
    from tests.support.databases import cloned

    with cloned(database_server, database_template) as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """A plain autocommit connection to this test's database, to look at it past the code under
    test.
    """
    import psycopg

    from service.db.urls import for_psycopg

    with psycopg.connect(for_psycopg(database_url), autocommit=True) as opened:
        yield opened
