"""Database URLs: one spelling for SQLAlchemy, one for psycopg, whatever was given."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url

DRIVER = "postgresql+psycopg"
SPELLINGS = frozenset({"postgres", "postgresql", "postgresql+psycopg", "postgis"})


def for_sqlalchemy(url: str) -> str:
    """The URL with the psycopg 3 driver named. Raises ValueError if it is not a PostgreSQL URL."""
    return _parsed(url).set(drivername=DRIVER).render_as_string(hide_password=False)


def for_psycopg(url: str) -> str:
    """The URL as libpq reads it. Raises ValueError if it is not a PostgreSQL URL."""
    return _parsed(url).set(drivername="postgresql").render_as_string(hide_password=False)


def for_people(url: str) -> str:
    """The URL with its password hidden, for logs and errors."""
    return _parsed(url).render_as_string(hide_password=True)


def with_database(url: str, database: str) -> str:
    """The same server and role, another database."""
    return _parsed(url).set(database=database).render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except Exception as wrong:
        raise ValueError(
            "the database URL cannot be read; it looks like postgresql://user:password@host/name"
        ) from wrong
    if parsed.drivername not in SPELLINGS:
        raise ValueError(f"the database must be PostgreSQL, not {parsed.drivername!r}")
    return parsed
