"""Operators come from the command line alone."""

from __future__ import annotations

from pathlib import Path

import anyio
import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from service.cli import build_app
from service.cli import operator as commands
from service.cli._failures import Refused

PASSWORD = "steer with a light hand"
CREATE = ["operator", "create", "Ops@Example.com", "--role", "editor"]


@pytest.fixture
def dibs(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line, on this test's database."""
    monkeypatch.setattr(commands, "migrated_url", lambda: database_url)
    monkeypatch.delenv(commands.PASSWORD_VARIABLE, raising=False)
    return CliRunner()


def test_a_password_comes_from_standard_input_a_file_or_the_environment(
    dibs: CliRunner, connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n")
    app = build_app()
    dibs.invoke(app, [*CREATE, "--password-file", "-"], input=PASSWORD + "\n")
    create = ["operator", "create", "two@example.com", "--role", "viewer", "--password-file"]
    dibs.invoke(app, [*create, str(secret)])
    monkeypatch.setenv(commands.PASSWORD_VARIABLE, PASSWORD)
    dibs.invoke(app, ["operator", "create", "three@example.com", "--role", "viewer"])
    found = connection.execute(
        "SELECT email, operator_role, left(password_hash, 9), is_client OR is_tasker"
        " FROM accounts ORDER BY id"
    ).fetchall()
    assert found == [
        ("ops@example.com", "editor", "$argon2id", False),
        ("two@example.com", "viewer", "$argon2id", False),
        ("three@example.com", "viewer", "$argon2id", False),
    ]


def test_what_cannot_be_an_operator_is_refused_in_one_line(
    dibs: CliRunner, connection: psycopg.Connection
) -> None:
    app = build_app()
    dibs.invoke(app, [*CREATE, "--password-file", "-"], input=PASSWORD)
    for arguments, typed in (
        ([*CREATE, "--password-file", "-"], PASSWORD),
        (["operator", "create", "x@example.com", "--role", "viewer", "--password-file", "-"], "1"),
        (["operator", "create", "nonsense", "--role", "viewer", "--password-file", "-"], PASSWORD),
        (["operator", "suspend", "nobody@example.com", "--reason", "left"], ""),
    ):
        assert isinstance(dibs.invoke(app, arguments, input=typed).exception, Refused)
    assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (1,)


async def test_a_suspended_operator_is_shut_out(
    dibs: CliRunner, connection: psycopg.Connection, api: httpx.AsyncClient
) -> None:
    app = build_app()
    run = anyio.to_thread.run_sync
    await run(lambda: dibs.invoke(app, [*CREATE, "--password-file", "-"], input=PASSWORD))
    credentials = {"email": "ops@example.com", "password": PASSWORD}
    signed_in = await api.post("/v1/sessions", json=credentials)
    assert signed_in.json()["account"]["operator_role"] == "editor"
    shut = ["operator", "suspend", "ops@example.com", "--reason", "left"]
    await run(lambda: dibs.invoke(app, shut))
    listed = await run(lambda: dibs.invoke(app, ["operator", "list"]))
    assert listed.stdout == "ops@example.com  editor  (shut out)\n"
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    assert (await api.get("/v1/accounts/me", headers=headers)).status_code == 403
