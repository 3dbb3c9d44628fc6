"""`dibs market` and `dibs seed` as they are typed, on a database of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from service.cli import Refused, build_app
from service.settings import settings
from tests.unit.seed_data.town import write_town


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DATABASE_URL", database_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


def dibs(*arguments: str) -> str:
    """What the command says; its refusal is raised."""
    result = CliRunner().invoke(build_app(), arguments)
    if result.exception is not None:
        raise result.exception
    return result.stderr


def markets(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(
        """SELECT slug, zone, srid, (SELECT count(*) FROM taskers t WHERE t.market_id = m.id),
                  (SELECT count(*) FROM accounts WHERE is_client)
           FROM markets m ORDER BY slug"""
    ).fetchall()


def test_a_folder_typed_by_hand_becomes_a_market(
    connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    said = dibs("market", "import", str(write_town(tmp_path / "town")), "--clients", "3")
    assert "Little Town: 1 districts, 2 categories, 2 taskers, 3 clients" in said
    assert markets(connection) == [("little-town", "Europe/London", 27700, 2, 3)]
    emails = connection.execute("SELECT email FROM accounts ORDER BY email").fetchall()
    assert ("ann@little-town.example",) in emails


def test_a_faulty_folder_changes_nothing_and_tells_file_line_and_reason(
    connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    town = write_town(tmp_path / "town")
    (town / "skills.csv").write_text(
        "tasker_id,category,rate\nann,cleaning,-1\nbob,handyman,3000\n"
    )
    with pytest.raises(Refused, match=r"skills\.csv:2: bad_rate"):
        dibs("market", "import", str(town))
    assert markets(connection) == []


def test_a_folder_can_be_checked_without_importing(
    connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    said = dibs("market", "check", str(write_town(tmp_path / "town")))
    assert "is in order: 1 districts, 2 categories, 2 taskers, 2 chores" in said
    assert markets(connection) == []


def test_seeding_twice_is_refused_and_replacing_is_not(
    connection: psycopg.Connection[Any],
) -> None:
    assert "33 districts" in dibs("seed", "--taskers", "40", "--clients", "5")
    with pytest.raises(Refused, match="already; nothing was changed"):
        dibs("seed", "--taskers", "40")
    dibs("seed", "--taskers", "30", "--clients", "4", "--replace")
    assert markets(connection) == [("london", "Europe/London", 27700, 30, 4)]


def test_any_market_folder_can_be_filled_with_generated_people(
    connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    dibs("seed", "--city", str(write_town(tmp_path / "town")), "--taskers", "10")
    assert markets(connection)[0][3] == 10


def test_production_takes_no_generated_people(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIBS_ENVIRONMENT", "production")
    monkeypatch.setenv("DIBS_SECRET_KEY", "a-long-enough-secret-for-a-production-key")
    settings.cache_clear()
    with pytest.raises(Refused, match="production"):
        dibs("seed", "--taskers", "1")
    assert markets(connection) == []
