"""A sweep: one field of a market's policy under several values, and what each would bring."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import ValidationError

from geo.cells import cell_of
from geo.points import LonLat
from matching.arrays import Floats, Ints
from matching.policy import Knob, MatchingPolicy, PolicyDocument
from matching.replay import regions as by_region
from matching.replay.behaviour import Behaviour, People
from matching.replay.forecast import points, why_not
from matching.replay.metrics import METRICS, blocks_of, measured, weights_of
from matching.replay.record import Record
from matching.replay.regions import Regions
from matching.replay.run import TICK_S, Played, Progress, Setting, replay
from matching.replay.support import Support

MOST_VALUES = 12
NOT_REPLAYED = {"hold_s": "what waiting promises is not known in a replay"}


class SweepRefused(ValueError):
    """A sweep that cannot be run. Facts: `field`, `value` (None: not of one value), `reason`,
    `of_values`: whether it is about the values rather than the field.
    """

    def __init__(self, field: str, value: Any, reason: str, *, of_values: bool = False) -> None:
        super().__init__(f"{field}{'' if value is None else f' = {value}'}: {reason}")
        self.field, self.value, self.reason = field, value, reason
        self.of_values = of_values


@dataclass(frozen=True)
class Sweep:
    """Values of a field, of one category or (None) of the market's default, and today's policy."""

    today: PolicyDocument
    field: str
    values: tuple[Knob, ...]
    category: str | None = None

    def __post_init__(self) -> None:
        if self.field not in MatchingPolicy.model_fields:
            raise SweepRefused(self.field, None, "the policy has no such field")
        if self.field in NOT_REPLAYED:
            raise SweepRefused(self.field, None, NOT_REPLAYED[self.field])
        if not 1 <= len(self.values) <= MOST_VALUES:
            raise SweepRefused(self.field, None, f"takes 1 to {MOST_VALUES} values", of_values=True)
        if len(set(self.values)) < len(self.values):
            raise SweepRefused(self.field, None, "each value once", of_values=True)
        object.__setattr__(self, "values", tuple(map(self._checked, self.values)))

    @property
    def value_today(self) -> Knob:
        """What the field is today."""
        policy = self.today.for_category(self.category) if self.category else self.today.default
        value: Knob = getattr(policy, self.field)
        return value

    @property
    def labels(self) -> list[Knob]:
        """The values of all variants: those asked for, and today's if it is not among them."""
        return [*self.values, *([] if self.value_today in self.values else [self.value_today])]

    def variants(self) -> list[PolicyDocument]:
        """The policies to be played, one for each label."""
        return [self._with(value) for value in self.labels]

    def _checked(self, value: Knob) -> Knob:
        """The value in the field's own type. Raises SweepRefused."""
        annotation = MatchingPolicy.model_fields[self.field].annotation
        given = value
        if isinstance(value, float) and not math.isfinite(value):
            raise SweepRefused(self.field, value, "is no number")
        if annotation is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        if annotation is float and not isinstance(value, bool):
            value = float(value)
        self._with(value, given)
        return value

    def _with(self, value: Knob, given: Knob | None = None) -> PolicyDocument:
        default, categories = self.today.default.model_dump(), dict(self.today.categories)
        if self.category:
            categories[self.category] = {**categories.get(self.category, {}), self.field: value}
        else:
            default[self.field] = value
        try:
            return PolicyDocument.model_validate({"default": default, "categories": categories})
        except ValidationError as refused:
            reasons = [each["msg"].removeprefix("Value error, ") for each in refused.errors()]
            named = value if given is None else given
            raise SweepRefused(self.field, named, "; ".join(reasons)) from None


@dataclass(frozen=True, eq=False)
class Basis:
    """What a sweep is run on: the record, draws of behaviour with their seeds, the features of the
    recorded offers (None: nothing was recorded, the record was generated).
    """

    record: Record
    behaviours: tuple[Behaviour, ...]
    seeds: tuple[int, ...]
    offers: Floats | None = None
    setting: dict[str, Any] = field(default_factory=dict)
    tick_s: float = TICK_S
    regions: Regions = field(default_factory=Regions)


@dataclass(frozen=True, eq=False)
class Share:
    """What some of the draws came to: values (metrics, variants, draws, samples), chores filled by
    (variants, draws, regions, blocks), bookings and their travel by the same (2, ...), chores
    gained and lost by variant and chore, offers and those outside of the record.
    """

    values: Floats
    there: Ints
    trips: Floats
    filled: Ints
    gained: Ints
    lost: Ints
    offers: Ints
    outside: Ints

    def __add__(self, other: "Share") -> "Share":
        values = np.concatenate([self.values, other.values], axis=2)
        there = np.concatenate([self.there, other.there], axis=1)
        sums = (
            getattr(self, name) + getattr(other, name)
            for name in ("filled", "gained", "lost", "offers", "outside")
        )
        trips = np.concatenate([self.trips, other.trips], axis=2)
        return Share(values, there, trips, *sums)


