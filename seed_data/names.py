"""Fictional people and streets: first and family names of a big city, drawn apart."""

from pathlib import Path

import numpy as np

from seed_data.ground import Ints


def _words(name: str) -> tuple[str, ...]:
    """The lines of a list in words/."""
    path = Path(__file__).parent / "words" / f"{name}.txt"
    return tuple(path.read_text(encoding="utf-8").split())


FIRST_NAMES = _words("first_names")
FAMILY_NAMES = _words("family_names")
STREETS = _words("streets")
WAYS = ("Street", "Road", "Lane", "Avenue", "Close", "Gardens", "Terrace", "Mews", "Grove", "Row")


def draw_names(count: int, rng: np.random.Generator) -> list[str]:
    """First and family names; two people may share one, as people do."""
    first = rng.integers(0, len(FIRST_NAMES), count)
    family = rng.integers(0, len(FAMILY_NAMES), count)
    return [f"{FIRST_NAMES[f]} {FAMILY_NAMES[n]}" for f, n in zip(first, family, strict=True)]


def draw_addresses(quarters: list[str], rng: np.random.Generator) -> list[str]:
    """A street-like address in each of these quarters: a fifth of them flats."""
    count = len(quarters)
    columns: list[Ints] = [
        rng.integers(1, 180, count),
        rng.integers(0, len(STREETS), count),
        rng.integers(0, len(WAYS), count),
        rng.integers(-80, 20, count),
    ]
    return [
        f"{f'Flat {flat}, ' if flat > 0 else ''}{number} {STREETS[street]} {WAYS[way]}, {quarter}"
        for quarter, number, street, way, flat in zip(quarters, *columns, strict=True)
    ]
