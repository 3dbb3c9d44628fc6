"""How alembic runs here: one transaction, one process at a time, and PostGIS' own tables left
alone.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from service.db import tables
from service.db.migrations.writing import compare_type, directives, include_object, render_item
from service.db.urls import for_sqlalchemy

MIGRATION_LOCK = 0x64696273
"""Two processes that migrate one database at once take turns: the second finds the work done."""


def run() -> None:
    """Run the migrations asked for on the database in the config's attributes."""
    engine = create_engine(for_sqlalchemy(context.config.attributes["url"]), poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=tables.metadata,
            include_object=include_object,
            process_revision_directives=directives,
            render_item=render_item,
            compare_type=compare_type,
            compare_server_default=True,
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            context.run_migrations()


run()
