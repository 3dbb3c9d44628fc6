"""Transactions: the statements of an operation as it runs, and the same ones under pgbench."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.range import Range

from service.db.cluster.binaries import find_binaries

Statement = tuple[str, Mapping[str, Any]]
WORD_AFTER_COLON = re.compile(r":(?=[a-z])")
"""In JSON (`"price":null`), which pgbench takes for a variable of its own."""
IDS = re.compile(r"\{[0-9a-f]{32}(,[0-9a-f]{32})*\}")
"""Ids as the text of an array, as `service.db.direct.uuid_array` writes them."""
PLACEHOLDER = re.compile(r"%\((\w+)\)[bst]")


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Every statement that psycopg is given meanwhile, with its parameters."""
    statements: list[Statement] = []
    execute = psycopg.AsyncCursor.execute

    async def recording(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        statements.append((str(query), params or {}))
        return await execute(self, query, params, **more)

    psycopg.AsyncCursor.execute = recording  # type: ignore[method-assign]
    try:
        yield statements
    finally:
        psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]


def script(statements: Sequence[Statement], ids: Mapping[UUID, str], head: str) -> str:
    """A pgbench script of one transaction: the statements with their parameters written in, ids
    replaced by the expressions that pgbench is to compute them by.
    """
    bodies = [_written(query, given, ids) for query, given in statements]
    lines = [head, "BEGIN;", *(" ".join(body.split()) + ";" for body in bodies), "COMMIT;", ""]
    return "\n".join(lines)


def _written(query: str, given: Mapping[str, Any], ids: Mapping[UUID, str]) -> str:
    def literal(name: re.Match[str]) -> str:
        return _literal(given[name[1]], ids)

    return PLACEHOLDER.sub(literal, query).replace("%%", "%")


def _literal(value: Any, ids: Mapping[UUID, str]) -> str:
    match value:
        case None:
            written = "NULL"
        case UUID():
            written = ids.get(value, f"'{value}'::uuid")
        case datetime():
            written = f"'{value.isoformat()}'::timestamptz"
        case list():
            each = ", ".join(_literal(one, ids) for one in value)
            written = f"ARRAY[{each}]" if value else "'{}'"
        case Range():
            written = f"tstzrange('{value.lower}', '{value.upper}')"
        case int() | float():
            written = str(value)
        case str() if IDS.fullmatch(value):
            written = _literal([UUID(each) for each in value[1:-1].split(",")], ids)
        case _:
            written = "'" + WORD_AFTER_COLON.sub(": ", str(value).replace("'", "''")) + "'"
    return written


def pgbench(
    url: str, written: str, *, clients: int, each: int, threads: int = 2, **variables: int
) -> float:
    """Transactions a second: `each` times by every client. Raises RuntimeError where one fails."""
    with TemporaryDirectory(prefix="pgbench-") as folder:
        path = Path(folder) / "script.sql"
        path.write_text(written)
        defined = [f"-D{name}={value}" for name, value in variables.items()]
        command = [
            program(), "-n", "-M", "prepared", "-f", str(path), "-c", str(clients),
            "-j", str(threads), "-t", str(each), *defined, url.replace("+psycopg", ""),
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0 or "number of failed transactions: 0" not in done.stdout:
        raise RuntimeError(f"pgbench failed: {done.stdout}{done.stderr}\n{written}")
    return float(re.findall(r"tps = ([\d.]+)", done.stdout)[-1])


def program() -> str:
    """pgbench, on the path or beside the server. Raises FileNotFoundError."""
    found = find_binaries()
    beside = found.folder / "pgbench" if found else None
    if beside and beside.exists():
        return str(beside)
    if path := shutil.which("pgbench"):
        return path
    raise FileNotFoundError("pgbench is not installed; apt-get install postgresql-contrib")
