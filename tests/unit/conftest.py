"""Unit tests do no input or output: asking for a database here is a mistake in the test."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest
from hypothesis import settings

# No deadline: other work on the machine is no failure. A dozen examples keep the whole suite within
# seconds; `make torture` runs the same tests with many more.
settings.register_profile("unit", deadline=None, max_examples=12, stateful_step_count=40)
settings.register_profile("torture", deadline=None, max_examples=1_000, stateful_step_count=80)
settings.load_profile(os.environ.get("DIBS_EXAMPLES", "unit"))


@pytest.fixture(scope="session")
def database_server() -> NoReturn:
    """Refuse: a test that needs a database is an integration test."""
    pytest.fail("a unit test asked for a database; it belongs into tests/integration")
