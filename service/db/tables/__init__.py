"""The tables, a file per noun. Constraints are the backstop of what the code decides; each index
names its query.
"""

from service.db.tables.acceptance import FittedAcceptance
from service.db.tables.accounts import Account, IdempotencyKey, LoginSession, RefreshToken
from service.db.tables.base import Base, new_id
from service.db.tables.bookings import Booking
from service.db.tables.chores import Chore
from service.db.tables.events import Device, Event, EventCounter, StreamTicket
from service.db.tables.experiments import Experiment
from service.db.tables.lines import StreamLine, StreamNode
from service.db.tables.markets import AuditEntry, Category, Lease, Market, PolicyVersion
from service.db.tables.offers import Decision, Offer, Round
from service.db.tables.pushes import Push, PushSubscription
from service.db.tables.taskers import (
    Block,
    Favourite,
    HoursException,
    Presence,
    PresenceCell,
    PresenceLog,
    PresentSkill,
    ServiceArea,
    Skill,
    Tasker,
    WeeklyHours,
)
from service.db.tables.whatifs import WhatIf

metadata = Base.metadata

__all__ = [
    "Account",
    "AuditEntry",
    "Base",
    "Block",
    "Booking",
    "Category",
    "Chore",
    "Decision",
    "Device",
    "Event",
    "EventCounter",
    "Experiment",
    "Favourite",
    "FittedAcceptance",
    "HoursException",
    "IdempotencyKey",
    "Lease",
    "LoginSession",
    "Market",
    "Offer",
    "PolicyVersion",
    "Presence",
    "PresenceCell",
    "PresenceLog",
    "PresentSkill",
    "Push",
    "PushSubscription",
    "RefreshToken",
    "Round",
    "ServiceArea",
    "Skill",
    "StreamLine",
    "StreamNode",
    "StreamTicket",
    "Tasker",
    "WeeklyHours",
    "WhatIf",
    "metadata",
    "new_id",
]
