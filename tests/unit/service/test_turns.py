"""Of those who accept one chore at once, one at a time goes to the database; the others look again
and are told what they find.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from geo.points import LonLat
from service.db.engine import Database
from service.errors import (
    Busy,
    ChoreTaken,
    NotFound,
    OfferDeclined,
    OfferExpired,
    OverlappingBooking,
    Problem,
)
from service.offers.queries import OfferRow
from service.offers.turns import Turns

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHORE, OTHER_CHORE = UUID(int=1_000), UUID(int=2_000)


def offer(n: int, *, chore: UUID = CHORE, status: str = "pending") -> OfferRow:
    """The n-th tasker's offer."""
    later = NOW + timedelta(hours=1)
    return OfferRow(
        id=UUID(int=n), market_id=1, chore_id=chore, tasker_id=UUID(int=n), round_id=UUID(int=1),
        wave=1, status=status, rate=2500, starts_at=later, ends_at=later, distance_m=1, travel_s=1,
        extended_at=NOW, expires_at=later, closed_at=None, closed_reason=None, category="mounting",
        cell="88194ad365fffff", chore_status="offered", client_id=UUID(int=9), client_name="Cleo",
        tasker_name="Tom", mode="bike", point=LonLat(0.0, 51.5), address="", notes="",
        currency="GBP", minimum_minutes=60, turn_around_s=900,
    )  # fmt: skip


class Tables:
    """A database that holds offers alone: the first to accept a chore has it."""

    def __init__(self, offers: Sequence[OfferRow]) -> None:
        self.offers = {each.id: each for each in offers}
        self.sent: list[int] = []
        self.looked: list[int] = []
        self.refuses: dict[UUID, Exception] = {}
        self.begun = asyncio.Queue[int]()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def run_single(self, _: Any, *, offers: Collection[UUID]) -> dict[UUID, OfferRow]:
        self.looked.append(len(offers))
        await asyncio.sleep(0)
        return {each: self.offers[each] for each in offers if each in self.offers}

    async def run_bare(self, _: Any, *, row: OfferRow, now: datetime) -> str:
        assert now == NOW
        self.sent.append(row.id.int)
        self.begun.put_nowait(row.id.int)
        await asyncio.sleep(0)
        await self.goes_on.wait()
        if row.id in self.refuses:
            raise self.refuses[row.id]
        for each in self.offers.values():
            if each.chore_id == row.chore_id:
                mine = each.id == row.id
                self.offers[each.id] = replace(
                    each,
                    status="accepted" if mine else "withdrawn",
                    closed_reason=None if mine else "chore_taken",
                )
        return f"booking of {row.id.int}"


async def accepted(turns: Turns, tables: Tables, n: int, *, by: int | None = None) -> Any:
    """The booking, or the refusal."""
    tasker = UUID(int=n if by is None else by)
    try:
        return await turns.accept(
            cast("Database", tables), offer_id=UUID(int=n), tasker_id=tasker, now=NOW
        )
    except Problem as problem:
        return type(problem)


async def test_of_a_whole_wave_at_once_one_goes_to_the_database_and_few_looks_serve_the_rest() -> (
    None
):
    tables, turns = Tables([offer(n) for n in range(200)]), Turns()
    answers = await asyncio.gather(*(accepted(turns, tables, n) for n in range(200)))
    assert answers[tables.sent[0]] == f"booking of {tables.sent[0]}"
    assert answers.count(ChoreTaken) == 199
    assert len(tables.sent) == 1
    assert len(tables.looked) <= 3


async def test_where_those_ahead_are_refused_the_next_goes() -> None:
    tables, turns = Tables([offer(n) for n in range(5)]), Turns()
    tables.refuses = {UUID(int=n): OverlappingBooking() for n in range(5) if n != 3}
    answers = await asyncio.gather(*(accepted(turns, tables, n) for n in range(5)))
    assert answers[3] == "booking of 3"
    assert tables.sent[-1] == 3
    assert all(answers[n] is OverlappingBooking for n in tables.sent[:-1])
    assert all(answers[n] is ChoreTaken for n in range(5) if n not in tables.sent)


async def test_a_database_that_fails_one_does_not_hold_up_the_next() -> None:
    tables, turns = Tables([offer(0), offer(1)]), Turns()
    tables.refuses = {UUID(int=0): ConnectionError()}
    answers = await asyncio.gather(
        accepted(turns, tables, 0), accepted(turns, tables, 1), return_exceptions=True
    )
    assert isinstance(answers[0], ConnectionError)
    assert answers[1] == "booking of 1"


async def test_accepts_of_two_chores_do_not_wait_for_each_other() -> None:
    tables, turns = Tables([offer(0), offer(1, chore=OTHER_CHORE)]), Turns()
    tables.goes_on.clear()
    both = [asyncio.create_task(accepted(turns, tables, n)) for n in range(2)]
    assert {await tables.begun.get(), await tables.begun.get()} == {0, 1}
    tables.goes_on.set()
    assert await asyncio.gather(*both) == ["booking of 0", "booking of 1"]


async def test_who_waits_too_long_for_others_is_told_that_it_is_busy_and_changes_nothing() -> None:
    tables, turns = Tables([offer(0), offer(1)]), Turns(patience_s=0.005)
    tables.goes_on.clear()
    ahead = asyncio.create_task(accepted(turns, tables, 0))
    assert await tables.begun.get() == 0
    assert await accepted(turns, tables, 1) is Busy
    tables.goes_on.set()
    assert await ahead == "booking of 0"
    assert tables.sent == [0]


async def test_one_who_goes_away_while_waiting_leaves_the_others_their_turns() -> None:
    tables, turns = Tables([offer(n) for n in range(3)]), Turns()
    tables.goes_on.clear()
    tables.refuses = {UUID(int=0): OverlappingBooking()}
    ahead, gone, behind = (asyncio.create_task(accepted(turns, tables, n)) for n in range(3))
    assert await tables.begun.get() == 0
    gone.cancel()
    tables.goes_on.set()
    assert [await ahead, await behind] == [OverlappingBooking, "booking of 2"]
    assert tables.sent == [0, 2]


async def test_somebody_elses_offer_is_not_found_whatever_became_of_it() -> None:
    tables, turns = Tables([offer(0), offer(1, status="withdrawn")]), Turns()
    assert await accepted(turns, tables, 0, by=7) is NotFound
    assert await accepted(turns, tables, 1, by=7) is NotFound
    assert await accepted(turns, tables, 5) is NotFound
    assert tables.sent == []


@pytest.mark.parametrize(
    ("status", "told"), [("declined", OfferDeclined), ("expired", OfferExpired)]
)
async def test_what_is_closed_is_refused_for_what_it_is_without_a_lock(
    status: str, told: type[Problem]
) -> None:
    tables, turns = Tables([offer(0, status=status)]), Turns()
    assert await accepted(turns, tables, 0) is told
    assert tables.sent == []


async def test_the_holder_who_accepts_again_is_given_the_booking_again() -> None:
    tables, turns = Tables([offer(0, status="accepted")]), Turns()
    assert await accepted(turns, tables, 0) == "booking of 0"
