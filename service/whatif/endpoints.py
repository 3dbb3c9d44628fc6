"""Routes of what if, for operators of any role: nothing is changed by looking ahead."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from matching.policy import MatchingPolicy
from service.errors import Conflict, SweepNotUsable, UnknownCategory
from service.http.access import Operator
from service.http.documentation import refuses
from service.http.idempotency import OnceOnly
from service.http.pages import Page, PageOf, page
from service.http.schemas import In, Out, UtcTime
from service.runtime import Db, Now
from service.whatif import operations
from service.whatif.runs import Run

router = APIRouter(prefix="/v1/markets/{market}/whatifs", tags=["what if"])

MarketSlug = Annotated[
    str, Path(max_length=41, description="The market's name on the wire.", examples=["london"])
]
Value = bool | int | float
Field_ = Annotated[str, Field(max_length=60, examples=["radius_m"])]


class WhatIfIn(In):
    """What to try: a field of the policy and some values, of one category or of the default."""

    field: Field_
    values: list[Value] = Field(min_length=1, max_length=12, examples=[[2_000, 4_000, 8_000]])
    category: str | None = Field(default=None, max_length=60, examples=["tv-mounting"])
    days: int = Field(default=7, ge=1, le=28, description="how many past days to play")
    seed: int = Field(default=1, ge=0, le=1_000_000, description="the same gives the same answer")


class IntervalOut(Out):
    """A difference with its 90 % interval."""

    mean: float
    low: float
    high: float


class CurvePoint(Out):
    """A metric under a value. Null, with the reason in `why`, where the record cannot tell."""

    value: Value
    mean: float | None
    low: float | None = Field(description="of the interval that holds nine periods of ten")
    high: float | None
    change: IntervalOut | None = Field(description="against today's value, on the same days")
    predictable: bool
    why: str | None = Field(
        examples=["31% of its offers would go out with longer or shorter trips than any on record"]
    )


class MetricOut(Out):
    """One curve."""

    name: str = Field(examples=["fill_rate"])
    label: str = Field(examples=["Fill rate"])
    unit: str = Field(examples=["share"])
    better: str | None = Field(examples=["higher"])
    points: list[CurvePoint]


class CellOut(Out):
    """A privacy cell, and how many chores in it are newly filled or lost, on average."""

    cell: str
    lon: float
    lat: float
    filled: float
    lost: float


class PlacesOut(Out):
    """Where a value makes a difference to today's."""

    value: Value
    cells: list[CellOut]


class RegionOut(Out):
    """A district's fill rate under each value, and the travel to its bookings. Few chores: wide
    intervals. A chore counts where the centre of its cell is.
    """

    name: str = Field(examples=["Hackney"])
    chores: int = Field(description="posted there in the days that were played", examples=[412])
    points: list[CurvePoint]
    travel: list[CurvePoint] = Field(default=[], description="mean seconds to a booking there")


class ResultOut(Out):
    """What the values came to. `source`: recorded days, or the generated city's where there are
    none; people then answer as an assumption has it.
    """

    source: str = Field(examples=["recorded"])
    days: float
    chores: int
    draws: int
    offers_recorded: int | None
    metrics: list[MetricOut]
    places: list[PlacesOut]
    regions: list[RegionOut] = Field(default=[], description="districts with at least one chore")


class WhatIfOut(Out):
    """A what-if: what was asked, by whom, and how far it is."""

    id: UUID
    market: str
    status: str = Field(examples=["running"])
    progress: float = Field(ge=0, le=1)
    field: str
    unit: str = Field(examples=["m"])
    category: str | None
    values: list[Value]
    today: Value
    days: int
    seed: int
    author: str
    policy_version: int
    error: str | None
    created_at: UtcTime
    finished_at: UtcTime | None
    result: ResultOut | None

    @classmethod
    def of(cls, run: Run) -> WhatIfOut:
        """The wire form."""
        told = {name: getattr(run, name) for name in cls.model_fields if hasattr(run, name)}
        return cls.model_validate(told | {"unit": _unit(run.field)})


def _unit(field: str) -> str:
    known = MatchingPolicy.model_fields.get(field)
    extra: Any = known.json_schema_extra if known else None
    return str(extra["unit"]) if isinstance(extra, dict) else ""


@router.post(
    "",
    status_code=201,
    response_model=WhatIfOut,
    responses=refuses(SweepNotUsable, UnknownCategory, Conflict),
)
async def ask_what_if(
    market: MarketSlug, body: WhatIfIn, caller: Operator, now: Now, once: OnceOnly
) -> Response:
    """Ask what other values of a field would do. It is played in the background."""
    return await once.run(
        WhatIfOut.of,
        operations.ask,
        market=market,
        field=body.field,
        values=body.values,
        category=body.category,
        days=body.days,
        seed=body.seed,
        author_id=caller.account_id,
        now=now,
    )


@router.get("")
async def list_what_ifs(market: MarketSlug, _: Operator, db: Db, cut: PageOf) -> Page[WhatIfOut]:
    """A market's what-ifs, newest first, without their results."""
    rows = await db.run(operations.list_of_market, market=market, cut=cut)
    return page(rows, cut, lambda run: run.id, WhatIfOut.of)


@router.get("/{whatif_id}")
async def read_what_if(market: MarketSlug, whatif_id: UUID, _: Operator, db: Db) -> WhatIfOut:
    """One what-if, how far it is, and its result once it is done."""
    return WhatIfOut.of(await db.run(operations.read, market=market, run_id=whatif_id))


@router.post("/{whatif_id}/cancel")
async def cancel_what_if(
    market: MarketSlug, whatif_id: UUID, _: Operator, db: Db, now: Now
) -> WhatIfOut:
    """End one that has not ended; one that has stays as it is."""
    return WhatIfOut.of(await db.run(operations.cancel, market=market, run_id=whatif_id, now=now))
