"""Unit tests do no input or output: asking for a database here is a mistake in the test."""

from __future__ import annotations

from typing import NoReturn

import pytest
from hypothesis import settings

# No deadline: other work on the machine is no failure. Fifty examples: the whole suite in seconds.
settings.register_profile("unit", deadline=None, max_examples=50)
settings.load_profile("unit")


@pytest.fixture(scope="session")
def database_server() -> NoReturn:
    """Refuse: a test that needs a database is an integration test."""
    pytest.fail("a unit test asked for a database; it belongs into tests/integration")
