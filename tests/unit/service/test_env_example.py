"""`.env.example` names every setting there is, with the value it has when nothing is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.settings import Settings

EXAMPLE = Path(__file__).parents[3] / ".env.example"
LINE = re.compile(r"^(?P<off># )?DIBS_(?P<name>[A-Z_]+)=(?P<value>.*)$", re.MULTILINE)
ELSEWHERE = {
    "data_dir",
    "pg_bindir",
    "apt",
    "test_database_url",
    "db_password",
    "db_port",
    "publish",
}


def test_every_setting_stands_in_the_example_and_nothing_else_does() -> None:
    named = {found["name"].lower() for found in LINE.finditer(EXAMPLE.read_text())}
    assert named - ELSEWHERE == set(Settings.model_fields)


def test_the_example_as_it_stands_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DIBS_{name.upper()}", raising=False)
    plain = Settings(_env_file=None)
    for found in LINE.finditer(EXAMPLE.read_text()):
        if not found["off"]:
            monkeypatch.setenv(f"DIBS_{found['name']}", found["value"])
    assert Settings(_env_file=None) == plain
