"""README and ARCHITECTURE name what is there: files, functions, constraints, commands, settings."""

from __future__ import annotations

import re
from typing import Any

import typer.main

from service.cli import build_app, diagrams
from service.db.tables import metadata
from service.settings import Settings
from tests.unit.docs.pages import PAGES, REPOSITORY, defined_in, named_files, text_of

CONSTRAINT = re.compile(r"`((?:uq|ex|ck|fk|pk|ix)_\w+)`")
COMMAND = re.compile(r"`dibs ([a-z][a-z ]*[a-z])")
IN_A_SHELL = re.compile(r"^(?:\.venv/bin/)?dibs ([a-z][a-z ]*[a-z])", re.MULTILINE)
SETTING = re.compile(r"^\| `DIBS_(?P<name>[A-Z_]+)` \| (?P<default>[^|]+) \|", re.MULTILINE)
ELSEWHERE = {"DATA_DIR", "PG_BINDIR", "APT", "TEST_DATABASE_URL", "DEBUG", "OPERATOR_PASSWORD"}


def test_every_file_that_is_named_is_there() -> None:
    named = list(named_files())
    assert len(named) > 50
    missing = [(page, path) for page, path, _ in named if not (REPOSITORY / path).exists()]
    assert missing == []


def test_every_function_that_is_named_is_in_its_file() -> None:
    within = [(page, path, name) for page, path, name in named_files() if name]
    assert len(within) > 20
    missing = [each for each in within if each[2] not in defined_in(REPOSITORY / each[1])]
    assert missing == []


def test_every_constraint_and_index_that_is_named_is_in_the_tables() -> None:
    known = {str(each.name) for table in metadata.tables.values() for each in table.constraints}
    known |= {str(each.name) for table in metadata.tables.values() for each in table.indexes}
    named = {name for page in PAGES for name in CONSTRAINT.findall(text_of(page))}
    assert named
    assert named <= known


def test_every_command_that_is_named_is_one() -> None:
    pages = "\n".join(map(text_of, PAGES))
    named = set(COMMAND.findall(pages)) | set(IN_A_SHELL.findall(pages))
    assert named
    app = typer.main.get_command(build_app())
    assert [words for words in sorted(named) if not is_command(app, words.split())] == []


def is_command(command: Any, words: list[str]) -> bool:
    """Whether words begin with a command; what follows one that has no subcommands is its own."""
    for word in words:
        if not hasattr(command, "commands"):
            return True
        if word not in command.commands:
            return False
        command = command.commands[word]
    return True


def test_the_readme_lists_every_setting_with_its_default() -> None:
    listed = {found["name"]: found["default"] for found in SETTING.finditer(text_of("README.md"))}
    settings = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert set(listed) - ELSEWHERE == set(settings)
    for name, field in settings.items():
        assert listed[name].strip() == shown(field.default), name


def shown(default: object) -> str:
    """A default as the table writes it: nothing for one that has none to show."""
    if hasattr(default, "get_secret_value"):
        return "for development"
    if default in (None, "", ()):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_the_diagrams_of_the_page_are_those_of_the_tables() -> None:
    page = text_of("ARCHITECTURE.md")
    assert diagrams.with_diagrams(page) == page


def test_the_example_in_python_is_python() -> None:
    _, _, rest = text_of("README.md").partition("```python\n")
    compile(rest.partition("```")[0], "README.md", "exec")
