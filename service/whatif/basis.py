"""The basis of a sweep on what was recorded: the days, and beliefs drawn from their offers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from matching.availability import Interval
from matching.chance import FEATURES, AcceptanceModel, features_of_offers
from matching.replay.behaviour import ACCEPTED, DECLINED, SILENT, UNDELIVERED
from matching.replay.learn import WITHDRAWN, Answers, draw_behaviour
from matching.replay.regions import Regions
from matching.replay.run import TICK_S
from matching.replay.sweep import Basis
from service.acceptance.models import model_of
from service.db.engine import Database
from service.db.tables import FittedAcceptance
from service.markets.districts import district_at, district_names
from service.markets.importing.cities import city_of
from service.markets.operations import market_in_path
from service.markets.queries import MarketFacts, market_by_id, shapes_of
from service.whatif import queries
from service.whatif.generated import Size, generated_basis
from service.whatif.record import read_record

LOOKED_BACK = timedelta(days=30)
"""Offers so long before the days that are played say how people answer, too."""
OUTCOMES = {
    ("accepted", True): ACCEPTED, ("accepted", False): ACCEPTED,
    ("declined", True): DECLINED, ("declined", False): DECLINED,
    ("expired", True): SILENT, ("expired", False): UNDELIVERED,
}  # fmt: skip


FEWEST_CHORES = 20
"""Fewer recorded chores than this are no record: the market's generated demand is played."""


async def basis_of(
    database: Database, market_id: int, days: int, draws: int, seed: int, now: datetime
) -> Basis:
    """The market's newest days as recorded; its city's generated ones where there are none. Raises
    NotFound where neither is known.
    """
    market = await database.run(market_by_id, market_id)
    shapes = await database.run(shapes_of, market_id)
    basis = await _newest(database, market, days, draws, seed, now)
    if basis is None or len(basis.record.chores) < FEWEST_CHORES:
        city = await database.run(city_of, slug=market.slug)
        size = Size.of(days, await database.run(queries.count_taskers, market_id=market_id))
        basis = await asyncio.to_thread(generated_basis, city, size, draws, seed)
    return replace(basis, regions=_districts(basis, shapes.places.get("features", [])))


def _districts(basis: Basis, features: Sequence[dict[str, Any]]) -> Regions:
    """In which district each chore is, or rather the centre of its cell."""
    at = district_at(features, basis.record.chores.place)
    return Regions(district_names(features), at)


async def recorded_days(
    database: Database, *, market: str, days: int, draws: int, seed: int, now: datetime
) -> Basis | None:
    """The newest days that a market saw; None if there are none. Raises NotFound."""
    facts = await database.run(market_in_path, slug=market)
    return await _newest(database, facts, days, draws, seed, now)


async def _newest(
    database: Database, market: MarketFacts, days: int, draws: int, seed: int, now: datetime
) -> Basis | None:
    during = await database.run(past_days, market=market, days=days, now=now)
    if during is None:
        return None
    return await database.run(recorded_basis, market=market, during=during, draws=draws, seed=seed)


async def recorded_basis(
    session: AsyncSession,
    *,
    market: MarketFacts,
    during: Interval,
    draws: int,
    seed: int,
    tick_s: float = TICK_S,
) -> Basis | None:
    """So many beliefs, each with a luck of its own, over what the market saw in that span; None
    if nothing was posted in it.
    """
    record = await read_record(session, market, during)
    if record is None:
        return None
    answers = await read_answers(session, market.id, during, record.taskers.ids)
    rng = np.random.default_rng(seed)
    behaviours = tuple(draw_behaviour(answers, rng) for _ in range(draws))
    seeds = tuple(seed * 1_000 + draw for draw in range(draws))
    matcher = await _matcher(session, market.id)
    return Basis(record, behaviours, seeds, answers.told, {"matcher": matcher}, tick_s)


async def past_days(
    session: AsyncSession, *, market: MarketFacts, days: int, now: datetime
) -> Interval | None:
    """The newest `days` of what the market saw, or as many whole hours as there are; None if
    there is not one.
    """
    ((first, last),) = await queries.told(session, queries.EXTENT, market.id, Interval(now, now))
    if first is None:
        return None
    until = min(last + timedelta(hours=1), now)
    since = max(first, until - timedelta(days=days))
    since = since.replace(minute=0, second=0, microsecond=0)
    return Interval(since, until) if until - since >= timedelta(hours=1) else None


async def read_answers(
    session: AsyncSession, market_id: int, during: Interval, taskers: Sequence[str]
) -> Answers:
    """How people answered in those days and before them; `taskers` are named in any case."""
    span = Interval(during.start - LOOKED_BACK, during.end)
    rows = await queries.told(session, queries.OFFERS, market_id, span)
    ((bookings, given_up),) = await queries.told(session, queries.GIVEN_UP, market_id, span)
    names = dict.fromkeys([*taskers, *(str(row.tasker_id) for row in rows)])
    number = {name: n for n, name in enumerate(names)}
    return Answers(
        features=_features(rows),
        outcome=np.array(
            [OUTCOMES.get((row.status, row.delivered), WITHDRAWN) for row in rows], dtype=np.int64
        ),
        share=np.clip(np.array([row.share for row in rows], dtype=float), 0, 1),
        tasker=np.array([number[str(row.tasker_id)] for row in rows], dtype=np.int64),
        names=tuple(number),
        bookings=bookings,
        given_up=given_up,
    )


def _features(rows: Sequence[Any]) -> Any:
    if not rows:
        return np.zeros((0, len(FEATURES)))
    travel_s, duration_s, ahead_s = (
        np.array([getattr(row, name) for row in rows], dtype=float)
        for name in ("travel_s", "duration_s", "ahead_s")
    )
    rate = np.array([row.rate for row in rows], dtype=np.int64)
    return features_of_offers(travel_s, duration_s, rate, ahead_s)


async def _matcher(session: AsyncSession, market_id: int) -> AcceptanceModel:
    """The model that the market's rounds go by."""
    newest = select(FittedAcceptance.coefficients).where(FittedAcceptance.market_id == market_id)
    return model_of(await session.scalar(newest.order_by(FittedAcceptance.version.desc()).limit(1)))
