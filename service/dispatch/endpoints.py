"""The routes of what the dispatcher did, for operators: its rounds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from service.dispatch import history
from service.dispatch.history import RoundRow
from service.errors import UnknownMarket
from service.http.access import Operator
from service.http.documentation import refuses
from service.http.pages import Page, PageOf, page
from service.http.schemas import Out, UtcTime
from service.runtime import Db

router = APIRouter(tags=["operators"])

ROUND: dict[str, Any] = {
    "id": "0192e0a0-7c1e-7c3a-9a52-0b7f5d1f2a16",
    "market": "london",
    "started_at": "2026-11-23T12:00:00.000Z",
    "chores": 12,
    "candidates": 160,
    "offers": 27,
    "dropped": 0,
    "solver": "min_cost_flow",
    "snapshot_ms": 9.1,
    "solve_ms": 3.2,
    "write_ms": 6.4,
}


class RoundOut(Out):
    """One run of the matcher over a market: what it saw, what it did, how long each step took."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [ROUND]})

    id: UUID
    market: str
    started_at: UtcTime
    chores: int = Field(description="chores that were due")
    candidates: int = Field(description="pairs that every rule allowed")
    offers: int
    dropped: int = Field(description="chores and pairs that had changed since they were read")
    solver: str = Field(description="what answered; `greedy` where the exact solver did not")
    snapshot_ms: float
    solve_ms: float
    write_ms: float

    @classmethod
    def of(cls, row: RoundRow) -> RoundOut:
        """The wire's form of a round."""
        return cls.model_validate(asdict(row))


@router.get("/v1/rounds", responses=refuses(UnknownMarket))
async def list_rounds(
    _: Operator,
    db: Db,
    cut: PageOf,
    market: Annotated[str, Query(max_length=41, examples=["london"])],
) -> Page[RoundOut]:
    """A market's rounds, newest first."""
    rows = await db.run(history.rounds_page, market=market, cut=cut)
    return page(rows, cut, lambda row: row.id, RoundOut.of)
