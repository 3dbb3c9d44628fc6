"""The SQL of acceptance: offers that say something, and fitted models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from matching.arrays import Bools, Floats, Ints
from service.db.tables import FittedAcceptance, Market

# In the order they were made: travel, planned duration, rate, seconds ahead, whether accepted.
ANSWERED = text(
    """
    SELECT CAST(travel_s AS float8), CAST(extract(epoch FROM ends_at - starts_at) AS float8), rate,
           CAST(greatest(extract(epoch FROM starts_at - extended_at), 0) AS float8),
           status = 'accepted'
    FROM offers
    WHERE market_id = CAST(:market_id AS smallint) AND extended_at >= :since
    AND (status IN ('accepted', 'declined') OR (status = 'expired' AND delivered_at IS NOT NULL))
    ORDER BY id
    """
)


@dataclass(frozen=True, eq=False)
class Answered:
    """Offers that say something, in columns of one length."""

    travel_s: Floats
    duration_s: Floats
    rate_per_h: Ints
    ahead_s: Floats
    accepted: Bools


async def answered_offers(session: AsyncSession, market_id: int, since: datetime) -> Answered:
    """A market's offers made since then that were answered, or left to expire on a device."""
    rows = (await session.execute(ANSWERED, {"market_id": market_id, "since": since})).all()
    travel, duration, rate, ahead, accepted = zip(*rows, strict=True) if rows else ([],) * 5
    return Answered(
        np.array(travel, float), np.array(duration, float), np.array(rate, np.int64),
        np.array(ahead, float), np.array(accepted, bool),
    )  # fmt: skip


async def add_model(
    session: AsyncSession,
    *,
    market_id: int,
    coefficients: dict[str, Any],
    offers: int,
    note: str,
    now: datetime,
) -> int:
    """Keep a model; its version. Fits of one market follow each other."""
    await session.execute(
        select(Market.id).where(Market.id == market_id).with_for_update(key_share=True)
    )
    newest = await session.scalar(
        select(func.max(FittedAcceptance.version)).where(FittedAcceptance.market_id == market_id)
    )
    version = (newest or 0) + 1
    session.add(
        FittedAcceptance(
            market_id=market_id,
            version=version,
            coefficients=coefficients,
            fitted_at=now,
            offers=offers,
            note=note,
        )
    )
    await session.flush()
    return version
