"""Who may write: one leader a market, fenced; and a round that dies leaves nothing half-done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from service.bus import Bus
from service.db.engine import wake
from service.dispatch import leases, rounds, searching, snapshot, writing
from service.dispatch.leases import LeaseLost
from service.dispatch.loop import Dispatcher
from service.dispatch.process import running_dispatcher
from service.dispatch.rounds import run_round
from service.settings import Settings
from tests.integration.conftest import Clock
from tests.integration.dispatch.conftest import City
from tests.support.scene import make_client
from tests.support.work import make_chore


async def take(city: City, holder: str, at: datetime | None = None) -> int | None:
    now = at or city.now
    return await city.run(
        lambda session: leases.take_lease(
            session, market_id=city.market.id, holder=holder, now=now, lease_s=5.0
        )
    )


async def test_one_dispatcher_leads_and_the_other_waits_for_the_lease_to_end(city: City) -> None:
    assert await take(city, "first") == 1
    assert await take(city, "second") is None
    assert await take(city, "second", city.now + timedelta(seconds=5)) == 2


async def test_twenty_dispatchers_at_once_get_one_leader(city: City) -> None:
    fences = await asyncio.gather(*(take(city, f"holder {n}") for n in range(20)))
    assert [fence for fence in fences if fence is not None] == [1]


async def test_a_leader_renews_until_it_is_replaced(city: City) -> None:
    async def renew(fence: int) -> bool:
        return await city.run(
            lambda session: leases.renew_lease(
                session, market_id=city.market.id, fence=fence, now=city.now, lease_s=5.0
            )
        )

    await take(city, "first")
    assert await renew(1)
    await take(city, "second", city.now + timedelta(seconds=5))
    assert not await renew(1)
    assert await renew(2)


async def test_a_lease_that_its_holder_lets_go_is_free_at_once(city: City) -> None:
    async def let_go(holder: str) -> None:
        await city.run(
            lambda session: leases.give_up_lease(
                session, market_id=city.market.id, holder=holder, now=city.now
            )
        )

    await take(city, "first")
    await let_go("second")
    assert await take(city, "second") is None
    await let_go("first")
    assert await take(city, "second") == 2


async def test_who_is_stopped_while_taking_a_lease_does_not_keep_it(
    city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, whole = asyncio.Event(), city.database.run

    async def never_answered(operation: Any, *args: Any, **given: Any) -> Any:
        result = await whole(operation, *args, **given)
        if operation is leases.take_lease:
            taken.set()
            await asyncio.Event().wait()
        return result

    monkeypatch.setattr(city.database, "run", never_answered)
    async with _dispatching(city, settings):
        await taken.wait()
    assert await take(city, "second") == 2


async def test_a_deposed_leader_writes_nothing(city: City) -> None:
    await city.tasker()
    chore = await city.chore()
    await take(city, "first")
    await take(city, "second", city.now + timedelta(seconds=5))
    with pytest.raises(LeaseLost):
        await run_round(city.database, city.market.id, city.now, fence=1)
    assert city.offers() == []
    assert city.chore_row(chore) == ("open", 0, city.now)
    assert city.sql("SELECT count(*) FROM rounds") == [(0,)]
    report = await run_round(city.database, city.market.id, city.now, fence=2)
    assert report.offers == 1
    assert city.sql("SELECT fence FROM rounds") == [(2,)]


@pytest.mark.parametrize(
    "step",
    [
        "_still_as_read",
        "_to_unchanged_taskers",
        "announce",
        "write_rows",
    ],
)
async def test_a_round_that_dies_between_its_steps_leaves_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    tasker = await city.tasker()
    chore = await city.chore()

    async def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(writing, step, die)
        with pytest.raises(KeyboardInterrupt):
            await city.round()
    assert city.offers() == []
    assert city.told(tasker) == []
    assert city.chore_row(chore) == ("open", 0, city.now)
    for table in ("rounds", "decisions", "event_counters"):
        assert city.sql(f"SELECT count(*) FROM {table}") == [(0,)]
    assert (await city.round()).offers == 1


async def test_a_tasker_who_changed_since_the_snapshot_is_dropped_and_the_chore_stays_due(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    await city.tasker()
    chore = await city.chore()
    _before_writing(monkeypatch, city, "UPDATE taskers SET revision = revision + 1 RETURNING 1")
    report = await city.round()
    assert (report.offers, report.dropped, report.more) == (0, 1, True)
    assert city.chore_row(chore) == ("open", 0, city.now)
    monkeypatch.undo()
    assert (await city.round()).offers == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chores SET status = 'cancelled', due_at = NULL, closed_at = created_at RETURNING 1",
        "UPDATE chores SET due_at = due_at + interval '1 microsecond' RETURNING 1",
        "UPDATE chores SET wave = wave + 1 RETURNING 1",
    ],
)
async def test_a_chore_that_changed_since_the_snapshot_is_left_alone(
    city: City, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    tasker = await city.tasker()
    await city.chore()
    _before_writing(monkeypatch, city, change)
    report = await city.round()
    assert (report.offers, report.dropped) == (0, 1)
    assert city.offers() == []
    assert city.told(tasker) == []


async def test_the_loop_offers_a_chore_as_soon_as_it_is_woken(
    city: City, settings: Settings
) -> None:
    tasker = await city.tasker()
    async with _dispatching(city, settings):
        await _until(lambda: city.sql("SELECT count(*) FROM leases") == [(1,)])
        chore = await _post(city)
        await _until(lambda: city.offers() == [(tasker.id, "pending")])
    assert city.chore_row(chore)[0] == "offered"


async def test_the_loop_looks_around_without_being_woken(city: City, settings: Settings) -> None:
    tasker = await city.tasker()
    async with _dispatching(city, settings.model_copy(update={"poll_s": 0.05})):
        await city.chore()
        await _until(lambda: city.offers() == [(tasker.id, "pending")])


async def test_when_the_leader_stops_another_carries_on_at_once(
    city: City, settings: Settings
) -> None:
    await city.tasker()
    quick, clock = settings.model_copy(update={"lease_s": 0.6, "poll_s": 0.05}), Clock(city.now)
    async with _dispatching(city, quick, clock):
        await _until(lambda: city.sql("SELECT fence FROM leases") == [(1,)])
        async with _dispatching(city, quick, clock) as second:
            pass
        assert city.sql("SELECT count(*) FROM leases WHERE holder = %s", second.holder) == [(0,)]
    async with _dispatching(city, quick, clock) as third:
        await _until(lambda: city.sql("SELECT holder FROM leases") == [(third.holder,)])


async def test_a_failing_round_is_tried_again(
    city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await city.tasker()
    whole, failures = snapshot.take_snapshot, iter([RuntimeError("once")])

    async def fails_once(session: AsyncSession, **given: Any) -> Any:
        for failure in failures:
            raise failure
        return await whole(session, **given)

    monkeypatch.setattr(searching, "take_snapshot", fails_once)
    async with _dispatching(city, settings):
        await city.chore()
        await _until(lambda: len(city.offers()) == 1)


@asynccontextmanager
async def _dispatching(
    city: City, settings: Settings, clock: Clock | None = None
) -> AsyncIterator[Dispatcher]:
    """A dispatcher on the city's database, woken by its transactions, its clock running from
    now, unless it shares another's.
    """
    bus, clock = Bus(), clock or Clock(city.now)
    city.database.on_wake = bus.publish
    async with running_dispatcher(city.database, bus, settings, clock) as dispatcher:
        yield dispatcher


async def _post(city: City) -> Any:
    async def post(session: AsyncSession) -> Any:
        wake(session, f"work:{city.market.id}")
        return await make_chore(session, city.market, await make_client(session))

    return await city.run(post)


async def _until(so: Any, within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not so():  # noqa: ASYNC110 - the tables tell nobody
            await asyncio.sleep(0.02)


def _before_writing(monkeypatch: pytest.MonkeyPatch, city: City, change: str) -> None:
    """Have `change` committed by somebody else between a round's snapshot and its writing."""
    whole = writing.write_batch

    async def after_change(session: AsyncSession, **given: Any) -> Any:
        city.sql(change)
        return await whole(session, **given)

    monkeypatch.setattr(rounds, "write_batch", after_change)
