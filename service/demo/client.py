"""A simulated client: posts chores as the city's demand has them, and follows what becomes of
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifications.frames import Event
from service.demo.phone import Phone, Refusal, now_s

CHORE_STATES = {
    "chore.posted": "open",
    "chore.offered": "offered",
    "chore.booked": "booked",
    "chore.reopened": "open",
    "chore.unfilled": "unfilled",
    "chore.expired": "expired",
    "chore.cancelled": "cancelled",
}
"""Where an event tells a client that the chore stands."""


class SimulatedClient:
    """Lives on a phone until cancelled; `post` is called by the city's demand."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.seen: list[str] = []

    async def live(self) -> None:
        """Follow one's own chores."""
        async for event in self.phone.events():
            self._hear(event)

    async def post(self, chore: Mapping[str, Any]) -> None:
        """Post one chore."""
        sent = now_s()
        try:
            answer = await self.phone.create("/v1/chores", chore)
        except Refusal:
            return
        self.phone.tally.took("post", now_s() - sent)
        self.phone.tally.count("posted")
        self.phone.tally.posting(answer["id"], sent)

    def _hear(self, event: Event) -> None:
        tally = self.phone.tally
        if event.type == "booking.completed":
            tally.count("completed")
            tally.chore_is(event.data["booking"]["chore_id"], "completed")
        elif event.type in CHORE_STATES:
            tally.chore_is(event.data["chore_id"], CHORE_STATES[event.type])
        if event.type == "chore.booked":
            tally.count("booked")
        elif event.type == "chore.offered":
            tally.count("offers_extended", event.data["offers"])
        elif event.type == "chore.unfilled":
            tally.count("unfilled")
