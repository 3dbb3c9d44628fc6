"""A simulated tasker who comes back finishes what an earlier run left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from geo.points import LonLat
from service.demo.phone import Phone
from service.demo.tally import Tally
from service.demo.tasker import SimulatedTasker, Temper


class Recording:
    """A phone that has some bookings and notes what is said to them."""

    def __init__(self, *states: str) -> None:
        self.bookings = [{"id": state, "state": state} for state in states]
        self.said: list[str] = []
        self.tally, self.dice = Tally(), random.Random(1)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        if method == "GET":
            return {"items": self.bookings}
        self.said.append(path.removeprefix("/v1/bookings/"))
        return None

    async def events(self) -> AsyncIterator[Any]:
        await asyncio.sleep(0.1)
        nothing: list[Any] = []
        for event in nothing:
            yield event


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["in_progress"], ["in_progress/finish"]),
        (["en_route"], ["en_route/start", "en_route/finish"]),
        (
            ["en_route", "in_progress"],
            ["in_progress/finish", "en_route/start", "en_route/finish"],
        ),
    ],
)
async def test_what_was_begun_is_finished_first(states: list[str], said: list[str]) -> None:
    phone = Recording(*states)
    hasty = Temper(works_s=0.0)
    await SimulatedTasker(cast("Phone", phone), LonLat(0.0, 51.5), hasty).live()
    assert phone.said == said
