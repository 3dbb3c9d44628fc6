"""A market's past days as a replay takes them: what was and where, and how people answered."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from geo.cells import cell_of
from matching.availability import Interval
from matching.replay.behaviour import ACCEPTED, DECLINED, SILENT, UNDELIVERED
from matching.replay.learn import WITHDRAWN, Answers
from matching.replay.record import Record
from service.db.engine import Database
from service.db.tables import Block, Chore, Market, PresenceLog
from service.markets.queries import market_by_id
from service.whatif.basis import past_days, read_answers
from service.whatif.record import read_record
from tests.support.scene import (
    HACKNEY,
    MONDAY_NOON,
    make_client,
    make_market,
    make_tasker,
    north_of,
)
from tests.support.work import make_booking, make_chore, make_offers

HOUR = timedelta(hours=1)
DURING = Interval(MONDAY_NOON, MONDAY_NOON + 6 * HOUR)


async def read(session: AsyncSession, market: Market) -> Record:
    record = await read_record(session, await market_by_id(session, market.id), DURING)
    assert record is not None
    return record


async def test_the_record_tells_chores_in_order_with_whom_they_lost(database: Database) -> None:
    async def scene(session: AsyncSession) -> Record:
        market, client = await make_market(session), await make_client(session)
        await make_tasker(session, market)
        before = MONDAY_NOON - 2 * HOUR
        await make_chore(session, market, client, now=before)
        await make_chore(session, market, client, now=MONDAY_NOON + 2 * HOUR)
        left = MONDAY_NOON + HOUR + timedelta(minutes=5)
        gone = await make_chore(session, market, client, now=MONDAY_NOON + HOUR)
        cancelled = {"status": "cancelled", "closed_at": left, "due_at": None}
        await session.execute(update(Chore).where(Chore.id == gone).values(**cancelled))
        return await read(session, market)

    record = await database.run(scene)
    posted = (record.chores.posted_at_s - MONDAY_NOON.timestamp()) / 3600
    assert posted.tolist() == [1, 2]
    assert (record.leaves_at_s - MONDAY_NOON.timestamp()).tolist() == [3_900, np.inf]


async def test_presence_lasts_from_each_change_to_the_next(database: Database) -> None:
    async def scene(session: AsyncSession) -> Record:
        market, client = await make_market(session), await make_client(session)
        tasker = await make_tasker(session, market)
        await make_chore(session, market, client)
        changes = [(-HOUR, HACKNEY), (HOUR, north_of(HACKNEY, 3_000)), (2 * HOUR, None)]
        for after, place in changes:
            await session.execute(
                insert(PresenceLog).values(
                    market_id=market.id, tasker_id=tasker.id, at=MONDAY_NOON + after,
                    online=place is not None, cell=place and cell_of(place),
                )
            )  # fmt: skip
        return await read(session, market)

    stays = (await database.run(scene)).stays
    noon_s = MONDAY_NOON.timestamp()
    assert (stays.from_s - noon_s).tolist() == [0, 3_600]
    assert (stays.until_s - noon_s).tolist() == [3_600, 7_200]


async def test_what_somebody_had_agreed_to_and_whom_they_avoid_come_along(
    database: Database,
) -> None:
    async def scene(session: AsyncSession) -> Record:
        market, client = await make_market(session), await make_client(session)
        tasker = await make_tasker(session, market)
        other = await make_client(session)
        before = MONDAY_NOON - 2 * HOUR
        await make_booking(session, market, client, tasker, now=before, starts_in=5 * HOUR)
        await make_chore(session, market, other)
        blocked = Block(client_id=other.id, tasker_id=tasker.id, by_tasker=True, created_at=before)
        session.add(blocked)
        await session.flush()
        return await read(session, market)

    record = await database.run(scene)
    assert (record.busy.start_s - MONDAY_NOON.timestamp()).tolist() == [3 * 3_600]
    assert (record.blocked.chore.tolist(), record.blocked.tasker.tolist()) == ([0], [0])


async def test_answers_say_what_became_of_offers_and_when(database: Database) -> None:
    async def scene(session: AsyncSession) -> Answers:
        market, client = await make_market(session), await make_client(session)
        tasker = await make_tasker(session, market)
        at, half = MONDAY_NOON, MONDAY_NOON + timedelta(minutes=7.5)
        for status, delivered, closed in (
            ("accepted", at, half), ("declined", None, half), ("expired", at, at + 0.25 * HOUR),
            ("expired", None, at + 0.25 * HOUR), ("withdrawn", at, half),
        ):  # fmt: skip
            chore = await make_chore(session, market, client, status="unfilled")
            await make_offers(
                session, market, chore, [tasker], status=status, delivered_at=delivered,
                closed_at=closed,
            )  # fmt: skip
        return await read_answers(session, market.id, DURING, [])

    answers = await database.run(scene)
    kinds = [ACCEPTED, DECLINED, SILENT, UNDELIVERED, WITHDRAWN]
    assert sorted(answers.outcome.tolist()) == sorted(kinds)
    share = dict(zip(answers.outcome.tolist(), answers.share.tolist(), strict=True))
    assert (share[ACCEPTED], share[SILENT]) == (0.5, 1.0)
    assert len(answers.told) == 3


async def test_the_days_that_are_played_are_the_newest_there_are(database: Database) -> None:
    async def scene(session: AsyncSession) -> list[Interval | None]:
        market, client = await make_market(session), await make_client(session)
        facts = await market_by_id(session, market.id)
        now = MONDAY_NOON + 90 * HOUR
        nothing = await past_days(session, market=facts, days=2, now=now)
        for hours in (0, 30, 80):
            await make_chore(session, market, client, now=MONDAY_NOON + hours * HOUR)
        return [nothing, *[await past_days(session, market=facts, days=d, now=now) for d in (2, 9)]]

    nothing, two, all_of_it = await database.run(scene)
    assert nothing is None
    assert two == Interval(MONDAY_NOON + 33 * HOUR, MONDAY_NOON + 81 * HOUR)
    assert all_of_it == Interval(MONDAY_NOON, MONDAY_NOON + 81 * HOUR)
