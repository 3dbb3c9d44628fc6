"""Reading arrival files: numbers and marks on lines, and which line is wrong when one is."""

import math
from collections.abc import Iterator
from pathlib import Path


class BadLine(Exception):
    """A line of a file that is not in its format."""

    def __init__(self, path: Path, number: int, reason: str) -> None:
        super().__init__(f"{path}, line {number}: {reason}")
        self.number = number
        self.reason = reason


class Line:
    """The words of one line; reading them as numbers fails with the line's number."""

    def __init__(self, path: Path, number: int, text: str) -> None:
        self.path, self.number, self.words = path, number, text.split()

    def bad(self, reason: str) -> BadLine:
        """The error that says what is wrong with this line."""
        return BadLine(self.path, self.number, reason)

    def mark(self) -> str:
        """The second word: what arrived."""
        return self.words[1] if len(self.words) > 1 else ""

    def has(self, count: int) -> "Line":
        """Itself. Raises BadLine unless it has so many words."""
        if len(self.words) != count:
            raise self.bad(f"{count} words expected, {len(self.words)} found")
        return self

    def number_at(self, position: int, least: float = -math.inf) -> float:
        """A word as a finite number of at least `least`."""
        word = self.words[position]
        try:
            value = float(word)
        except ValueError:
            raise self.bad(f"{word!r} is not a number") from None
        if not math.isfinite(value) or value < least:
            raise self.bad(f"{word} is out of range")
        return value

    def count_at(self, position: int) -> int:
        """A word as a whole number of at least 0."""
        value = self.number_at(position, 0)
        if value != int(value):
            raise self.bad(f"{self.words[position]} is not a whole number")
        return int(value)


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a file that hold anything, numbered from 1."""
    with path.open(encoding="ascii", errors="replace") as file:
        for number, text in enumerate(file, start=1):
            if text.strip():
                yield Line(path, number, text)
