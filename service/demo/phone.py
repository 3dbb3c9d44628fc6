"""A phone: one simulated person's device, which knows nothing but the public API.

It signs in, keeps its tokens fresh, repeats a request whose answer never came (with the same
idempotency key), and holds the stream open with the reference client, counting what it reads.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any
from uuid import uuid4

import httpx

from notifications.client import Stream
from notifications.frames import Event, Resync
from service.demo.tally import Tally

TRIES = 8


class Refusal(Exception):
    """The api refused: `kind` is the last part of the problem's type."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(f"{status} {kind}")
        self.status, self.kind = status, kind


class Phone:
    """One person's device. `dice` makes all of its choices, so that a seed repeats them."""

    def __init__(
        self,
        doors: Sequence[httpx.AsyncClient],
        tally: Tally,
        email: str,
        password: str,
        dice: random.Random,
    ) -> None:
        self.doors, self.tally = doors, tally
        self.email, self.password, self.dice = email, password, dice
        self._door_number = dice.randrange(len(doors))
        self.account_id = ""
        self.since: Mapping[str, int] = {}
        self.last_n = 0
        self.device = "demo"
        self.listening = False
        self._access = ""
        self._refresh = ""

    @property
    def http(self) -> httpx.AsyncClient:
        """The api process this phone talks to now; the next one after a cut connection."""
        return self.doors[self._door_number % len(self.doors)]

    async def sign_in(self) -> None:
        """Get the tokens of a new session."""
        answer = await self._send(
            "POST", "/v1/sessions", {"email": self.email, "password": self.password}, signed=False
        )
        self._keep(answer)
        me = await self.call("GET", "/v1/accounts/me")
        self.account_id = me["id"]
        self.last_n = self.since.get(self.account_id, 0)

    async def call(self, method: str, path: str, body: object = None, **send: Any) -> Any:
        """One request, signed; refreshes the tokens when they have expired. Raises Refusal."""
        try:
            return await self._send(method, path, body, **send)
        except Refusal as refusal:
            if refusal.kind != "token-expired":
                raise
        self._keep(
            await self._send(
                "POST", "/v1/sessions/refresh", {"refresh_token": self._refresh}, signed=False
            )
        )
        return await self._send(method, path, body, **send)

    async def create(self, path: str, body: object) -> Any:
        """A POST that creates, under one key however often it is sent. Raises Refusal."""
        return await self.call("POST", path, body, key=str(uuid4()))

    async def events(self) -> AsyncIterator[Event]:
        """This person's events, once each and in order, over however many connections."""
        self.listening = True
        stream = Stream(self._door, device=self.device, n=self.last_n)
        async with aclosing(stream.events()) as items:
            async for item in items:
                if isinstance(item, Resync) or item.n != self.last_n + 1:
                    self.tally.count("lost_events", abs(item.n - self.last_n - 1) or 1)
                self.last_n = item.n
                if isinstance(item, Event):
                    yield item

    async def _door(self) -> tuple[str, str]:
        """Where the stream is, and a ticket that opens it once."""
        try:
            answer = await self.call("POST", "/v1/stream/tickets")
        except Refusal as refusal:
            raise OSError(str(refusal)) from refusal
        url = str(self.http.base_url).replace("http", "ws", 1).rstrip("/") + "/v1/stream"
        return url, str(answer["ticket"])

    async def _send(
        self, method: str, path: str, body: object = None, *, signed: bool = True, key: str = ""
    ) -> Any:
        """Send until an answer comes: after a cut connection the next api is tried, after a 503 the
        same again; a refusal stands.
        """
        headers = {"Idempotency-Key": key} if key else {}
        if signed:
            headers["Authorization"] = f"Bearer {self._access}"
        for attempt in range(TRIES):
            try:
                answer = await self.http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                self._door_number += 1
            else:
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                refused = self._refused(answer)
                if answer.status_code != 503:
                    raise refused
            await asyncio.sleep(0.05 * 2**attempt * self.dice.uniform(0.5, 1.5))
        self.tally.count("unanswered")
        raise Refusal(503, "no-answer")

    def _refused(self, answer: httpx.Response) -> Refusal:
        kind = "unknown"
        with suppress(ValueError, AttributeError):
            kind = str(answer.json().get("type", "unknown")).rpartition("/")[2]
        if answer.status_code >= 500:
            self.tally.count("errors_5xx")
        self.tally.refusals[kind] += 1
        return Refusal(answer.status_code, kind)

    def _keep(self, tokens: Mapping[str, Any]) -> None:
        self._access, self._refresh = tokens["access_token"], tokens["refresh_token"]


def now_s() -> float:
    """The clock that durations are taken with."""
    return time.perf_counter()
