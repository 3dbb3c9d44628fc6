"""The route of estimates."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request

from geo.travel import GreatCircleTravel
from matching.estimate import Estimate, estimate
from service.chores.endpoints import NOT_POSTED
from service.chores.schemas import EstimateIn
from service.estimates.operations import Basis, basis_of
from service.estimates.schemas import EstimateOut
from service.http.access import Client
from service.http.documentation import refuses
from service.runtime import Now, Run

router = APIRouter(tags=["chores"])


@router.post("/v1/chores/estimate", responses=refuses(*NOT_POSTED))
async def estimate_chore(
    body: EstimateIn, caller: Client, request: Request, runtime: Run, now: Now
) -> EstimateOut:
    """What to expect of a chore before it is posted: how many taskers are in reach, at what rates,
    how likely and how soon a match is, and which one change would help most. Nothing is created.
    """
    runtime.limits.check("estimate", request, str(caller.account_id))
    basis = await runtime.database.run(
        basis_of, client_id=caller.account_id, wish=body.wish(), now=now
    )
    found = await asyncio.to_thread(_estimated, basis)
    return EstimateOut.of(found, basis.currency)


def _estimated(basis: Basis) -> Estimate:
    return estimate(
        market=basis.market,
        now_s=basis.now_s,
        policies=basis.policies,
        chore=basis.chore,
        taskers=basis.taskers,
        travel=GreatCircleTravel(),
        acceptance=basis.acceptance,
    )
