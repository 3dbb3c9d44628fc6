"""Chores: what a client wants done, where and when, and how far the search for someone has come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from geo.points import LonLat
from geo.postgis import LonLatPoint, MetricPoint, MetricXY
from matching.lifecycle import ChoreState
from service.db.tables.base import AccountRef, Base, Id, MarketId, one_of


class Chore(Base):
    """A chore. The exact point and address are for its client, its booking's holder and operators
    alone.

    `cell` is the one H3 cell all others see, and `metric_point` its centre in the market's
    projection: whatever a tasker can bring about is decided by these, never by the exact point.
    `due_at` is when the next round is to look at it
    (null: not due); `match_by` is the latest moment a match is of use; `wave` counts the waves
    already extended, and `next_wave_at` is when the newest has had its time (null: it has). Posted
    during an experiment it has its arm, and counts unless it fell into a wash-out.
    """

    __tablename__ = "chores"
    __table_args__ = (
        ForeignKeyConstraint(
            ["market_id", "category"], ["categories.market_id", "categories.slug"]
        ),
        ForeignKeyConstraint(
            ["market_id", "policy_version"],
            ["policy_versions.market_id", "policy_versions.version"],
        ),
        CheckConstraint(one_of("status", ChoreState), name="status"),
        CheckConstraint("window_start < window_end", name="window"),
        CheckConstraint("duration_minutes BETWEEN 15 AND 1440", name="duration"),
        CheckConstraint("budget_rate > 0", name="budget"),
        CheckConstraint("wave >= 0", name="wave"),
        CheckConstraint(
            "due_at IS NULL OR status IN ('open', 'offered', 'unfilled')",
            name="due_while_matchable",
        ),
        CheckConstraint(
            "(closed_at IS NULL) = (status IN ('open', 'offered', 'unfilled', 'booked'))",
            name="closed",
        ),
        # Usage: the chores a round takes, oldest due first.
        Index("ix_chores_due", "market_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        # Usage: chores whose last moment for a match has passed.
        Index(
            "ix_chores_match_by",
            "market_id",
            "match_by",
            postgresql_where=text("status IN ('open', 'offered', 'unfilled')"),
        ),
        # Usage: the waiting chores a tasker who came online or changed could take.
        Index(
            "ix_chores_waiting",
            "market_id",
            "category",
            "metric_point",
            postgresql_using="gist",
            postgresql_where=text("status IN ('open', 'unfilled')"),
        ),
        # Usage: a client's own chores, newest first.
        Index("ix_chores_of_client", "client_id", "id"),
        ForeignKeyConstraint(["experiment_id"], ["experiments.id"]),
        CheckConstraint("arm IN ('a', 'b')", name="arm"),
        CheckConstraint("(experiment_id IS NULL) = (arm IS NULL)", name="arm_of_experiment"),
        CheckConstraint("(arm IS NULL) = (counted IS NULL)", name="counted_in_arm"),
        # Usage: the chores of an experiment.
        Index(None, "experiment_id", postgresql_where=text("experiment_id IS NOT NULL")),
        # Usage: an operator's list of a market's chores by state, newest first.
        Index("ix_chores_of_market", "market_id", "status", "id"),
    )

    id: Mapped[Id]
    market_id: Mapped[MarketId]
    client_id: Mapped[AccountRef]
    category: Mapped[str]
    point: Mapped[LonLat] = mapped_column(LonLatPoint())
    metric_point: Mapped[MetricXY] = mapped_column(MetricPoint())
    cell: Mapped[str]
    address: Mapped[str]
    notes: Mapped[str]
    wanted_now: Mapped[bool]
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    duration_minutes: Mapped[int]
    budget_rate: Mapped[int | None]
    status: Mapped[str]
    policy_version: Mapped[int]
    wave: Mapped[int]
    due_at: Mapped[datetime | None]
    next_wave_at: Mapped[datetime | None]
    match_by: Mapped[datetime]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    experiment_id: Mapped[UUID | None]
    arm: Mapped[str | None]
    counted: Mapped[bool | None]
