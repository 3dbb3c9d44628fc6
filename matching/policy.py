"""The operators' knobs: one frozen document per market and version, the single source of every
bound, unit and description.

The API's schema, the console's sliders and the solver all read `MatchingPolicy`; a knob that is not
here does not exist.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

Knob: TypeAlias = bool | int | float


def _knob(
    default: Knob, unit: str, description: str, *, ge: float | None = None, le: float | None = None
) -> Any:
    """A field with its unit, its sentence and its bounds (NaN and infinities are refused with the
    model).
    """
    return Field(
        default=default, ge=ge, le=le, description=description, json_schema_extra={"unit": unit}
    )


class MatchingPolicy(BaseModel):
    """How one category of one market is matched. Distances in metres, times in seconds, money in
    minor units ("pence").
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    # reach
    radius_m: float = _knob(
        5_000, "m", "How far from a tasker a chore may be in its first wave.", ge=100, le=200_000
    )
    radius_growth: float = _knob(
        1.5, "factor", "What the radius is multiplied by from one wave to the next.", ge=1, le=10
    )
    radius_cap_m: float = _knob(
        20_000, "m", "What the radius never grows beyond.", ge=100, le=200_000
    )
    presence_fresh_s: int = _knob(
        300,
        "s",
        "How old a tasker's reported place may be and still count as where they are.",
        ge=10,
        le=86_400,
    )

    # waves
    max_waves: int = _knob(
        4, "waves", "How many waves a chore gets before it is unfilled.", ge=1, le=20
    )
    wanted_fill_chance: float = _knob(
        0.9,
        "chance",
        "How likely at least one offer of a wave should be accepted.",
        ge=0.05,
        le=0.999,
    )
    max_offers_per_wave: int = _knob(
        5, "offers", "The most offers one wave of a chore may hold.", ge=1, le=50
    )
    pending_offers_per_tasker: int = _knob(
        3, "offers", "How many unanswered offers a tasker may have at once.", ge=1, le=50
    )
    wave_retry_s: int = _knob(
        60,
        "s",
        "How long a chore for which nobody was found waits for its next wave.",
        ge=1,
        le=86_400,
    )
    favourites_first: bool = _knob(
        True, "yes/no", "Whether the client's favourites are asked before anybody else."
    )

    # deadlines
    offer_deadline_now_s: int = _knob(
        60, "s", "How long an offer of a chore for now may be answered.", ge=10, le=3_600
    )
    offer_deadline_today_s: int = _knob(
        900, "s", "How long an offer of a chore for later today may be answered.", ge=10, le=43_200
    )
    offer_deadline_future_s: int = _knob(
        7_200,
        "s",
        "How long an offer of a chore for another day may be answered.",
        ge=10,
        le=259_200,
    )
    offer_deadline_share: float = _knob(
        0.1,
        "share",
        "The most of the time left to match a chore that one offer may take.",
        ge=0.001,
        le=0.1,
    )
    match_now_within_s: int = _knob(
        1_800, "s", "How long after posting a chore for now may still be matched.", ge=60, le=86_400
    )

    # waiting on purpose
    gather_s: float = _knob(
        0,
        "s",
        "How long a round waits for further work after the first piece arrived.",
        ge=0,
        le=300,
    )
    hold_s: int = _knob(
        0,
        "s",
        "How long a chore may be held back if waiting promises better taskers.",
        ge=0,
        le=86_400,
    )

    # what things cost
    open_chore_cost: int = _knob(
        10_000,
        "pence",
        "What it costs to leave a chore without any offer in a round.",
        ge=0,
        le=1_000_000,
    )
    travel_cost_per_h: int = _knob(
        1_500,
        "pence/h",
        "What an hour of a tasker's travel to the chore costs.",
        ge=0,
        le=1_000_000,
    )
    price_weight: float = _knob(
        0.1, "pence/pence", "What a penny of the tasker's pay costs the client's side.", ge=0, le=10
    )
    waiting_cost_per_h: int = _knob(
        1_000,
        "pence/h",
        "What an hour since posting adds to the cost of leaving a chore open.",
        ge=0,
        le=1_000_000,
    )
    lateness_cost_per_h: int = _knob(
        600,
        "pence/h",
        "What an hour between the earliest wanted and the planned start costs.",
        ge=0,
        le=1_000_000,
    )
    urgency_cost: int = _knob(
        3_000,
        "pence",
        "What the last moment before match_by adds to the cost of leaving a chore open.",
        ge=0,
        le=1_000_000,
    )
    scarcity_cost: int = _knob(
        500,
        "pence",
        "What it costs to ask a tasker whom many other chores could ask as well.",
        ge=0,
        le=1_000_000,
    )
    fairness_cost: int = _knob(
        0,
        "pence",
        "What it costs to ask a tasker whose active hours are already all booked.",
        ge=0,
        le=1_000_000,
    )
    newcomer_bonus: int = _knob(
        200,
        "pence",
        "What asking a tasker without any finished booking is worth.",
        ge=0,
        le=1_000_000,
    )
    newcomer_bookings: int = _knob(
        5,
        "bookings",
        "After how many finished bookings the newcomer's bonus has faded away.",
        ge=1,
        le=1_000,
    )
    refusal_cost: int = _knob(
        1_000,
        "pence",
        "What an offer that is surely refused costs in lost time.",
        ge=0,
        le=1_000_000,
    )
    use_acceptance_rate: bool = _knob(
        False,
        "yes/no",
        "Whether a person's own acceptance rate counts in the chance of acceptance.",
    )

    @model_validator(mode="after")
    def _check_across_fields(self) -> Self:
        if self.radius_cap_m < self.radius_m:
            raise _wrong(
                "radius_cap_m",
                self.radius_cap_m,
                f"radius_cap_m ({self.radius_cap_m:g}) must be at least"
                f" radius_m ({self.radius_m:g})",
            )
        deadlines = ("offer_deadline_now_s", "offer_deadline_today_s", "offer_deadline_future_s")
        for sooner, later in pairwise(deadlines):
            if getattr(self, later) < getattr(self, sooner):
                message = f"offer deadlines must not shrink: {later} must be at least {sooner}"
                raise _wrong(later, getattr(self, later), message)
        return self


