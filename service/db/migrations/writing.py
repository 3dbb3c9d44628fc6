"""Writes migrations: the difference between the tables and what the migrations lead to."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import uuid4

import psycopg
from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.operations.ops import ExecuteSQLOp, MigrationScript
from alembic.script import Script
from geoalchemy2 import Geometry, alembic_helpers
from psycopg.sql import SQL, Identifier
from sqlalchemy.types import TypeDecorator, TypeEngine

from service.db.cluster.places import REPOSITORY
from service.db.migrations import VERSIONS, migrate, migration_config
from service.db.urls import for_psycopg, with_database

FIRST = "0001"
_geoalchemy: Any = alembic_helpers
"""Untyped there; the three helpers are called from here and from `env.py`."""

EXTENSIONS = ("postgis", "btree_gist")


def write_migration(server: str, message: str) -> Path | None:
    """Write the next migration, compared in a scratch database of `server`; None if there is
    nothing to write.
    """
    with scratch_database(server) as url:
        migrate(url)
        number = f"{len(list(VERSIONS.glob('*.py'))) + 1:04}"
        script = command.revision(_formatting(url), message, rev_id=number, autogenerate=True)
    return _path_of(script)


def rewrite_history(server: str, message: str) -> Path | None:
    """Replace all migrations by one that makes the tables from nothing: for the time before the
    first release.

    Written aside and moved into place, so that whoever migrates meanwhile sees the old or the new.
    """
    with scratch_database(server) as url, TemporaryDirectory() as aside:
        config = _formatting(url)
        config.set_main_option("version_locations", aside)
        written = _path_of(command.revision(config, message, rev_id=FIRST, autogenerate=True))
        if written is None:
            return None
        old = set(VERSIONS.glob("*.py"))
        new = Path(shutil.copy(written, VERSIONS))
        for path in old - {new}:
            path.unlink()
        return new


@contextmanager
def scratch_database(server: str) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    name = f"scratch_{uuid4().hex}"
    with psycopg.connect(for_psycopg(server), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield with_database(server, name)
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def directives(context: Any, revision: Any, scripts: list[MigrationScript]) -> None:
    """Shape what autogenerate found: no empty migrations, geometries as geoalchemy2 wants them,
    extensions first.
    """
    script = scripts[0]
    upgrade = script.upgrade_ops
    if upgrade is None or upgrade.is_empty():
        scripts.clear()
        return
    _geoalchemy.writer(context, revision, scripts)
    if script.rev_id == FIRST:
        upgrade.ops[:0] = [
            ExecuteSQLOp(f"CREATE EXTENSION IF NOT EXISTS {name}") for name in EXTENSIONS
        ]


def render_item(kind: str, thing: Any, context: AutogenContext) -> str | Literal[False]:
    """A geometry column is written as plain geoalchemy2, so that a migration stands without our
    types.
    """
    plain = thing.impl_instance if isinstance(thing, TypeDecorator) else thing
    if kind == "type" and isinstance(plain, Geometry):
        context.imports.add("from geoalchemy2 import Geometry")
        return f"Geometry({plain.geometry_type!r}, srid={plain.srid}, spatial_index=False)"
    rendered: str | Literal[False] = _geoalchemy.render_item(kind, thing, context)
    return rendered


def compare_type(
    _context: Any, _column: Any, _ours: Any, found: TypeEngine[Any], wanted: TypeEngine[Any]
) -> bool | None:
    """False where two geometry types are one: "any projection" is -1 when read from a database, 0
    when declared.
    """
    plain = wanted.impl_instance if isinstance(wanted, TypeDecorator) else wanted
    if not (isinstance(found, Geometry) and isinstance(plain, Geometry)):
        return None
    kinds = (str(found.geometry_type).upper(), max(found.srid, 0))
    return kinds != (str(plain.geometry_type).upper(), max(plain.srid, 0))


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Whether autogenerate looks at something: not at the tables of PostGIS."""
    return bool(_geoalchemy.include_object(thing, name, kind, reflected, other))


def _path_of(script: Any) -> Path | None:
    if not isinstance(script, Script):
        return None
    path = Path(script.path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.lstrip().startswith("# ###")))
    return path


def _formatting(url: str) -> Config:
    """The configuration with ruff run over what is written, where ruff is installed."""
    config = migration_config(url)
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    if ruff.exists():
        rules = f"--config {REPOSITORY / 'pyproject.toml'} -q REVISION_SCRIPT_FILENAME"
        hooks = {"hooks": "check, format", "check.options": f"check --fix-only {rules}"}
        hooks |= {"format.options": f"format {rules}"}
        for name in ("check", "format"):
            hooks |= {f"{name}.type": "exec", f"{name}.executable": str(ruff)}
        for key, value in hooks.items():
            config.set_section_option("post_write_hooks", key, value)
    return config
