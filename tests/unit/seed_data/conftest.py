"""London, read once, and a folder of a small made-up town that a test may spoil."""

from pathlib import Path

import pytest

from seed_data import LONDON
from seed_data.city import City
from seed_data.folder import read_city
from tests.unit.seed_data.town import write_town


@pytest.fixture(scope="session")
def london() -> City:
    return read_city(LONDON)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")
