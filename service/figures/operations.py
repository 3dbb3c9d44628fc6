"""The health of a market over the past hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from service.figures import queries
from service.figures.queries import ChoreRow, OfferCounts, VersionRow
from service.figures.reckoning import (
    Fill,
    PostedChore,
    Quantiles,
    by_hour,
    fill_by,
    fill_of,
    quantiles,
    waits_s,
)
from service.markets.districts import district_at, district_names
from service.markets.operations import market_in_path
from service.markets.queries import shapes_of

REMEMBERED = timedelta(days=28)
"""How far back versions of a policy are told apart."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a market fared since a moment."""

    since: datetime
    at: datetime
    fill: Fill
    accepted_after_s: Quantiles
    by_category: Mapping[str, Fill]
    by_district: Mapping[str | None, Fill]
    by_hour: Sequence[tuple[datetime, Fill]]
    offers: OfferCounts
    solve_ms: Quantiles
    round_ms: Quantiles


async def read_health(session: AsyncSession, *, market: str, hours: int, now: datetime) -> Health:
    """How a market fared in the past hours. Raises NotFound."""
    facts = await market_in_path(session, slug=market)
    since = now - timedelta(hours=hours)
    rows = await queries.chores_since(session, facts.id, since)
    shapes = await shapes_of(session, facts.id)
    chores = _posted(rows, shapes.places.get("features", []))
    solve_ms, round_ms = await queries.rounds_since(session, facts.id, since)
    return Health(
        since=since,
        at=now,
        fill=fill_of(chores),
        accepted_after_s=waits_s(chores),
        by_category=fill_by(chores, lambda chore: chore.category),
        by_district=fill_by(chores, lambda chore: chore.district),
        by_hour=by_hour(chores, since, now),
        offers=await queries.offers_since(session, facts.id, since),
        solve_ms=quantiles(solve_ms),
        round_ms=quantiles(round_ms),
    )


async def read_versions(session: AsyncSession, *, market: str, now: datetime) -> list[VersionRow]:
    """How the chores of the past weeks fared, by the version of the policy they are under. Raises
    NotFound.
    """
    facts = await market_in_path(session, slug=market)
    return await queries.versions_since(session, facts.id, now - REMEMBERED)


def _posted(rows: Sequence[ChoreRow], features: Sequence[dict[str, Any]]) -> list[PostedChore]:
    """The chores, each with the name of the district that holds it."""
    if not rows:
        return []
    names = district_names(features)
    at = district_at(features, np.array([(row.lon, row.lat) for row in rows]))
    return [
        PostedChore(
            row.category, names[n] if n >= 0 else None, row.status, row.posted_at, row.taken_at
        )
        for row, n in zip(rows, at.tolist(), strict=True)
    ]
