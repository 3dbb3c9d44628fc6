"""Results: the figures of an experiment under each arm, their difference, and how sure it is.

Pure: from what became of the chores to figures, the same way for an experiment and for the plan of
one, which places the recorded chores as if an experiment without a difference had run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from geo.cells import region_of
from matching.effects import BlockSums, Effect, effect_of
from matching.switchback import Block, Placement, Switchback
from service.db.tables import Experiment
from service.experiments.queries import Outcome


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: a sum over chores divided by another."""

    name: str
    label: str
    unit: str
    better: str
    number: Callable[[Outcome], float]
    of: Callable[[Outcome], float]


def _matched(chore: Outcome) -> float:
    return float(chore.booked_at is not None)


def _waited_s(chore: Outcome) -> float:
    return (chore.booked_at - chore.posted_at).total_seconds() if chore.booked_at else 0.0


def _travel_s(chore: Outcome) -> float:
    return float(chore.travel_s or 0)


FIGURES: tuple[Figure, ...] = (
    Figure("fill_rate", "Fill rate", "share", "higher", _matched, lambda _: 1.0),
    Figure("accept_s", "Time to accept", "s", "lower", _waited_s, _matched),
    Figure("travel_s", "Travel per booking", "s", "lower", _travel_s, _matched),
    Figure("offers", "Offers per booking", "offers", "lower", lambda chore: chore.offers, _matched),
)
"""Each over the chores whose outcome is known."""
BY_NAME = {figure.name: figure for figure in FIGURES}


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """The chores of an arm: all; those that count; of these, with a known outcome; matched."""

    posted: int
    counted: int
    decided: int
    matched: int


@dataclass(frozen=True, slots=True)
class Result:
    """An experiment so far."""

    regions: int
    a: ArmCounts
    b: ArmCounts
    effects: tuple[tuple[Figure, Effect], ...]


Placed = list[tuple[Outcome, Placement]]


def design_of(experiment: Experiment) -> Switchback:
    """The design that an experiment's row holds."""
    return Switchback(
        seed=experiment.seed,
        starts_at=experiment.starts_at.timestamp(),
        days=experiment.days,
        slot_s=experiment.slot_s,
        washout_s=experiment.washout_s,
    )


def place_all(design: Switchback, resolution: int, chores: Iterable[Outcome]) -> Placed:
    """Each chore that falls into the experiment's time, with its placement."""
    placed = []
    for chore in chores:
        region = region_of(chore.cell, resolution)
        placement = design.place(region, chore.posted_at.timestamp())
        if placement is not None:
            placed.append((chore, placement))
    return placed


def result_of(placed: Placed) -> Result:
    """What placed chores show."""
    return Result(
        regions=len({placement.block.region for _, placement in placed}),
        a=_count(placed, "a"),
        b=_count(placed, "b"),
        effects=tuple((figure, effect_on(figure, placed)) for figure in FIGURES),
    )


def effect_on(figure: Figure, placed: Placed) -> Effect:
    """The effect on one figure."""
    sums: dict[Block, list[float]] = {}
    for chore, placement in placed:
        if placement.counted and not chore.undecided:
            of_block = sums.setdefault(placement.block, [0.0, 0.0, 0.0, 0.0])
            at = 2 * (placement.arm == "b")
            of_block[at] += figure.number(chore)
            of_block[at + 1] += figure.of(chore)
    return effect_of([BlockSums(*each) for each in sums.values()])


def _count(placed: Sequence[tuple[Outcome, Placement]], arm: str) -> ArmCounts:
    of_arm = [(chore, placement) for chore, placement in placed if placement.arm == arm]
    counted = [chore for chore, placement in of_arm if placement.counted]
    decided = [chore for chore in counted if not chore.undecided]
    return ArmCounts(
        len(of_arm), len(counted), len(decided), sum(bool(each.booked_at) for each in decided)
    )
