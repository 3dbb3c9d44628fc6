"""The schema's history: alembic migrations, run by `dibs db migrate` and by every start of a
laptop's service.

The tables in `service.db.tables` say what the schema is; the migrations say how a database gets
there; a test holds the two together. `dibs db revision "Add ..."` writes the next migration from
the difference.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from service.db.urls import for_sqlalchemy

FOLDER = Path(__file__).parent
VERSIONS = FOLDER / "versions"


@cache
def migration_head() -> str:
    """The newest migration's identifier. Raises LookupError if there is none."""
    head = ScriptDirectory.from_config(migration_config()).get_current_head()
    if head is None:
        raise LookupError("there are no migrations")
    return head


def current_revision(url: str) -> str | None:
    """The migration a database stands at, None if it has never been migrated."""
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(url: str, to: str = "head") -> None:
    """Bring a database to a migration, the newest by default. All in one transaction; processes
    that do so at once wait.
    """
    command.upgrade(migration_config(url), to)


def fingerprint() -> str:
    """A short hash of all migrations: databases made under the same one have the same schema."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def migration_config(url: str | None = None) -> Config:
    """What alembic needs to know, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    return config
