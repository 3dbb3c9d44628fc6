"""The wire of estimates: what may be told of a forecast."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from matching.estimate import FEWEST, Estimate
from service.http.schemas import Money, Out

EXAMPLE: dict[str, Any] = {
    "taskers": {"at_least": 11, "at_most": 20},
    "rates": {
        "low": {"amount": 2200, "currency": "GBP"},
        "high": {"amount": 3100, "currency": "GBP"},
    },
    "chance": 0.8,
    "expected_s": 600,
    "best_change": {"change": "another hour", "chance": 0.9},
}


class Reach(Out):
    """How many taskers are in reach, blurred: fewer than three are not told from none."""

    at_least: int
    at_most: int | None = Field(description="null: or more")


class Rates(Out):
    """What the middle half of the taskers in reach ask for an hour, rounded outwards."""

    low: Money
    high: Money


class BetterOut(Out):
    """The one change that would raise the chance most, and to what."""

    change: str = Field(examples=["another hour", "budget 10 % higher", "a day later"])
    chance: float = Field(ge=0, le=1)


class EstimateOut(Out):
    """What to expect of a chore if it were posted now. With fewer than three taskers in reach
    nothing but that is told.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    taskers: Reach
    rates: Rates | None = Field(description="null where too few taskers stand behind them")
    chance: float | None = Field(ge=0, le=1, description="of a match, to a twentieth")
    expected_s: int | None = Field(description="by when a match is expected, seconds, rounded up")
    best_change: BetterOut | None = Field(description="null where nothing would help")

    @classmethod
    def of(cls, found: Estimate, currency: str) -> EstimateOut:
        """What of a forecast may leave."""
        least, most = found.taskers
        few = most is not None and most < FEWEST
        return cls.model_validate(
            {
                "taskers": {
                    "at_least": 0 if few else least,
                    "at_most": FEWEST - 1 if few else most,
                },
                "rates": _rates(found, currency),
                "chance": None if few else found.chance,
                "expected_s": None if few else found.expected_s,
                "best_change": found.best_change
                and {"change": found.best_change.change, "chance": found.best_change.chance},
            }
        )


def _rates(found: Estimate, currency: str) -> dict[str, Money] | None:
    if found.rates_per_h is None:
        return None
    low, high = (Money(amount=each, currency=currency) for each in found.rates_per_h)
    return {"low": low, "high": high}
