"""What-ifs: sweeps that operators asked for, who plays them, and what they came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import AccountRef, Base, Id, MarketId

WHATIF_STATES = ("queued", "running", "done", "failed", "cancelled")


class WhatIf(Base):
    """A sweep: a field of the policy under some values, of one category or of all. `policy_version`
    is the one it was asked against.

    While it runs, `holder` plays it until `lease_until`; who lets that pass has gone, and another
    takes it up again, at most so many times.
    """

    __tablename__ = "whatifs"
    __table_args__ = (
        CheckConstraint(f"status IN {WHATIF_STATES}", name="status"),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress"),
        CheckConstraint("(status = 'running') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(status = 'done') = (result IS NOT NULL)", name="result"),
        CheckConstraint(
            "(status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
            name="finished",
        ),
        # Usage: a market's what-ifs, newest first.
        Index("ix_whatifs_of_market", "market_id", "id"),
        # Usage: the what-ifs that somebody has to play, oldest first.
        Index("ix_whatifs_waiting", "id", postgresql_where=text("status IN ('queued', 'running')")),
    )

    id: Mapped[Id]
    market_id: Mapped[MarketId]
    author_id: Mapped[AccountRef]
    policy_version: Mapped[int]
    field: Mapped[str]
    category: Mapped[str | None]
    values: Mapped[list[Any]] = mapped_column(JSONB)
    today: Mapped[Any] = mapped_column(JSONB)
    days: Mapped[int]
    seed: Mapped[int]
    status: Mapped[str]
    progress: Mapped[float]
    attempts: Mapped[int]
    holder: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