def play(
    sweep: Sweep, basis: Basis, draws: Sequence[int], progress: Progress = lambda _share: None
) -> Share:
    """Some of the draws of a sweep; shares of several add up."""
    variants = sweep.variants()
    features = np.zeros((0, 0)) if basis.offers is None else basis.offers
    support = Support.of(len(variants), features)
    behaviours, seeds = [basis.behaviours[n] for n in draws], [basis.seeds[n] for n in draws]
    people = People(behaviours, seeds, basis.record.taskers.ids)
    setting = Setting(variants, people, support=support, tick_s=basis.tick_s, **basis.setting)
    played = replay(basis.record, setting, progress)
    filled = _filled(played)
    today = filled[sweep.labels.index(sweep.value_today)]
    block, lanes = blocks_of(basis.record), played.lanes
    trips = basis.regions.trips(
        block, played.bookings["slot"], played.bookings["travel_s"], len(lanes)
    )
    return Share(
        measured(played, basis.seeds[0]),
        basis.regions.counted(block, filled),
        trips.reshape(2, lanes.variants, lanes.draws, *trips.shape[2:]),
        filled.sum(axis=1),
        (filled & ~today).sum(axis=1),
        (today & ~filled).sum(axis=1),
        support.offers,
        support.outside,
    )


def result_of(sweep: Sweep, basis: Basis, share: Share) -> dict[str, Any]:
    """The whole as JSON: the curve of every metric, and where chores are newly filled or lost."""
    labels = sweep.labels
    today = labels.index(sweep.value_today)
    recorded = None if basis.offers is None else len(basis.offers)
    outside = share.outside / np.maximum(share.offers, 1)[:, None]
    whys = [why_not(shares, recorded) for shares in outside]
    block = blocks_of(basis.record)
    blocks = int(block.max(initial=0)) + 1
    curves = points(share.values, list(labels), today, blocks, whys)
    return {
        "field": sweep.field,
        "category": sweep.category,
        "unit": _unit(sweep.field),
        "values": list(sweep.values),
        "today": sweep.value_today,
        "source": "generated" if recorded is None else "recorded",
        "offers_recorded": recorded,
        "days": basis.record.days,
        "chores": len(basis.record.chores),
        "draws": share.values.shape[2],
        "metrics": [
            {
                "name": metric.name,
                "label": metric.label,
                "unit": metric.unit,
                "better": metric.better,
                "points": [each.document() for each in curve],
            }
            for metric, curve in zip(METRICS, curves, strict=True)
        ],
        "places": _places(labels, basis.record, share),
        "regions": by_region.told(
            basis.regions, share.there, basis.regions.counted(block, np.ones(len(block), bool)),
            share.trips, weights_of(basis.record, basis.seeds[0]), labels, today, whys,
        ),
    }  # fmt: skip


def _unit(name: str) -> str:
    extra = MatchingPolicy.model_fields[name].json_schema_extra
    return str(extra["unit"]) if isinstance(extra, dict) else ""


def _filled(played: Played) -> Any:
    """Whether each chore was taken, (variants, draws, chores)."""
    lanes, chores = played.lanes, len(played.record.chores)
    filled = np.zeros(len(lanes) * chores, dtype=bool)
    filled[played.bookings["slot"]] = True
    return filled.reshape(lanes.variants, lanes.draws, chores)


def _places(labels: Sequence[Knob], record: Record, share: Share) -> list[dict[str, Any]]:
    """For each value the cells where chores are newly filled or lost, per draw, against today."""
    places, cell = np.unique(record.chores.place, axis=0, return_inverse=True)
    cell, draws = cell.reshape(-1), share.values.shape[2]
    found = []
    for n, label in enumerate(labels):
        gained, lost = (
            np.bincount(cell, of[n], len(places)) / draws for of in (share.gained, share.lost)
        )
        there = np.flatnonzero((gained > 0) | (lost > 0))
        found.append(
            {
                "value": label,
                "cells": [
                    {
                        "cell": cell_of(LonLat(*places[at].tolist())),
                        "lon": round(float(places[at, 0]), 6),
                        "lat": round(float(places[at, 1]), 6),
                        "filled": round(float(gained[at]), 3),
                        "lost": round(float(lost[at]), 3),
                    }
                    for at in there.tolist()
                ],
            }
        )
    return found
