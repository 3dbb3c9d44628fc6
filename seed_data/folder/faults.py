"""What is wrong with a folder: every fault with its file, line and reason, up to a limit."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import NoReturn

MOST_FAULTS = 100
"""So many are told at once; a file in the wrong form would otherwise fill the screen."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong.

    `line` counts from 1, 0 where the file as a whole is meant; `reason` is a short stable word
    (FORMAT.md lists them), `message` the sentence with the facts.
    """

    file: str
    line: int
    reason: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.reason}: {self.message}"


class FolderRefused(ValueError):
    """A folder with faults; `complete` is False where reading stopped before all was seen."""

    def __init__(self, faults: tuple[Fault, ...], *, complete: bool) -> None:
        rest = "" if complete else "\n(there may be more: reading stopped here)"
        super().__init__("\n".join(map(str, faults)) + rest)
        self.faults = faults
        self.complete = complete


class BadValue(ValueError):
    """A value that cannot be taken; whoever knows the file and the line makes it a Fault."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass
class Faults:
    """The faults found so far in one reading."""

    limit: int = MOST_FAULTS
    found: list[Fault] = field(default_factory=list)

    def add(self, file: str, line: int, bad: BadValue) -> None:
        """Note a fault. Raises FolderRefused once there are as many as the limit."""
        self.found.append(Fault(file, line, bad.reason, str(bad)))
        if len(self.found) >= self.limit:
            self.refuse(complete=False)

    def noting(self, file: str, line: int) -> "Noting":
        """A block in which a BadValue is noted; what follows the block goes on."""
        return Noting(self, file, line)

    def refuse_if_any(self, *, complete: bool = False) -> None:
        """Raises FolderRefused if anything was wrong: what comes next needs what came before."""
        if self.found:
            self.refuse(complete=complete)

    def refuse(self, *, complete: bool) -> NoReturn:
        """Raises FolderRefused with what was found."""
        raise FolderRefused(tuple(self.found), complete=complete)


@dataclass(frozen=True)
class Noting:
    """The context manager of `Faults.noting`."""

    faults: Faults
    file: str
    line: int

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Note a BadValue and swallow it; let anything else through."""
        if isinstance(error, BadValue):
            self.faults.add(self.file, self.line, error)
            return True
        return False
