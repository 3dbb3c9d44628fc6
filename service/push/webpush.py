"""Web Push: a message encrypted for one device (RFC 8291), signed by this service (RFC 8292) and
posted to the device's endpoint (RFC 8030).

Encryption and signature are pywebpush's and py_vapid's; the request is httpcore's, since
pywebpush's own would block, or follow redirects to wherever a stranger likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import urlsplit

import httpcore
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException
from pywebpush import WebPusher

from notifications.push import Message, Outcome, Target, Verdict, outcome_of
from notifications.push_addresses import EndpointRefused, check_endpoint
from service.push.keys import base64url
from service.push.network import CheckedNetwork, Resolver

WITHIN_S = 5.0
"""The whole of a try: name, connection, request, answer."""
MOST_ANSWER_BYTES = 16 * 1024
SIGNED_FOR_S = 12 * 3600
SIGNED_AGAIN_S = 3600
MOST_SIGNED = 1000
"""Endpoints' origins whose signature is remembered. There are a handful of push services."""


class WebPush:
    """Pushes by Web Push. `private`: endpoints may be http and anywhere, as in development."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        *,
        contact: str,
        clock: Callable[[], datetime],
        ciphers: ThreadPoolExecutor,
        resolver: Resolver,
        connections: int,
        private: bool,
    ) -> None:
        self._vapid, self._contact, self._clock = Vapid02(key), contact, clock
        self._ciphers, self._private = ciphers, private
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=connections,
            keepalive_expiry=30.0,
            ssl_context=httpcore.default_ssl_context(),
            network_backend=CheckedNetwork(resolver),
        )
        self._signed: dict[str, tuple[float, str]] = {}

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def push(self, target: Target, message: Message) -> Outcome:
        """Try once."""
        try:
            check_endpoint(target.endpoint, private=self._private)
            async with asyncio.timeout(WITHIN_S):
                return await self._post(target, message)
        except (EndpointRefused, VapidException, httpcore.LocalProtocolError):
            return Outcome(Verdict.REFUSED)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError):
            return Outcome(Verdict.LATER)

    async def _post(self, target: Target, message: Message) -> Outcome:
        loop = asyncio.get_running_loop()
        body = await loop.run_in_executor(self._ciphers, _encrypted, target, message.payload)
        headers: dict[bytes | str, bytes | str] = {
            "Authorization": self._signature(target.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.ttl_s),
            "Urgency": str(message.urgency),
            "Topic": message.topic,
        }
        async with self._pool.stream(
            "POST", target.endpoint, headers=headers, content=body
        ) as answer:
            await _read_some(answer)
        told = {name.lower(): value for name, value in answer.headers}
        retry_after = told.get(b"retry-after", b"").decode("latin-1")
        return outcome_of(answer.status, retry_after, self._clock())

    def _signature(self, endpoint: str) -> str:
        """Who we are, for the endpoint's origin; signed anew once an hour."""
        parts = urlsplit(endpoint)
        origin, at = f"{parts.scheme}://{parts.netloc}", self._clock().timestamp()
        known = self._signed.get(origin)
        if known is None or not 0 <= at - known[0] < SIGNED_AGAIN_S:
            claims = {"aud": origin, "sub": self._contact, "exp": int(at) + SIGNED_FOR_S}
            signed: str = self._vapid.sign(claims)["Authorization"]
            if len(self._signed) >= MOST_SIGNED:
                self._signed.clear()
            known = self._signed[origin] = (at, signed)
        return known[1]


def _encrypted(target: Target, payload: bytes) -> bytes:
    keys = {"p256dh": base64url(target.p256dh), "auth": base64url(target.auth)}
    pusher = WebPusher({"endpoint": target.endpoint, "keys": keys})
    body: bytes = pusher.encode(payload, "aes128gcm")["body"]
    return body


async def _read_some(answer: httpcore.Response) -> None:
    """Read the answer to its end, so that the connection can be used again; a long one is left."""
    read = 0
    async for some in answer.aiter_stream():
        read += len(some)
        if read > MOST_ANSWER_BYTES:
            return
