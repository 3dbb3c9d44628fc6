"""Database URLs keep what they say, whatever the spelling."""

from __future__ import annotations

import pytest

from service.db.urls import for_people, for_psycopg, for_sqlalchemy, with_database

SOCKET = "postgresql+psycopg://dibs@/dibs?host=%2Ftmp%2Fa+b&port=5432"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_gets_the_one_driver(scheme: str) -> None:
    url = for_sqlalchemy(f"{scheme}://u:p%40ss@host:5433/name?sslmode=require")
    assert url == "postgresql+psycopg://u:p%40ss@host:5433/name?sslmode=require"


def test_psycopg_gets_the_same_without_the_driver() -> None:
    assert for_psycopg(SOCKET) == "postgresql://dibs@/dibs?host=%2Ftmp%2Fa+b&port=5432"


def test_people_do_not_see_the_password() -> None:
    assert "secret" not in for_people("postgresql://u:secret@host/name")


def test_another_database_is_on_the_same_server() -> None:
    assert with_database(SOCKET, "other") == SOCKET.replace("/dibs?", "/other?")


@pytest.mark.parametrize("wrong", ["mysql://host/name", "sqlite:///file", "nonsense", ""])
def test_what_is_not_postgresql_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="database"):
        for_sqlalchemy(wrong)


def test_a_refusal_does_not_repeat_the_password() -> None:
    with pytest.raises(ValueError, match="database") as refused:
        for_sqlalchemy("mysql://u:secret@host/name")
    assert "secret" not in str(refused.value)
