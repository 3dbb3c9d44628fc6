"""Differences: what changed from one policy document to the next, knob by knob."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Flat = dict[str, Any]


class Change(NamedTuple):
    """One knob, as a dotted path into the document. None: not set there."""

    field: str
    before: bool | int | float | None
    after: bool | int | float | None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The knobs whose values differ between two documents, by path.

    >>> changes({"default": {"radius_m": 5000}}, {"default": {"radius_m": 4000}})
    [Change(field='default.radius_m', before=5000, after=4000)]
    """
    old, new = _flat(before), _flat(after)
    return [
        Change(field, old.get(field), new.get(field))
        for field in sorted(old.keys() | new.keys())
        if old.get(field) != new.get(field)
    ]


def _flat(document: Mapping[str, Any]) -> Flat:
    flat = {f"default.{knob}": value for knob, value in document.get("default", {}).items()}
    for slug, knobs in document.get("categories", {}).items():
        flat |= {f"categories.{slug}.{knob}": value for knob, value in knobs.items()}
    return flat
