"""Weekly hours of people with other lives beside: full-timers, evenings, weekends, students."""

from collections.abc import Callable
from datetime import time
from functools import lru_cache

import numpy as np

from matching.availability import Hours, WeeklyHours

Week = tuple[WeeklyHours, ...]

PATTERNS = {
    "full_time": 0.36, "early": 0.10, "evenings": 0.19, "weekends": 0.12, "student": 0.14,
    "every_day": 0.09,
}  # fmt: skip
"""How taskers spread their hours, and how many of them do it so."""

WORKDAYS = range(5)


def draw_hours(count: int, rng: np.random.Generator) -> list[Week]:
    """Weekly hours of `count` people, each sorted and never empty."""
    pattern = rng.choice(list(PATTERNS), size=count, p=list(PATTERNS.values()))
    shift = rng.integers(0, 4, count)
    free_day = rng.integers(0, 7, count)
    lunch = rng.random(count) < 0.25
    return [
        _week(str(name), int(late), int(day), bool(pause))
        for name, late, day, pause in zip(pattern, shift, free_day, lunch, strict=True)
    ]


@lru_cache(maxsize=512)
def _week(pattern: str, late: int, free_day: int, lunch: bool) -> Week:
    """One of a few hundred weeks; `late` shifts it by half hours, on `free_day` nothing happens."""
    spans = _PATTERN[pattern](late, free_day)
    if lunch:
        spans = [half for span in spans for half in _without_lunch(span)]
    return tuple(sorted(WeeklyHours(day, Hours(_at(start), _at(end))) for day, start, end in spans))


Span = tuple[int, int, int]
"""Weekday, and start and end in half hours from midnight (48: the next midnight)."""


def _full_time(late: int, free_day: int) -> list[Span]:
    return [(day, 16 + late, 34 + late) for day in WORKDAYS if day != free_day]


def _early(late: int, free_day: int) -> list[Span]:
    return [(day, 13 + late, 28 + late) for day in range(6) if day != free_day]


def _evenings(late: int, free_day: int) -> list[Span]:
    week = [(day, 34 + late // 2, 43 + late // 2) for day in WORKDAYS if day != free_day]
    return week + ([(5, 20, 36)] if late % 2 else [])


def _weekends(late: int, free_day: int) -> list[Span]:
    friday = [(4, 36, 44)] if free_day < 3 else []
    return [*friday, (5, 17 + late, 38 + late), (6, 18 + late, 36 + late)]


def _student(late: int, free_day: int) -> list[Span]:
    first, second = free_day % 5, (free_day + 2) % 5
    return [(first, 24 + late, 42), (second, 20 + late, 40), (5 + free_day % 2, 20, 40 + late)]


def _every_day(late: int, free_day: int) -> list[Span]:
    return [(day, 15 + late, 40 + late) for day in range(7) if day != free_day]


_PATTERN: dict[str, Callable[[int, int], list[Span]]] = {
    "full_time": _full_time,
    "early": _early,
    "evenings": _evenings,
    "weekends": _weekends,
    "student": _student,
    "every_day": _every_day,
}


def _without_lunch(span: Span) -> list[Span]:
    day, start, end = span
    if start < 24 and end > 28:
        return [(day, start, 25), (day, 26, end)]
    return [span]


def _at(half_hours: int) -> time:
    return time(half_hours // 2 % 24, half_hours % 2 * 30)
