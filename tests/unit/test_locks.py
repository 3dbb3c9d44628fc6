"""The lock files hold every dependency that pyproject.toml asks for, by hash and from nowhere in
particular.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-z0-9-]+)==\S+", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
GROUPS: dict[str, list[str | dict[str, str]]] = PROJECT["dependency-groups"]


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[._-]+", "-", found[0]).lower()


def asked_for(*groups: str) -> set[str]:
    return {name_of(each) for group in groups for each in GROUPS[group] if isinstance(each, str)}


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", {name_of(each) for each in RUNTIME}),
        ("requirements-dev.lock", {name_of(each) for each in RUNTIME} | asked_for("dev", "build")),
        ("requirements-build.lock", asked_for("build")),
    ],
)
def test_a_lock_holds_everything_that_is_asked_for_by_hash(lock: str, asked: set[str]) -> None:
    text = (ROOT / lock).read_text()
    pinned = PINNED.findall(text)
    assert asked - set(pinned) == set(), "run `make lock`"
    assert text.count("--hash=sha256:") >= len(pinned)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_what_ships_is_what_is_tested(lock: str) -> None:
    tested = set(PINNED.finditer((ROOT / "requirements-dev.lock").read_text()))
    shipped = set(PINNED.finditer((ROOT / lock).read_text()))
    assert {found[0] for found in shipped} <= {found[0] for found in tested}


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("*.lock")))
def test_a_lock_names_no_host_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "find-links" not in text
    assert "index-url" not in text
