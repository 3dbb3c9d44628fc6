"""Drops a database and makes it again, whoever is connected to it."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from service.db.urls import for_psycopg, with_database

MAINTENANCE = "postgres"


def drop_and_create(url: str) -> None:
    """Replace the database by an empty one of the same name. Connections to it are cut."""
    name = make_url(url).database
    if not name or name == MAINTENANCE:
        raise ValueError(f"not a database to drop: {name!r}")
    with psycopg.connect(
        for_psycopg(with_database(url, MAINTENANCE)), autocommit=True
    ) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
