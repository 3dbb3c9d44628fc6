"""The wire of chores: what a client posts, and a model for each view of what was posted."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from geo.cells import centre_of
from service.chores.meaning import Wish
from service.chores.operations import View
from service.chores.queries import ChoreRow
from service.chores.wishes import LONGEST_MIN, SHORTEST_MIN
from service.http.schemas import In, Money, MoneyIn, Out, PointIn, PointOut, TimeIn, UtcTime
from service.markets.operations import Rate

State = Literal["open", "offered", "booked", "completed", "unfilled", "cancelled", "expired"]

ID = "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a12"
BUDGET: dict[str, Any] = {"amount": 3500, "currency": "GBP"}
PLACE: dict[str, Any] = {
    "point": {"type": "Point", "coordinates": [-0.0553, 51.545]},
    "address": "12 Mare Street, London E8",
    "notes": "Brick wall, bracket is here.",
}
WINDOW = {"start": "2026-11-23T17:00:00Z", "end": "2026-11-23T20:00:00Z"}
SHARED: dict[str, Any] = {
    "id": ID,
    "market": "london",
    "category": "furniture-assembly",
    "state": "open",
    "when": {"now": False, **WINDOW},
    "duration_min": 90,
}


class WindowIn(In):
    """The stretch of time within which the work is to be done."""

    start: TimeIn
    end: TimeIn


def _none_for_now(value: object) -> object:
    """A union would blame both of its sides for one wrong end of a window."""
    if value == "now":
        return None
    if isinstance(value, dict | WindowIn):
        return value
    raise ValueError('it is "now", or a window with a start and an end')


WhenIn = Annotated[
    WindowIn | None,
    BeforeValidator(_none_for_now, json_schema_input_type=Literal["now"] | WindowIn),
]


class EstimateIn(In):
    """A chore as one thinks of it: what, where, when, for how long, for how much."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "market": "london",
                    "category": "furniture-assembly",
                    "point": PLACE["point"],
                    "when": "now",
                    "duration_min": 90,
                    "budget": BUDGET,
                }
            ]
        }
    )

    market: str = Field(max_length=41, examples=["london"])
    category: str = Field(max_length=80, examples=["furniture-assembly"])
    point: PointIn
    when: WhenIn = Field(description="as soon as somebody can, or a window")
    duration_min: int = Field(
        description="how long the work is thought to take",
        json_schema_extra={"minimum": SHORTEST_MIN, "maximum": LONGEST_MIN},
    )
    budget: MoneyIn | None = Field(default=None, description="the highest hourly rate; null: any")

    def wish(self, address: str = "", notes: str = "") -> Wish:
        """What is asked for."""
        between = (self.when.start, self.when.end) if self.when else None
        budget = Rate(self.budget.amount, self.budget.currency) if self.budget else None
        return Wish(
            market=self.market,
            category=self.category,
            place=self.point.lonlat(),
            address=address,
            notes=notes,
            between=between,
            minutes=self.duration_min,
            budget=budget,
        )


class ChoreIn(EstimateIn):
    """A chore to be done."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                PLACE
                | {
                    "market": "london",
                    "category": "furniture-assembly",
                    "when": "now",
                    "duration_min": 90,
                    "budget": BUDGET,
                }
            ]
        }
    )

    address: str = Field(
        min_length=1, max_length=300, description="told to the tasker who takes the chore"
    )
    notes: str = Field(default="", max_length=2000, description="told with the address")

    def posted(self) -> Wish:
        """What is asked for, with all that is told to the tasker who takes it."""
        return self.wish(self.address, self.notes)


class CancelIn(In):
    """Why a chore is called off, in the words of whoever does it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "A friend helps."}]})

    reason: str = Field(default="", max_length=500, description="asked of operators")


class When(Out):
    """When the work may be done; `now`: as soon as somebody can."""

    now: bool
    start: UtcTime
    end: UtcTime


class _Chore(Out):
    """What every view tells."""

    id: UUID
    market: str
    category: str
    state: State
    when: When
    duration_min: int

    @staticmethod
    def shared(row: ChoreRow) -> dict[str, Any]:
        """The fields of every view."""
        return {
            "id": row.id,
            "market": row.market,
            "category": row.category,
            "state": row.status,
            "when": When(now=row.wanted_now, start=row.window_start, end=row.window_end),
            "duration_min": row.duration_minutes,
        }


class ExactChore(_Chore):
    """A chore for its client and for operators: everything."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                SHARED
                | PLACE
                | {
                    "view": "exact",
                    "client_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a13",
                    "budget": BUDGET,
                    "waves": 0,
                    "match_by": "2026-11-23T18:30:00.000Z",
                    "posted_at": "2026-11-23T12:00:00.000Z",
                    "closed_at": None,
                    "booking_id": None,
                    "tasker_id": None,
                }
            ]
        },
    )

    view: Literal["exact"] = "exact"
    client_id: UUID
    point: PointOut
    address: str
    notes: str
    budget: Money | None
    waves: int = Field(description="waves of offers so far")
    match_by: UtcTime = Field(description="the latest moment at which a match is of use")
    posted_at: UtcTime
    closed_at: UtcTime | None
    booking_id: UUID | None
    tasker_id: UUID | None

    @classmethod
    def of(cls, row: ChoreRow) -> ExactChore:
        """The wire form."""
        top = row.budget_rate
        budget = None if top is None else Money(amount=top, currency=row.currency)
        more: dict[str, Any] = {
            "client_id": row.client_id,
            "point": PointOut.of(row.point),
            "address": row.address,
            "notes": row.notes,
            "budget": budget,
            "waves": row.wave,
            "match_by": row.match_by,
            "posted_at": row.created_at,
            "closed_at": row.closed_at,
            "booking_id": row.booking_id,
            "tasker_id": row.tasker_id,
        }
        return cls.model_validate(cls.shared(row) | more)


class HeldChore(_Chore):
    """A chore for the tasker whose booking stands: where, for whom, and what to know."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                SHARED
                | PLACE
                | {
                    "view": "held",
                    "state": "booked",
                    "client_name": "Cleo",
                    "booking_id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a11",
                }
            ]
        },
    )

    view: Literal["held"] = "held"
    client_name: str
    point: PointOut
    address: str
    notes: str
    booking_id: UUID

    @classmethod
    def of(cls, row: ChoreRow) -> HeldChore:
        """The wire form."""
        more = {
            "client_name": row.client_name,
            "point": PointOut.of(row.point),
            "address": row.address,
            "notes": row.notes,
            "booking_id": row.booking_id,
        }
        return cls.model_validate(cls.shared(row) | more)


class OfferedChore(_Chore):
    """A chore for a tasker who may take it: only the cell it is in."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                SHARED
                | {
                    "view": "offered",
                    "state": "offered",
                    "near": {"type": "Point", "coordinates": [-0.0572, 51.5437]},
                }
            ]
        },
    )

    view: Literal["offered"] = "offered"
    near: PointOut = Field(description="the centre of the chore's privacy cell")

    @classmethod
    def of(cls, row: ChoreRow) -> OfferedChore:
        """The wire form."""
        return cls.model_validate(cls.shared(row) | {"near": PointOut.of(centre_of(row.cell))})


ChoreOut = ExactChore | HeldChore | OfferedChore


def shown(view: View, row: ChoreRow) -> ChoreOut:
    """The chore in one of its views."""
    if view == "exact":
        return ExactChore.of(row)
    return HeldChore.of(row) if view == "held" else OfferedChore.of(row)
