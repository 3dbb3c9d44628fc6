"""Pushes from real api processes to a real push service: signed, encrypted, retried, never lost,
and never in the way of the stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from notifications.messages import Money, Offer, OfferExtended, Point
from service.db.engine import Database
from service.events.append import Announcement, announce
from service.push.hosts import FIRST
from service.push.keys import new_pair
from tests.support.patience import Patience
from tests.support.pushing import Device, PushService, push_service, signer_of
from tests.support.scene import Person
from tests.support.streams import Api, Subscriber, api_process, now, someone, tell

PRIVATE_KEY, PUBLIC_KEY = new_pair()
SETTINGS = {
    "DIBS_VAPID_PRIVATE_KEY": PRIVATE_KEY,
    "DIBS_VAPID_CONTACT": "mailto:push@dibs.example",
    "DIBS_PUSH_PRIVATE_ADDRESSES": "true",
}
GBP = Money(amount=2500, currency="GBP")


@pytest.fixture(scope="module")
def api(database_url: str) -> Iterator[Api]:
    """An api process that pushes, to this machine too."""
    with api_process(database_url, **SETTINGS) as running:
        yield running


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service."""
    with push_service() as running:
        yield running


async def subscribed(
    api: Api, person: Person, service: PushService, device: str = "phone"
) -> Device:
    """A device of a person's, registered over HTTP."""
    phone = Device(f"{service.origin}/send/{uuid4()}")
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.put(
            f"{api.http}/v1/push/subscriptions/{device}",
            json=phone.subscription,
            headers=person.headers,
        )
    assert answer.status_code == 204, answer.text
    return phone


async def offered(
    database: Database, person: Person, count: int = 1, lasts_s: float = 60
) -> datetime:
    """Extend offers to a person; returns their deadline."""
    at = now()
    deadline = at + timedelta(seconds=lasts_s)
    offers = [
        Offer(
            id=uuid4(), chore_id=UUID(int=i + 1), category="mounting",
            near=Point(coordinates=[-0.0553, 51.545]), distance_m=1240, travel_s=480, rate=GBP,
            estimated_pay=GBP, starts_at=at + timedelta(hours=2), ends_at=at + timedelta(hours=3),
            duration_min=60, wave=1, expires_at=deadline,
        )
        for i in range(count)
    ]  # fmt: skip
    told = [
        Announcement(person.id, None, "offer.extended", OfferExtended(offer=offer))
        for offer in offers
    ]
    await database.run(announce, told, now=at)
    return deadline


async def test_somebody_away_is_pushed_an_offer_signed_and_encrypted_for_their_device(
    api: Api, database: Database, ada: Person, service: PushService
) -> None:
    phone = await subscribed(api, ada, service)
    before = time.monotonic()
    await offered(database, ada)
    [posted] = await asyncio.to_thread(service.wait_for, 1)
    assert posted.at - before < 3
    assert posted.path.startswith("/send/")
    headers = posted.headers
    assert headers["content-encoding"] == "aes128gcm"
    assert (headers["urgency"], len(headers["topic"])) == ("high", 32)
    assert 50 <= int(headers["ttl"]) <= 60
    key, claims = signer_of(posted, service.origin)
    assert key == PUBLIC_KEY
    assert claims["sub"] == "mailto:push@dibs.example"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    said = phone.read(posted)
    assert said.keys() == {
        "type", "n", "offer_id", "category", "estimated_pay", "expires_at", "distance_m",
    }  # fmt: skip
    assert (said["type"], said["n"], said["distance_m"]) == ("offer.extended", 1, 1500)
    assert b"mounting" not in posted.body


async def test_somebody_connected_is_pushed_only_what_they_do_not_acknowledge(
    api: Api, database: Database, ada: Person, service: PushService
) -> None:
    phone = await subscribed(api, ada, service)
    async with Subscriber.resumed(api, ada) as line:
        await asyncio.sleep(1)
        await offered(database, ada)
        await line.hear_events(1)
        await asyncio.sleep(1)
        asleep_at = time.monotonic()
        await offered(database, ada)
        [posted] = await asyncio.to_thread(service.wait_for, 1)
    assert phone.read(posted)["n"] == 2
    assert 4.5 < posted.at - asleep_at < 10
    assert len(service.posted) == 1


async def test_a_service_that_fails_is_asked_again_and_one_that_forgot_the_device_is_not(
    api: Api, database: Database, ada: Person, service: PushService
) -> None:
    await subscribed(api, ada, service)
    service.answers = [(503, {}), (429, {"Retry-After": "1"}), (410, {})]
    await offered(database, ada)
    first, second, third = await asyncio.to_thread(service.wait_for, 3)
    assert second.at - first.at > 0.4
    assert third.at - second.at > 0.9
    await asyncio.sleep(1)
    async with httpx.AsyncClient(timeout=30) as client:
        listed = await client.get(f"{api.http}/v1/push/subscriptions", headers=ada.headers)
    assert listed.json() == []
    await offered(database, ada)
    await asyncio.sleep(1)
    assert len(service.posted) == 3


async def test_a_redirect_is_not_followed(
    api: Api, database: Database, ada: Person, service: PushService
) -> None:
    await subscribed(api, ada, service)
    with push_service() as elsewhere:
        service.answers = [(307, {"Location": f"{elsewhere.origin}/inside"})]
        await offered(database, ada)
        await asyncio.to_thread(service.wait_for, 1)
        await asyncio.sleep(1)
        assert (len(service.posted), elsewhere.posted) == (1, [])


async def test_endpoints_that_hang_delay_no_event_of_the_stream(
    api: Api, database: Database, ada: Person, service: PushService
) -> None:
    service.hangs = True
    await subscribed(api, ada, service)
    await offered(database, ada, count=50)
    await asyncio.to_thread(service.wait_for, FIRST)
    bob = await someone(database)
    async with Subscriber.resumed(api, bob) as line:
        for n in range(1, 21):
            await tell(database, bob)
            assert await line.hear_events(n, within_s=2) == [n]


@pytest.mark.parametrize("count", [200, pytest.param(2_000, marks=pytest.mark.torture)])
async def test_killing_a_node_amid_its_pushes_loses_none(
    database: Database, database_url: str, ada: Person, service: PushService,
    connection: psycopg.Connection, count: int,
) -> None:  # fmt: skip
    service.takes_s = 0.5
    with api_process(database_url, **SETTINGS) as doomed:
        phone = await subscribed(doomed, ada, service)
        connection.execute("DELETE FROM pushes")
        await offered(database, ada, count=count, lasts_s=300)
        await asyncio.to_thread(service.wait_for, count // 4)
        doomed.kill()
    assert len(service.posted) < count
    with api_process(database_url, **SETTINGS):
        heard: set[Any] = set()
        patience = Patience(60)
        while len(heard) < count:
            patience.look(len(heard))
            await asyncio.sleep(0.2)
            heard = {phone.read(posted)["n"] for posted in list(service.posted)}
    assert heard == set(range(1, count + 1))
