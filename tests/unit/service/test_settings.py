"""What production refuses, and where the database is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from service.settings import DEVELOPMENT_SECRET, Settings

A_KEY = "k" * 32


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DIBS_ENVIRONMENT",
        "DIBS_SECRET_KEY",
        "DIBS_CHEAP_PASSWORD_HASHES",
        "DIBS_DATABASE_URL",
        "DATABASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)


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


@pytest.mark.parametrize("name", ["DIBS_DATABASE_URL", "DATABASE_URL"])
def test_either_name_of_the_database_is_read_from_the_environment_and_from_the_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{name}=postgresql://file\n")
    assert Settings(_env_file=file).url() == "postgresql://file"
    monkeypatch.setenv(name, "postgresql://environment")
    assert Settings(_env_file=file).url() == "postgresql://environment"


def test_the_name_of_our_own_goes_before_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://common")
    monkeypatch.setenv("DIBS_DATABASE_URL", "postgresql://own")
    assert chosen().url() == "postgresql://own"


@pytest.mark.parametrize("name", ["DIBS_DATABASE_URL", "DATABASE_URL"])
def test_a_command_that_found_a_database_has_the_last_word(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "postgresql://environment")
    given = chosen().model_dump() | {"database_url": "postgresql://found"}
    assert Settings.model_validate(given).url() == "postgresql://found"


def test_no_database_is_told_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="dibs db up"):
        chosen().url()


def test_peers_of_the_metrics_are_addresses_or_networks() -> None:
    assert chosen(metrics_peers="10.0.0.0/8, ::1").metrics_peers == ("10.0.0.0/8", "::1")
    with pytest.raises(ValidationError, match="metrics_peers"):
        chosen(metrics_peers="prometheus")
