"""A simulated tasker: comes online, answers offers after some thought, travels, works, finishes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from geo.points import LonLat
from notifications.frames import Event
from service.demo.phone import Phone, Refusal, now_s

HEARTBEAT_S = 60.0
STEPS = {
    "scheduled": ("en-route", "start", "finish"),
    "en_route": ("start", "finish"),
    "in_progress": ("finish",),
}
"""What is left to do of a booking that stands where it does."""


@dataclass(frozen=True, slots=True)
class Temper:
    """How a tasker answers: chances of accepting and declining (or else ignoring), how slowly."""

    accepts: float = 0.72
    declines: float = 0.16
    thinks_s: float = 1.5
    works_s: float = 3.0


def a_temper(dice: random.Random) -> Temper:
    """A temper of one's own."""
    return Temper(
        accepts=dice.uniform(0.55, 0.9),
        declines=dice.uniform(0.05, 0.2),
        thinks_s=dice.uniform(0.3, 2.5),
        works_s=dice.uniform(1.5, 5.0),
    )


class SimulatedTasker:
    """Lives on a phone until cancelled."""

    def __init__(self, phone: Phone, home: LonLat, temper: Temper) -> None:
        self.phone, self.home, self.temper = phone, home, temper
        self._errands: set[asyncio.Task[None]] = set()
        self._busy = asyncio.Lock()

    async def come_online(self) -> None:
        """Say that one is there, and where."""
        place = {"type": "Point", "coordinates": [self.home.lon, self.home.lat]}
        await self.phone.call("PUT", "/v1/taskers/me/presence", {"online": True, "point": place})

    async def live(self) -> None:
        """Answer whatever the stream brings, and say every minute that one is still there."""
        presence = asyncio.create_task(self._stay_present())
        self.phone.tally.count("online")
        try:
            for booking in await self._left_over():
                self._start(self._do(booking))
            async for event in self.phone.events():
                self._hear(event)
        finally:
            self.phone.tally.count("online", -1)
            for task in (presence, *self._errands):
                task.cancel()

    async def _left_over(self) -> list[dict[str, Any]]:
        """Bookings of a run that was cut short: they are finished before anything else."""
        states = "&".join(f"state={state}" for state in STEPS)
        answer = await self.phone.call("GET", f"/v1/bookings?as=tasker&limit=100&{states}")
        found: list[dict[str, Any]] = answer["items"]
        return sorted(found, key=lambda booking: booking["state"] != "in_progress")

    async def _stay_present(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S * self.phone.dice.uniform(0.8, 1.2))
            await self.come_online()

    def _hear(self, event: Event) -> None:
        tally = self.phone.tally
        if event.type == "offer.extended":
            tally.offered(event.data["offer"]["chore_id"], now_s())
            self._start(self._answer(event.data["offer"]["id"]))
        elif event.type == "offer.expired":
            tally.count("expired")
        elif event.type == "booking.created":
            self._start(self._do(event.data["booking"]))

    def _start(self, errand: Any) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _answer(self, offer_id: str) -> None:
        """Think, then accept, decline, or let it pass."""
        dice, tally = self.phone.dice, self.phone.tally
        await asyncio.sleep(dice.expovariate(1 / self.temper.thinks_s))
        mood = dice.random()
        try:
            if mood < self.temper.accepts:
                sent = now_s()
                await self.phone.call("POST", f"/v1/offers/{offer_id}/accept")
                tally.took("accept", now_s() - sent)
                tally.count("accepted")
            elif mood < self.temper.accepts + self.temper.declines:
                await self.phone.call(
                    "POST", f"/v1/offers/{offer_id}/decline", {"reason": "too_far"}
                )
                tally.count("declined")
        except Refusal:
            return

    async def _do(self, booking: dict[str, Any]) -> None:
        """One booking after the other: set off, start, finish."""
        async with self._busy:
            for step in STEPS.get(booking["state"], ()):
                await asyncio.sleep(self.phone.dice.uniform(0.5, 1.0) * self.temper.works_s / 2)
                try:
                    await self.phone.call("POST", f"/v1/bookings/{booking['id']}/{step}")
                except Refusal:
                    return
            self.phone.tally.count("finished")
