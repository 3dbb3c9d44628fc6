"""Sessions asked for at the same time are read together, and each caller gets their own."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from service.db.engine import Database
from service.errors import NotSignedIn, SessionRevoked
from service.http.access import Caller, SessionWatch, Standing
from service.http.tokens import Claims

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Sessions:
    """A database that holds sessions alone, and remembers how it was asked."""

    def __init__(self, count: int) -> None:
        self.known = {UUID(int=n): standing(n) for n in range(count)}
        self.asked: list[int] = []
        self.fails = False

    async def run_single(self, _: Any, values: dict[str, Sequence[UUID]]) -> list[Sequence[Any]]:
        self.asked.append(len(values["sessions"]))
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        return [row(self.known[each]) for each in values["sessions"] if each in self.known]


def row(known: Standing) -> Sequence[Any]:
    """As the table has it."""
    who = known.caller
    may = (who.is_client, who.is_tasker, who.operator_role)
    times = (NOW if known.suspended else None, NOW if known.revoked else None)
    return (who.session_id, who.account_id, *may, *times)


def standing(n: int, *, revoked: bool = False) -> Standing:
    caller = Caller(UUID(int=n), UUID(int=n), is_client=True, is_tasker=False, operator_role=None)
    return Standing(caller, revoked, suspended=False)


async def called(watch: SessionWatch, sessions: Sessions, n: int) -> Caller:
    claims = Claims(UUID(int=n), UUID(int=n))
    return await watch.caller(claims, cast("Database", sessions), NOW)


async def test_a_rush_of_callers_is_read_in_two_looks_and_each_is_themselves() -> None:
    watch, sessions = SessionWatch(5.0), Sessions(50)

    async def late(n: int) -> Caller:
        await asyncio.sleep(0)
        return await called(watch, sessions, n)

    rush = [called(watch, sessions, n) for n in range(25)]
    callers = await asyncio.gather(*rush, *(late(n) for n in range(25, 50)))
    assert [caller.account_id.int for caller in callers] == list(range(50))
    assert sum(sessions.asked) == 50
    assert len(sessions.asked) <= 2


async def test_one_who_is_revoked_or_unknown_is_refused_amid_others() -> None:
    watch, sessions = SessionWatch(5.0), Sessions(3)
    sessions.known[UUID(int=1)] = standing(1, revoked=True)
    answers = await asyncio.gather(
        *(called(watch, sessions, n) for n in (0, 1, 2, 9)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [Caller, SessionRevoked, Caller, NotSignedIn]


async def test_a_look_that_fails_fails_its_callers_and_not_the_next() -> None:
    watch, sessions = SessionWatch(5.0), Sessions(2)
    sessions.fails = True
    with pytest.raises(ConnectionError):
        await called(watch, sessions, 0)
    sessions.fails = False
    assert (await called(watch, sessions, 0)).account_id == UUID(int=0)


async def test_a_caller_who_goes_away_takes_nobody_along() -> None:
    watch, sessions = SessionWatch(5.0), Sessions(2)
    leaving = asyncio.create_task(called(watch, sessions, 0))
    staying = asyncio.create_task(called(watch, sessions, 1))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).account_id == UUID(int=1)
