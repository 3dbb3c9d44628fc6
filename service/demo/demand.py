"""The demo's demand: chores as the city's generator draws them, or a recorded list, at the pace
told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from seed_data.city import Chore, City, WindowShares
from seed_data.demand import chore_at
from seed_data.ground import ground_of

Body = Mapping[str, Any]

MOSTLY_NOW = WindowShares(now=0.9, today=0.05, future=0.05)
"""A minute shows no tomorrow: offers of a later day go to everybody, and few hold a phone here."""


async def steady(city: City, per_second: float, seed: int) -> AsyncIterator[Body]:
    """Chores for ever: a Poisson process of `per_second`, each drawn for the present hour."""
    rng = np.random.default_rng(seed)
    ground = ground_of(replace(city, windows=MOSTLY_NOW))
    while True:
        await asyncio.sleep(float(rng.exponential(1 / per_second)))
        yield body(city, chore_at(ground, datetime.now(UTC), rng))


async def replayed(city: City, chores: Iterable[Chore], speed: float) -> AsyncIterator[Body]:
    """Recorded chores, `speed` times as fast as they came; windows move along to the present."""
    for wait_s, chore in paced(chores, speed, datetime.now(UTC)):
        await asyncio.sleep(wait_s)
        yield body(city, chore)


def paced(chores: Iterable[Chore], speed: float, starts: datetime) -> Iterator[tuple[float, Chore]]:
    """Each chore with the seconds to wait after the one before, all moved so that the first is
    posted at `starts`.

    A window keeps its distance from its chore's posting: it is real time that the service counts.
    """
    before: datetime | None = None
    moment = starts
    for chore in sorted(chores, key=lambda one: one.posted_at):
        wait = (chore.posted_at - before) / speed if before else timedelta()
        before = chore.posted_at
        moment += wait
        moved = moment - chore.posted_at
        yield wait.total_seconds(), _moved(chore, moved)


def _moved(chore: Chore, by: timedelta) -> Chore:
    window = chore.window and (chore.window[0] + by, chore.window[1] + by)
    return replace(chore, posted_at=chore.posted_at + by, window=window)


def body(city: City, chore: Chore) -> dict[str, Any]:
    """The chore as the body of POST /v1/chores."""
    currency = city.market.currency
    return {
        "market": city.market.slug,
        "category": chore.category,
        "point": {"type": "Point", "coordinates": list(chore.point)},
        "address": chore.address,
        "notes": chore.notes,
        "when": _when(chore),
        "duration_min": chore.duration_minutes,
        "budget": chore.budget_rate and {"amount": chore.budget_rate, "currency": currency},
    }


def _when(chore: Chore) -> object:
    if chore.window is None:
        return "now"
    return {"start": chore.window[0].isoformat(), "end": chore.window[1].isoformat()}
