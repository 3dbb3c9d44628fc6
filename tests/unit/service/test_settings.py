"""What production refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from service.settings import DEVELOPMENT_SECRET, Settings

A_KEY = "k" * 32


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENVIRONMENT", "SECRET_KEY", "CHEAP_PASSWORD_HASHES"):
        monkeypatch.delenv(f"DIBS_{name}", raising=False)


def chosen(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.mark.parametrize("key", [{}, {"secret_key": DEVELOPMENT_SECRET}])
def test_production_is_refused_with_the_key_of_development(key: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="DIBS_SECRET_KEY must be set in production"):
        chosen(environment="production", **key)


def test_production_is_refused_with_cheap_hashes() -> None:
    with pytest.raises(ValidationError, match="DIBS_CHEAP_PASSWORD_HASHES"):
        chosen(environment="production", secret_key=A_KEY, cheap_password_hashes=True)


def test_a_key_that_is_too_short_is_refused_everywhere() -> None:
    with pytest.raises(ValidationError, match="secret_key"):
        chosen(secret_key=A_KEY[1:])


def test_production_runs_with_a_key_of_its_own_and_real_hashes() -> None:
    assert chosen(environment="production", secret_key=A_KEY).environment == "production"


@pytest.mark.parametrize("environment", ["development", "test"])
def test_a_laptop_needs_no_key(environment: str) -> None:
    laptop = chosen(environment=environment, cheap_password_hashes=True)
    assert laptop.secret_key.get_secret_value() == DEVELOPMENT_SECRET
