"""Experiments: two versions of a market's policy, switched back and forth by region and slot."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, SmallInteger
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import AccountRef, Base, Big, Id, MarketId


class Experiment(Base):
    """A switchback. `during` is when chores are given arms: its plan, cut short when it is stopped.

    What places a chore (`matching.switchback`) is `seed`, the plan's begin, `days`, `slot_s`,
    `washout_s` and the resolution of its regions; none of it ever changes.
    """

    __tablename__ = "experiments"
    __table_args__ = (
        *(
            ForeignKeyConstraint(
                ["market_id", arm], ["policy_versions.market_id", "policy_versions.version"]
            )
            for arm in ("version_a", "version_b")
        ),
        CheckConstraint("version_a <> version_b", name="two_versions"),
        CheckConstraint("days >= 2 AND mod(days, 2) = 0", name="pairs_of_days"),
        CheckConstraint("slot_s > 0 AND mod(86400, slot_s) = 0", name="slots_fill_a_day"),
        CheckConstraint("washout_s >= 0 AND washout_s < slot_s", name="washout"),
        CheckConstraint("resolution BETWEEN 3 AND 7", name="resolution"),
        CheckConstraint("(stopped_at IS NULL) = (stop_reason IS NULL)", name="stopped"),
        # Constraint: one experiment at a time in a market; it finds the running one, too.
        ExcludeConstraint(
            ("market_id", "="), ("during", "&&"), name="ex_experiments_during", using="gist"
        ),
    )

    id: Mapped[Id]
    market_id: Mapped[MarketId]
    name: Mapped[str]
    version_a: Mapped[int]
    version_b: Mapped[int]
    seed: Mapped[Big]
    starts_at: Mapped[datetime]
    days: Mapped[int] = mapped_column(SmallInteger)
    slot_s: Mapped[int]
    washout_s: Mapped[int]
    resolution: Mapped[int] = mapped_column(SmallInteger)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    author_id: Mapped[AccountRef]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    stop_reason: Mapped[str | None]
