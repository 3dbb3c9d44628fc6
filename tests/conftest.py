"""The fixtures every test may ask for. Those that need a database start it, and import it, only
when asked.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

if TYPE_CHECKING:
    import psycopg


def pytest_collection_finish() -> None:
    """What was imported by now stays: the garbage collector, which would walk through all of it
    again and again (a sixth of the unit tests' time), leaves it out.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def logging_stays_as_it_was() -> Iterator[None]:
    """An api under test sets up logging for its process, which is the tests' own."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL of the tests' PostgreSQL server, whose role may create databases."""
    from service.db import cluster

    with cluster.server_for_tests(os.environ.get("DIBS_TEST_DATABASE_URL")) as url:
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where tests that read real data find it; without it they are skipped, saying so."""
    parser.addoption(
        "--data",
        type=Path,
        default=Path(__file__).parents[1] / ".." / "shared" / "data",
        help="folder of public data sets: areas/san-francisco.geojson is GitHub"
        " codeforgermany/click_that_hood, commit 48ba05a, public/data/san-francisco.geojson",
    )


@pytest.fixture(scope="session")
def shared_data(request: pytest.FixtureRequest) -> Path:
    """The folder of `--data`, which may not exist."""
    return Path(request.config.getoption("--data")).resolve()
