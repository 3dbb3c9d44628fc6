"""A command that cannot go on says so in one line; a defect keeps its traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from service import cli
from service.cli._database import given_url
from service.cli._failures import Refused, as_line
from service.db.cluster.errors import ClusterError
from service.errors import NotFound
from service.settings import Settings, settings


def raising(error: Exception) -> Callable[[], Callable[[], None]]:
    def app() -> None:
        raise error

    return lambda: app


@pytest.mark.parametrize(
    "error",
    [Refused("no such market"), ClusterError("no such market"), NotFound("no such market")],
    ids=["refused", "cluster", "problem"],
)
def test_an_expected_failure_is_one_line_and_exit_code_one(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DIBS_DEBUG", raising=False)
    monkeypatch.setattr(cli, "build_app", raising(error))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.strip().endswith("dibs: no such market")


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIBS_DEBUG", "1")
    monkeypatch.setattr(cli, "build_app", raising(Refused("no such market")))
    with pytest.raises(Refused):
        cli.main()


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIBS_DEBUG", raising=False)
    monkeypatch.setattr(cli, "build_app", raising(KeyError("oops")))
    with pytest.raises(KeyError):
        cli.main()


def test_a_wrong_setting_is_named_as_people_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIBS_PORT", "many")
    with pytest.raises(ValidationError) as wrong:
        Settings(_env_file=None)
    line = as_line(wrong.value)
    assert line is not None
    assert line.startswith("DIBS_PORT: ")
    assert "\n" not in line


def test_a_database_that_is_away_is_one_line() -> None:
    away = OperationalError("SELECT 1", None, Exception("connection refused\nis it running?"))
    assert as_line(away) == "the database does not answer: connection refused"


def test_help_names_the_commands_of_every_plug() -> None:
    shown = CliRunner().invoke(cli.build_app(), ["--help"])
    assert shown.exit_code == 0
    assert " db " in shown.output


def test_a_wrong_setting_is_not_taken_for_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIBS_PORT", "many")
    settings.cache_clear()
    with pytest.raises(ValidationError):
        given_url()
