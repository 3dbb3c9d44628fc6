"""Taskers: the profile, skills with rates, service areas, hours, presence, and whom they will not
meet.
"""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from shapely import MultiPolygon
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo.points import LonLat
from geo.postgis import AreaShape, LonLatPoint, MetricPoint, MetricXY
from service.db.tables.base import AccountRef, Base, Big, MarketId


class Tasker(Base):
    """A tasker's profile in their market. `revision` rises with every change that can change a
    match.
    """

    __tablename__ = "taskers"
    __table_args__ = (
        CheckConstraint("mode IN ('walk', 'bike', 'transit', 'car', 'van')", name="mode"),
        CheckConstraint("minimum_notice_minutes BETWEEN 0 AND 20160", name="minimum_notice"),
        CheckConstraint("most_minutes_a_day BETWEEN 15 AND 1440", name="most_minutes_a_day"),
        CheckConstraint("furthest_m BETWEEN 100 AND 200000", name="furthest"),
        Index(None, "market_id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    market_id: Mapped[MarketId]
    base_point: Mapped[LonLat] = mapped_column(LonLatPoint())
    mode: Mapped[str]
    bio: Mapped[str]
    minimum_notice_minutes: Mapped[int]
    most_minutes_a_day: Mapped[int]
    furthest_m: Mapped[int]
    active: Mapped[bool]
    revision: Mapped[Big]
    created_at: Mapped[datetime]


class Skill(Base):
    """A tasker's category and hourly rate, with copies of all that a walk of the nearest asks.

    `point` is the base point in the market's metric projection; `active` mirrors the tasker's;
    `weekdays` are those on which their hours may begin, a bit each, Monday's is 1, and all of them
    for somebody with hours of a date. A circle of `sure_m` metres around `point` lies in their
    area, one of `sure_today_m` in that for chores of today. service/taskers/copies.py keeps them.
    """

    __tablename__ = "skills"
    __table_args__ = (
        ForeignKeyConstraint(
            ["market_id", "category", "category_number"],
            ["categories.market_id", "categories.slug", "categories.number"],
        ),
        CheckConstraint("rate BETWEEN 1 AND 10000000", name="rate"),
        CheckConstraint("weekdays BETWEEN 0 AND 127", name="weekdays"),
        # Usage: nearest taskers of a category around a chore.
        Index(
            "ix_skills_nearest",
            "category_number",
            "point",
            postgresql_using="gist",
            postgresql_where=text("active"),
        ),
    )

    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    market_id: Mapped[MarketId]
    category_number: Mapped[int]
    rate: Mapped[int]
    point: Mapped[MetricXY] = mapped_column(MetricPoint())
    active: Mapped[bool]
    weekdays: Mapped[int] = mapped_column(SmallInteger)
    sure_m: Mapped[int]
    sure_today_m: Mapped[int]


class ServiceArea(Base):
    """Where a tasker works. `same_day`, where they drew one, replaces the regular area for chores
    of today.
    """

    __tablename__ = "service_areas"
    __table_args__ = (CheckConstraint("kind IN ('regular', 'same_day')", name="kind"),)

    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    market_id: Mapped[MarketId]
    area: Mapped[MultiPolygon] = mapped_column(AreaShape())


class WeeklyHours(Base):
    """Hours of a weekday (0 = Monday), wall clock of the market. `ends` at or before `starts` is
    past midnight.
    """

    __tablename__ = "weekly_hours"
    __table_args__ = (CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),)

    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    starts: Mapped[time] = mapped_column(primary_key=True)
    ends: Mapped[time]


class HoursException(Base):
    """A date that differs from the week: off (no times), or these hours instead."""

    __tablename__ = "hours_exceptions"
    __table_args__ = (
        CheckConstraint("(starts IS NULL) = (ends IS NULL)", name="both_or_none"),
        # Usage: a tasker's exceptions in a range of dates.
        Index(None, "tasker_id", "on_date"),
    )

    id: Mapped[Big] = mapped_column(Identity(always=True), primary_key=True)
    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"))
    on_date: Mapped[date]
    starts: Mapped[time | None]
    ends: Mapped[time | None]


class Presence(Base):
    """Where an online tasker is now: the centre of a cell, never the exact point, and when they
    said so.

    Apart from the rows that carry the skill index, because it changes every few seconds.
    """

    __tablename__ = "presence"
    __table_args__ = (
        Index(None, "market_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    market_id: Mapped[MarketId]
    cell: Mapped[str]
    point: Mapped[MetricXY] = mapped_column(MetricPoint())
    online_since: Mapped[datetime]
    seen_at: Mapped[datetime]


class PresenceCell(Base):
    """A cell in which somebody of a market has been online, with its centre in the metric
    projection. Only ever added: a city has some thousands.
    """

    __tablename__ = "presence_cells"
    __table_args__ = (
        # Usage: nearest cells around a chore that wants somebody now.
        Index("ix_presence_cells_nearest", "market_id", "point", postgresql_using="gist"),
    )

    market_id: Mapped[MarketId] = mapped_column(primary_key=True)
    cell: Mapped[str] = mapped_column(primary_key=True)
    point: Mapped[MetricXY] = mapped_column(MetricPoint())


class PresentSkill(Base):
    """An active skill of somebody online, in their cell: what is searched for chores that want
    somebody now. A circle of `sure_m` metres around the cell's centre lies in their area for today.

    Apart from presence, because these rows change only with the cell, the area or the skill; with
    the category, so that nobody of another is walked past. service/taskers/copies.py keeps them.
    """

    __tablename__ = "present_skills"
    __table_args__ = (
        ForeignKeyConstraint(
            ["market_id", "cell"], ["presence_cells.market_id", "presence_cells.cell"]
        ),
        # Usage: who of a category is online in a cell.
        Index("ix_present_skills_in_cell", "category_number", "cell"),
    )

    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    category_number: Mapped[int] = mapped_column(ForeignKey("categories.number"), primary_key=True)
    market_id: Mapped[MarketId]
    cell: Mapped[str]
    rate: Mapped[int]
    sure_m: Mapped[int]


class PresenceLog(Base):
    """Presence as it changed, as cells, kept for a stated time, so that a past day can be
    replayed.
    """

    __tablename__ = "presence_log"
    __table_args__ = (Index(None, "market_id", "at"),)

    id: Mapped[Big] = mapped_column(Identity(always=True), primary_key=True)
    market_id: Mapped[MarketId]
    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"))
    at: Mapped[datetime]
    online: Mapped[bool]
    cell: Mapped[str | None]


class Block(Base):
    """A client and a tasker who are not to meet; `by` says whose wish it was. Matching reads it
    both ways.
    """

    __tablename__ = "blocks"

    client_id: Mapped[AccountRef] = mapped_column(primary_key=True)
    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    by_tasker: Mapped[bool] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Favourite(Base):
    """A tasker whom a client would like again."""

    __tablename__ = "favourites"

    client_id: Mapped[AccountRef] = mapped_column(primary_key=True)
    tasker_id: Mapped[UUID] = mapped_column(ForeignKey("taskers.id"), primary_key=True)
    created_at: Mapped[datetime]
