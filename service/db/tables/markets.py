"""Markets: a city with its zone, currency and projection, its categories, its policy versions, its
leader.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from shapely import MultiPolygon
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo.points import LonLat
from geo.postgis import AreaShape, LonLatPoint
from service.db.tables.base import AccountRef, Base, Big, MarketId


class Market(Base):
    """A city. `srid` is the metric projection in which its search points are stored."""

    __tablename__ = "markets"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,40}$'", name="slug"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("turn_around_s BETWEEN 0 AND 14400", name="turn_around"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]
    currency: Mapped[str]
    srid: Mapped[int]
    centre: Mapped[LonLat] = mapped_column(LonLatPoint())
    boundary: Mapped[MultiPolygon] = mapped_column(AreaShape())
    places: Mapped[dict[str, Any]]
    turn_around_s: Mapped[int]
    created_at: Mapped[datetime]


class Category(Base):
    """A kind of chore in one market, with the rates usual there (minor units an hour).

    `number` is its own in all markets: what indexes of skills begin with, since a GiST compares
    whole numbers at a fraction of what market and text take.
    """

    __tablename__ = "categories"
    __table_args__ = (
        CheckConstraint("typical_minutes BETWEEN 15 AND 1440", name="typical_minutes"),
        CheckConstraint("minimum_minutes BETWEEN 0 AND 1440", name="minimum_minutes"),
        CheckConstraint(
            "0 < rate_low AND rate_low <= rate_median AND rate_median <= rate_high", name="rates"
        ),
        UniqueConstraint("number"),
        # Constraint: what skills refer to, number and slug together.
        UniqueConstraint("market_id", "slug", "number"),
    )

    market_id: Mapped[MarketId] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Identity(always=True))
    name: Mapped[str]
    typical_minutes: Mapped[int]
    minimum_minutes: Mapped[int]
    rate_low: Mapped[int]
    rate_median: Mapped[int]
    rate_high: Mapped[int]
    profile: Mapped[dict[str, Any]]


class PolicyVersion(Base):
    """One version of a market's matching policy: the whole document, who wrote it, and why. Never
    updated.
    """

    __tablename__ = "policy_versions"
    __table_args__ = (CheckConstraint("version >= 1", name="version"),)

    market_id: Mapped[MarketId] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str]
    created_at: Mapped[datetime]


class Lease(Base):
    """Who leads a market's dispatch, until when, under which fencing number. One row a market.

    A round's transaction locks this row and compares `fence`, so that a leader that lost its lease
    writes nothing.
    """

    __tablename__ = "leases"

    market_id: Mapped[MarketId] = mapped_column(primary_key=True)
    holder: Mapped[str]
    fence: Mapped[Big]
    expires_at: Mapped[datetime]


class AuditEntry(Base):
    """One thing an operator did by hand: who, what, to what, why."""

    __tablename__ = "audit_entries"
    __table_args__ = (ForeignKeyConstraint(["market_id"], ["markets.id"]),)

    id: Mapped[Big] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    operator_id: Mapped[AccountRef]
    market_id: Mapped[int | None] = mapped_column(SmallInteger)
    action: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]]
