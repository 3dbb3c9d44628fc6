"""A small city under load: clients who post and taskers who accept, on phones that try again where
nobody answers, and the questions that show whether anything was lost or happened twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.client import Stream
from notifications.frames import Event
from service.db.engine import open_database
from tests.support.scene import HACKNEY, Person, make_client, make_market, make_tasker
from tests.support.streams import Api, now


async def move_in(
    database_url: str, *, clients: int, taskers: int
) -> tuple[list[Person], list[Person]]:
    """A market with its people: clients, and taskers who work in it."""

    async def make(session: AsyncSession) -> tuple[list[Person], list[Person]]:
        at = now()
        market = await make_market(session, now=at)
        posting = [await make_client(session, now=at) for _ in range(clients)]
        return posting, [await make_tasker(session, market, now=at) for _ in range(taskers)]

    async with open_database(database_url) as database:
        return await database.run(make)


@dataclass
class City:
    """People on phones, and the api processes they may talk to."""

    apis: Sequence[Api]
    clients: Sequence[Person]
    taskers: Sequence[Person]
    http: httpx.AsyncClient
    posted: dict[str, UUID] = field(default_factory=dict)
    accepted: dict[UUID, UUID] = field(default_factory=dict)
    heard: dict[UUID, list[int]] = field(default_factory=dict)
    heard_at: list[float] = field(default_factory=list)
    _tries: count[int] = field(default_factory=count)

    async def post(self, client: Person, day: int) -> None:
        """Post one chore for a day, with one key, until somebody answers."""
        key = str(uuid4())
        headers = client.headers | {"Idempotency-Key": key}
        start = (now() + timedelta(days=day)).replace(hour=9, minute=0)
        chore = {
            "market": "london", "category": "mounting", "address": "12 Mare Street, E8",
            "point": {"type": "Point", "coordinates": list(HACKNEY)}, "duration_min": 60,
            "when": {"start": start.isoformat(), "end": start.replace(hour=18).isoformat()},
        }  # fmt: skip
        answer = await self._answered("POST", "/v1/chores", headers, chore)
        assert answer.status_code == 201, answer.text
        self.posted[key] = UUID(answer.json()["id"])

    async def accept(self, tasker: Person, offer_id: str) -> None:
        """Accept an offer; who comes too late is told so."""
        answer = await self._answered("POST", f"/v1/offers/{offer_id}/accept", tasker.headers)
        if answer.status_code == 200:
            booking = UUID(answer.json()["id"])
            assert self.accepted.setdefault(UUID(offer_id), booking) == booking
        else:
            assert answer.status_code == 409, answer.text

    async def live(self, tasker: Person) -> None:
        """Look for offers and accept them, for ever."""
        while True:
            listed = await self._answered("GET", "/v1/offers?state=pending", tasker.headers)
            for offer in listed.json()["items"]:
                await self.accept(tasker, offer["id"])
            await asyncio.sleep(0.5)

    async def listen(self, person: Person) -> None:
        """Hear every event, and accept whatever is offered, for ever."""
        heard = self.heard.setdefault(person.id, [])
        stream = Stream(partial(self._door, person), device="phone", n=0)
        async with asyncio.TaskGroup() as errands, aclosing(stream.events()) as items:
            async for item in items:
                assert isinstance(item, Event)
                heard.append(item.n)
                self.heard_at.append(time.monotonic())
                if item.type == "offer.extended":
                    errands.create_task(self.accept(person, item.data["offer"]["id"]))

    def last_heard(self) -> dict[UUID, int]:
        """The number of the last event that everybody heard who heard any."""
        return {person: heard[-1] for person, heard in self.heard.items() if heard}

    async def _door(self, person: Person) -> tuple[str, str]:
        api = self._next_api()
        try:
            answer = await self.http.post(f"{api.http}/v1/stream/tickets", headers=person.headers)
        except httpx.TransportError as lost:
            raise ConnectionError from lost
        if answer.status_code == 503:
            raise ConnectionError(answer.text)
        assert answer.status_code == 201, answer.text
        return api.ws, answer.json()["ticket"]

    async def _answered(
        self, method: str, path: str, headers: dict[str, str], body: Any = None
    ) -> httpx.Response:
        """The first real answer: after a dead connection or a 503 the next api is tried."""
        api = self.apis[0]
        while True:
            with suppress(httpx.TransportError):
                url = f"{api.http}{path}"
                answer = await self.http.request(method, url, headers=headers, json=body)
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(0.1)
            api = self._next_api()

    def _next_api(self) -> Api:
        return self.apis[next(self._tries) % len(self.apis)]


def assert_nothing_lost_and_nothing_twice(looking: psycopg.Connection, city: City) -> None:
    """What people were answered is what the tables say, and the tables agree with each other."""
    chores = {row[0] for row in looking.execute("SELECT id FROM chores").fetchall()}
    assert chores == set(city.posted.values())
    bookings = dict(looking.execute("SELECT offer_id, id FROM bookings").fetchall())  # type: dict[UUID, UUID]
    assert city.accepted.items() <= bookings.items()
    for question in CONTRADICTIONS:
        assert looking.execute(question.encode()).fetchall() == [], question


CONTRADICTIONS = (
    # An accepted offer without its booking, or the other way round.
    """SELECT o.id FROM offers o FULL JOIN bookings b ON b.offer_id = o.id
    WHERE (o.status = 'accepted') IS DISTINCT FROM (b.id IS NOT NULL)""",
    # Somebody still holding an offer of a chore that is booked.
    """SELECT o.id FROM offers o JOIN chores c ON c.id = o.chore_id
    WHERE o.status = 'pending' AND c.status <> 'offered'""",
    # A wave that was counted and not extended, or extended without its decision.
    """SELECT c.id FROM chores c WHERE c.wave <> (
    SELECT count(DISTINCT d.wave) FROM decisions d WHERE d.chore_id = c.id AND d.outcome = 'offers')
    AND NOT EXISTS (SELECT FROM decisions d WHERE d.chore_id = c.id AND d.outcome <> 'offers')""",
    # An offer that nobody was told of, or told of twice.
    """SELECT o.id FROM offers o LEFT JOIN events e
    ON e.recipient_id = o.tasker_id AND e.n = o.event_n AND e.type = 'offer.extended'
    AND e.data->'offer'->>'id' = o.id::text WHERE e.n IS NULL""",
    """SELECT data->'offer'->>'id' FROM events WHERE type = 'offer.extended'
    GROUP BY 1 HAVING count(*) > 1""",
    # A booking of which either side was not told exactly once.
    """SELECT b.id FROM bookings b WHERE 1 <> (
    SELECT count(*) FROM events e WHERE e.recipient_id = b.tasker_id AND e.type = 'booking.created'
    AND e.data->'booking'->>'id' = b.id::text) OR 1 <> (
    SELECT count(*) FROM events e WHERE e.recipient_id = b.client_id AND e.type = 'chore.booked'
    AND e.data->'booking'->>'id' = b.id::text)""",
    # A gap in somebody's numbers.
    """SELECT recipient_id FROM events GROUP BY 1 HAVING count(*) <> max(n) OR min(n) <> 1""",
)
