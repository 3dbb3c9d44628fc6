"""The migrations lead to the tables, exactly: columns, constraints and indexes as the database
itself writes them.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine

from service.db import tables
from service.db.migrations import current_revision, migrate, migration_config, migration_head
from service.db.migrations.writing import EXTENSIONS, scratch_database
from service.db.urls import for_psycopg

OUR_RELATIONS = """
    SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relname NOT IN ('alembic_version', 'alembic_version_pkc', 'spatial_ref_sys_pkey')
    AND relkind <> 'c'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
"""
COLUMNS = f"""
    SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,
           attidentity, attgenerated, pg_get_expr(adbin, adrelid)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND attrelid IN ({OUR_RELATIONS}) ORDER BY 1, 2
"""
CONSTRAINTS = f"""
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable
    FROM pg_constraint WHERE conrelid IN ({OUR_RELATIONS}) ORDER BY 1, 2
"""
INDEXES = f"""
    SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN ({OUR_RELATIONS}) ORDER BY 1
"""
STORAGE = f"SELECT relname, reloptions FROM pg_class WHERE oid IN ({OUR_RELATIONS}) ORDER BY 1"


@pytest.fixture
def empty_url(database_server: str) -> Iterator[str]:
    with scratch_database(database_server) as url:
        yield url


@pytest.mark.parametrize(
    "question",
    [COLUMNS, CONSTRAINTS, INDEXES, STORAGE],
    ids=["columns", "constraints", "indexes", "storage"],
)
def test_migrations_lead_to_what_the_tables_say(
    question: str, empty_url: str, connection: psycopg.Connection
) -> None:
    with psycopg.connect(for_psycopg(empty_url), autocommit=True) as made:
        for extension in EXTENSIONS:
            made.execute(f"CREATE EXTENSION {extension}".encode())
        tables.metadata.create_all(engine := create_engine(empty_url))
        engine.dispose()
        declared = made.execute(question.encode()).fetchall()
    migrated = connection.execute(question.encode()).fetchall()
    assert declared
    assert migrated == declared


def test_a_fresh_database_stands_at_the_newest_migration(database_url: str) -> None:
    assert current_revision(database_url) == migration_head()


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    assert current_revision(empty_url) is None
    migrate(empty_url)
    migrate(empty_url)
    assert current_revision(empty_url) == migration_head()


def test_the_migrations_can_be_taken_back(empty_url: str) -> None:
    migrate(empty_url)
    command.downgrade(migration_config(empty_url), "base")
    with psycopg.connect(for_psycopg(empty_url)) as left:
        relations = left.execute(
            f"SELECT count(*) FROM ({OUR_RELATIONS}) AS ours".encode()
        ).fetchone()
    assert relations == (0,)
