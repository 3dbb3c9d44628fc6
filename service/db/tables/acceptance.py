"""Acceptance: the fitted models of how likely offers are accepted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base, MarketId


class FittedAcceptance(Base):
    """One fit of a market's model of acceptance: its weights by feature, and from how many offers.
    Rounds read the newest version. Never updated.
    """

    __tablename__ = "acceptance_models"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("offers >= 0", name="offers"),
    )

    market_id: Mapped[MarketId] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    coefficients: Mapped[dict[str, Any]]
    fitted_at: Mapped[datetime]
    offers: Mapped[int]
    note: Mapped[str]
