"""Fixtures of pushes: somebody with a subscribed phone, and a pusher that answers as told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notifications.messages import Money, Offer, OfferExtended, Point
from notifications.push import Message, Outcome, Target, Verdict
from service.db.engine import Database
from service.events.append import Announcement, announce
from service.push.delivery import Delivery
from service.push.hosts import MOST_AT_ONCE, Hosts
from service.push.operations import subscribe
from tests.integration.conftest import Clock
from tests.support.pushing import Device
from tests.support.scene import Person, make_client

GBP = Money(amount=2500, currency="GBP")


@dataclass
class Scripted:
    """A pusher that keeps what it was given, and gives these outcomes in turn, then SENT; `came`
    is set once it has enough.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    pushed: list[tuple[str, Message]] = field(default_factory=list)
    takes_s: float = 0.0
    enough: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def push(self, target: Target, message: Message) -> Outcome:
        await asyncio.sleep(self.takes_s)
        self.pushed.append((target.endpoint, message))
        if len(self.pushed) == self.enough:
            self.came.set()
        return self.outcomes.pop(0) if self.outcomes else Outcome(Verdict.SENT)


@pytest.fixture
def pusher() -> Scripted:
    """Takes everything, unless told otherwise."""
    return Scripted()


@pytest.fixture
def delivery(database: Database, pusher: Scripted, clock: Clock) -> Delivery:
    """A process's delivery, which does nothing by itself and trusts every host."""
    hosts = Hosts(first=MOST_AT_ONCE)
    return Delivery(database, {"webpush": pusher}, clock, hosts=hosts, jitter=lambda: 0.5)


@pytest.fixture
async def ada(database: Database, clock: Clock) -> Person:
    """Somebody with a phone that takes pushes."""
    person = await database.run(make_client)
    await subscribed(database, person, clock, "phone")
    return person


async def subscribed(
    database: Database, person: Person, clock: Clock, device: str, host: str = "push.example.com"
) -> None:
    """Register a device."""
    endpoint = f"https://{host}/{person.id}/{device}"
    keys = Device(endpoint)
    await database.run(
        subscribe, account_id=person.id, session_id=person.session_id, device=device,
        target=Target(endpoint, keys.public, keys.auth), now=clock(),
    )  # fmt: skip


def an_offer(person: Person, clock: Clock, lasts_s: float = 60, offer_id: int = 5) -> Announcement:
    """An offer's event."""
    offer = Offer(
        id=UUID(int=offer_id), chore_id=UUID(int=1), category="mounting",
        near=Point(coordinates=[-0.0553, 51.545]), distance_m=1240, travel_s=480, rate=GBP,
        estimated_pay=GBP, starts_at=clock() + timedelta(hours=2),
        ends_at=clock() + timedelta(hours=3), duration_min=60, wave=1,
        expires_at=clock() + timedelta(seconds=lasts_s),
    )  # fmt: skip
    return Announcement(person.id, None, "offer.extended", OfferExtended(offer=offer))


async def offered(
    database: Database, person: Person, clock: Clock, count: int = 1, **more: Any
) -> list[int]:
    """Extend offers; returns their events' numbers."""
    told = [an_offer(person, clock, **more)] * count
    return await database.run(announce, told, now=clock())
