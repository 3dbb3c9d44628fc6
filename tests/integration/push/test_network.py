"""A push on the network: to the address that was checked, nowhere else, and not for long."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from notifications.push import Message, Outcome, Target, Urgency, Verdict
from service.push import network, webpush
from service.push.keys import from_text, new_pair
from service.push.network import Resolver
from service.push.webpush import WebPush
from tests.support.pushing import Device, PushService, push_service
from tests.support.streams import now

MESSAGE = Message(b'{"type":"offer.extended"}', 60, Urgency.HIGH, "a" * 32)


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service."""
    with push_service() as running:
        yield running


@asynccontextmanager
async def web_push(*, private: bool) -> AsyncIterator[WebPush]:
    """Web Push with a key of its own."""
    threads = ThreadPoolExecutor(2)
    web = WebPush(
        from_text(new_pair()[0]),
        contact="mailto:push@dibs.example",
        clock=now,
        ciphers=threads,
        resolver=Resolver(threads, private=private),
        connections=4,
        private=private,
    )
    try:
        yield web
    finally:
        await web.close()
        threads.shutdown()


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name has these addresses from now on; returns the names that are looked up."""
    looked_up: list[str] = []

    def look_up(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return list(addresses)

    monkeypatch.setattr(network, "_look_up", look_up)
    return looked_up


async def pushed(web: WebPush, endpoint: str) -> Outcome:
    """What comes of a push to a device at this endpoint."""
    device = Device(endpoint)
    return await web.push(Target(endpoint, device.public, device.auth), MESSAGE)


async def test_a_name_that_leads_inside_by_now_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up = resolves_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    async with web_push(private=False) as web:
        assert await pushed(web, "https://push.example.com/send") == Outcome(Verdict.REFUSED)
    assert looked_up == ["push.example.com"]


async def test_the_connection_goes_to_the_address_that_was_looked_up_and_checked(
    monkeypatch: pytest.MonkeyPatch, service: PushService
) -> None:
    looked_up = resolves_to(monkeypatch, "127.0.0.1")
    async with web_push(private=True) as web:
        endpoint = f"http://push.example.com:{service.port}/send"
        assert await pushed(web, endpoint) == Outcome(Verdict.SENT)
    assert looked_up == ["push.example.com"]
    assert service.posted[0].headers["host"] == f"push.example.com:{service.port}"


async def test_a_service_that_does_not_answer_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch, service: PushService
) -> None:
    monkeypatch.setattr(webpush, "WITHIN_S", 0.5)
    service.hangs = True
    async with web_push(private=True) as web:
        started = time.monotonic()
        assert await pushed(web, f"{service.origin}/send") == Outcome(Verdict.LATER)
        assert time.monotonic() - started < 5


async def test_nobody_listening_is_a_reason_to_come_back(service: PushService) -> None:
    async with web_push(private=True) as web:
        assert await pushed(web, "http://127.0.0.1:9/send") == Outcome(Verdict.LATER)


async def test_little_is_read_of_a_long_answer(service: PushService) -> None:
    service.answer_bytes = 50_000_000
    async with web_push(private=True) as web:
        assert await pushed(web, f"{service.origin}/send") == Outcome(Verdict.SENT)
    assert service.written_bytes < 10_000_000
