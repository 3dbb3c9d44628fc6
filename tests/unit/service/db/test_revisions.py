"""Every migration says which one it follows."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from service.db.migrations import migration_config


def test_every_migration_names_the_one_before_and_the_first_says_that_it_is() -> None:
    history = list(ScriptDirectory.from_config(migration_config()).walk_revisions())
    assert history
    for each in history:
        before = f"after {each.down_revision}." if each.down_revision else "the first."
        assert f"Revision {each.revision}, {before}" in each.longdoc