class PolicyDocument(BaseModel):
    """One version of a market's policy: a default, and per category only what differs from it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    default: MatchingPolicy = Field(
        default_factory=MatchingPolicy, description="What holds where a category says nothing."
    )
    categories: Mapping[str, Mapping[str, Knob]] = Field(
        default_factory=dict,
        description="For a category (by slug) the fields that differ, with their values.",
    )

    _laid: dict[str, MatchingPolicy] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check_every_category(self) -> Self:
        errors: list[InitErrorDetails] = []
        for slug, different in self.categories.items():
            try:
                self._laid[slug] = self._with(different)
            except ValidationError as refused:
                errors += _located(refused, ("categories", slug))
        if errors:
            raise ValidationError.from_exception_data("PolicyDocument", errors)
        return self

    def for_category(self, slug: str) -> MatchingPolicy:
        """The one policy that holds for a category, its differences laid over the default."""
        return self._laid.get(slug, self.default)

    def _with(self, different: Mapping[str, Knob]) -> MatchingPolicy:
        if not different:
            return self.default
        return MatchingPolicy.model_validate({**self.default.model_dump(), **different})


def _wrong(field: str, value: Knob, message: str) -> ValidationError:
    """A rule across fields is broken: the refusal of the one that is to be changed."""
    error = InitErrorDetails(
        type="value_error", loc=(field,), input=value, ctx={"error": ValueError(message)}
    )
    return ValidationError.from_exception_data("MatchingPolicy", [error])


def _located(refused: ValidationError, prefix: tuple[str, ...]) -> list[InitErrorDetails]:
    """The same errors, found below `prefix`."""
    return [
        InitErrorDetails(
            type=error["type"],
            loc=(*prefix, *error["loc"]),
            input=error["input"],
            ctx=error.get("ctx", {}),
        )
        for error in refused.errors(include_url=False)
    ]
