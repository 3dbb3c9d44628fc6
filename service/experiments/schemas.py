"""The wire forms of experiments."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from matching.effects import Effect
from service.experiments.operations import Draft, Told
from service.experiments.results import ArmCounts, Figure, Result
from service.http.schemas import In, Out, TimeIn, UtcTime

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(examples=["Does 8 km fill more in the east?"]),
]
FigureName = Literal["fill_rate", "accept_s", "travel_s", "offers"]
Version = Annotated[int, Field(ge=1, lt=2**31, examples=[1])]


class DesignIn(In):
    """How an experiment switches."""

    slot_minutes: int = Field(
        default=240, ge=30, le=1440, description="Slots of one length fill a day.", examples=[240]
    )
    washout_minutes: int = Field(
        default=60,
        ge=0,
        lt=1440,
        description="After a switch, chores posted for so long do not count.",
        examples=[60],
    )
    resolution: int = Field(
        default=5,
        ge=3,
        le=7,
        description="The H3 resolution of the regions: 5 is some 10 km across, 4 some 26 km.",
        examples=[5],
    )


class ExperimentIn(DesignIn):
    """An experiment to start."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        examples=["8 km in November"]
    )
    version_a: Version = Field(description="The policy's version under arm a.")
    version_b: Version = Field(description="And under arm b.", examples=[2])
    starts_at: TimeIn | None = Field(default=None, description="At once, unless said.")
    days: int = Field(ge=2, le=84, description="An even number.", examples=[14])
    seed: int | None = Field(default=None, ge=0, lt=2**53, description="Drawn, unless said.")
    reason: Reason

    def draft(self) -> Draft:
        """What is asked for."""
        return Draft(
            name=self.name,
            version_a=self.version_a,
            version_b=self.version_b,
            starts_at=self.starts_at,
            days=self.days,
            slot_s=60 * self.slot_minutes,
            washout_s=60 * self.washout_minutes,
            resolution=self.resolution,
            seed=self.seed,
            reason=self.reason,
        )


class StopIn(In):
    """Why an experiment ends before its time."""

    reason: Reason


class PlanIn(DesignIn):
    """How long would it take to see this?"""

    figure: FigureName = "fill_rate"
    effect: float = Field(
        gt=0,
        le=1e6,
        description="The least difference worth seeing, in the figure's unit.",
        examples=[0.05],
    )


class ArmOut(Out):
    """The chores of one arm."""

    version: int = Field(examples=[1])
    posted: int = Field(examples=[412])
    counted: int = Field(description="not in a wash-out", examples=[366])
    decided: int = Field(description="of the counted, with a known outcome", examples=[360])
    matched: int = Field(description="of the decided", examples=[214])

    @classmethod
    def of(cls, version: int, counts: ArmCounts) -> ArmOut:
        """The wire form."""
        return cls(
            version=version,
            posted=counts.posted,
            counted=counts.counted,
            decided=counts.decided,
            matched=counts.matched,
        )


class EffectOut(Out):
    """One figure under each arm, and b's less a's with its interval of 90 %.

    Null where there is nothing to tell: no chores, or an interval from fewer than 8 blocks.
    """

    figure: FigureName
    label: str = Field(examples=["Fill rate"])
    unit: str = Field(examples=["share"])
    better: Literal["higher", "lower"]
    a: float | None = Field(examples=[0.58])
    b: float | None = Field(examples=[0.63])
    effect: float | None = Field(examples=[0.05])
    low: float | None = Field(examples=[0.01])
    high: float | None = Field(examples=[0.09])
    blocks: int = Field(description="that both arms saw chores in", examples=[84])

    @classmethod
    def of(cls, figure: Figure, effect: Effect) -> EffectOut:
        """The wire form."""
        low, high = effect.interval
        return cls.model_validate(
            {
                "figure": figure.name,
                "label": figure.label,
                "unit": figure.unit,
                "better": figure.better,
                "a": told(effect.a),
                "b": told(effect.b),
                "effect": told(effect.effect),
                "low": told(low),
                "high": told(high),
                "blocks": effect.blocks,
            }
        )


class ExperimentOut(Out):
    """An experiment."""

    id: UUID
    market: str = Field(examples=["london"])
    name: str = Field(examples=["8 km in November"])
    status: Literal["scheduled", "running", "ended", "stopped"]
    version_a: int = Field(examples=[1])
    version_b: int = Field(examples=[2])
    starts_at: UtcTime
    ends_at: UtcTime = Field(description="as planned, or when it was stopped")
    days: int = Field(description="as planned", examples=[14])
    slot_minutes: int = Field(examples=[240])
    washout_minutes: int = Field(examples=[60])
    resolution: int = Field(examples=[5])
    seed: int = Field(examples=[7])
    author: str = Field(examples=["Opal Operator"])
    reason: str = Field(examples=["Does 8 km fill more in the east?"])
    created_at: UtcTime
    stop_reason: str | None = None

    @classmethod
    def of(cls, market: str, told: Told) -> ExperimentOut:
        """The wire form."""
        return cls.model_validate(members(market, told))


class ExperimentResultOut(ExperimentOut):
    """An experiment and what it shows so far."""

    regions: int = Field(description="in which chores were posted", examples=[14])
    a: ArmOut
    b: ArmOut
    effects: list[EffectOut]

    @classmethod
    def showing(cls, market: str, told: Told, result: Result) -> ExperimentResultOut:
        """The wire form."""
        experiment = told.experiment
        return cls.model_validate(
            members(market, told)
            | {
                "regions": result.regions,
                "a": ArmOut.of(experiment.version_a, result.a),
                "b": ArmOut.of(experiment.version_b, result.b),
                "effects": [EffectOut.of(*each) for each in result.effects],
            }
        )


class PlanOut(Out):
    """How long an experiment takes to see an effect four times in five."""

    days: int = Field(examples=[14])
    figure: FigureName
    effect: float = Field(examples=[0.05])
    error: float = Field(
        description="the standard error of an experiment as long as the record", examples=[0.019]
    )
    recorded_days: int = Field(examples=[28])
    recorded_chores: int = Field(examples=[5600])


def members(market: str, told: Told) -> dict[str, object]:
    """The members of an experiment's wire form."""
    row = told.experiment
    return {
        "id": row.id,
        "market": market,
        "name": row.name,
        "status": told.status,
        "version_a": row.version_a,
        "version_b": row.version_b,
        "starts_at": row.starts_at,
        "ends_at": row.stopped_at or row.during.upper,
        "days": row.days,
        "slot_minutes": row.slot_s // 60,
        "washout_minutes": row.washout_s // 60,
        "resolution": row.resolution,
        "seed": row.seed,
        "author": told.author,
        "reason": row.reason,
        "created_at": row.created_at,
        "stop_reason": row.stop_reason,
    }


def told(value: float) -> float | None:
    """A number as JSON has them."""
    return value if isfinite(value) else None
