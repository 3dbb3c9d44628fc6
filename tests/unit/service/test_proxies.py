"""Who calls: the peer, unless the peer is a proxy that is trusted to say."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from service.settings import Settings
from service.stream.server import server_config

CALLER = "203.0.113.7"


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers with the caller's address."""
    client = Request(scope).client
    assert client is not None
    await PlainTextResponse(client.host)(scope, receive, send)


async def told(peer: str, monkeypatch: pytest.MonkeyPatch, trusted: str | None = None) -> str:
    """Who the server takes for the caller when `peer` says that it speaks for CALLER."""
    if trusted is not None:
        monkeypatch.setenv("DIBS_TRUSTED_PROXIES", trusted)
    config = server_config(who, Settings(environment="test", _env_file=None))
    config.load()
    app: Any = config.loaded_app
    transport = httpx.ASGITransport(app=app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://dibs.test") as client:
        return (await client.get("/", headers={"X-Forwarded-For": CALLER})).text


@pytest.mark.parametrize(
    ("trusted", "peer"),
    [(None, "192.0.2.1"), ("192.0.2.1", "192.0.2.2"), ("10.0.0.0/8", "192.0.2.1")],
)
async def test_a_peer_that_is_not_trusted_cannot_say_who_calls(
    trusted: str | None, peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await told(peer, monkeypatch, trusted) == peer


@pytest.mark.parametrize(
    ("trusted", "peer"),
    [(None, "127.0.0.1"), ("192.0.2.9, 192.0.2.1", "192.0.2.1"), ("10.0.0.0/8", "10.1.2.3")],
)
async def test_a_trusted_proxy_says_who_calls(
    trusted: str | None, peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await told(peer, monkeypatch, trusted) == CALLER
