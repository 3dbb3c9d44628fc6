"""The pages that describe the project, and what can be looked for in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
PAGES = ("README.md", "ARCHITECTURE.md")
NAMED = re.compile(
    r"`(?P<path>\.?[\w-]+(?:/[\w.-]+)*\.(?:py|md|yaml|toml|sh|example|geojson|svg|lock))"
    r"(?:::(?P<names>[\w.]+))?`"
)
LINKED = re.compile(r"\]\((?!https?:|#)(?P<path>[^)#]+)[^)]*\)")


def text_of(page: str) -> str:
    """A page as it stands."""
    return (REPOSITORY / page).read_text(encoding="utf-8")


def named_files() -> Iterator[tuple[str, str, str]]:
    """Every file a page names or links: the page, the path, and what it names within (or "")."""
    for page in PAGES:
        for found in NAMED.finditer(text_of(page)):
            yield page, found["path"], found["names"] or ""
        for found in LINKED.finditer(text_of(page)):
            yield page, found["path"], ""


@cache
def defined_in(path: Path) -> frozenset[str]:
    """What a module defines: functions, classes, `Class.method`, and constants."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names |= _names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return frozenset(names)


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()
