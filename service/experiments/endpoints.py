"""Routes of experiments, for operators: plan, start, look, stop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from matching.effects import days_to_see
from matching.switchback import Switchback
from service.errors import (
    ExperimentRuns,
    Invalid,
    NotFound,
    TooLittleRecorded,
    WrongState,
)
from service.experiments import operations
from service.experiments.operations import Told
from service.experiments.results import BY_NAME, design_of, effect_on, place_all, result_of
from service.experiments.schemas import (
    ExperimentIn,
    ExperimentOut,
    ExperimentResultOut,
    PlanIn,
    PlanOut,
    StopIn,
)
from service.http.access import Editor, Operator
from service.http.documentation import refuses
from service.http.idempotency import OnceOnly
from service.http.pages import Page, PageOf, page
from service.runtime import Db, Now

router = APIRouter(prefix="/v1/markets/{market}/experiments", tags=["experiments"])

MarketSlug = Annotated[
    str, Path(max_length=41, description="The market's name on the wire.", examples=["london"])
]


@router.post(
    "",
    status_code=201,
    response_model=ExperimentOut,
    responses=refuses(NotFound, ExperimentRuns, Invalid),
)
async def start_experiment(
    market: MarketSlug, body: ExperimentIn, caller: Editor, now: Now, once: OnceOnly
) -> Response:
    """Start a switchback between two versions of the policy, at once or later."""
    return await once.run(
        partial(ExperimentOut.of, market),
        operations.start_experiment,
        market=market,
        draft=body.draft(),
        operator_id=caller.account_id,
        now=now,
    )


@router.get("", responses=refuses(NotFound))
async def list_experiments(
    market: MarketSlug, _: Operator, db: Db, now: Now, cut: PageOf
) -> Page[ExperimentOut]:
    """A market's experiments, newest first."""
    rows = await db.run(operations.list_experiments, market=market, cut=cut, now=now)
    return page(rows, cut, lambda told: told.experiment.id, partial(ExperimentOut.of, market))


@router.post("/plan", responses=refuses(NotFound, TooLittleRecorded, Invalid))
async def plan_experiment(
    market: MarketSlug, body: PlanIn, _: Operator, db: Db, now: Now
) -> PlanOut:
    """How many days would show an effect of this size, going by the market's last weeks?"""
    since, chores = await db.run(operations.read_record, market=market, now=now)
    days = (now - since).days
    try:
        design = Switchback(
            0, since.timestamp(), days, 60 * body.slot_minutes, 60 * body.washout_minutes
        )
    except ValueError as wrong:
        raise operations.not_a_design(wrong) from None
    placed = await asyncio.to_thread(place_all, design, body.resolution, chores)
    effect = effect_on(BY_NAME[body.figure], placed)
    if not effect.error > 0:
        raise TooLittleRecorded("Too few blocks saw chores on both of their days.", days=days)
    return PlanOut(
        days=days_to_see(body.effect, effect.error, days),
        figure=body.figure,
        effect=body.effect,
        error=effect.error,
        recorded_days=days,
        recorded_chores=len(placed),
    )


@router.get("/{experiment_id}", responses=refuses(NotFound))
async def read_experiment(
    market: MarketSlug, experiment_id: UUID, _: Operator, db: Db, now: Now
) -> ExperimentResultOut:
    """An experiment, and what it shows so far."""
    told = await db.run(
        operations.read_experiment, market=market, experiment_id=experiment_id, now=now
    )
    return await _showing(market, told)


@router.post("/{experiment_id}/stop", responses=refuses(NotFound, WrongState))
async def stop_experiment(
    market: MarketSlug, experiment_id: UUID, body: StopIn, caller: Editor, db: Db, now: Now
) -> ExperimentResultOut:
    """End an experiment before its time. Chores keep their arms; new ones get none."""
    told = await db.run(
        operations.stop_experiment,
        market=market,
        experiment_id=experiment_id,
        operator_id=caller.account_id,
        reason=body.reason,
        now=now,
    )
    return await _showing(market, told)


async def _showing(market: str, told: Told) -> ExperimentResultOut:
    """Figures are worked out in a thread: an experiment may have a hundred thousand chores."""
    experiment = told.experiment
    placed = await asyncio.to_thread(
        place_all, design_of(experiment), experiment.resolution, told.outcomes or []
    )
    return ExperimentResultOut.showing(market, told, await asyncio.to_thread(result_of, placed))
