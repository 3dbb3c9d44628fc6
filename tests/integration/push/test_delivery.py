"""What is still to be pushed is a row: claimed, tried, postponed, given up, and never lost."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg

from notifications.messages import ChoreExpired, ChorePosted
from notifications.push import ACK_GRACE, Outcome, Verdict
from service.db.engine import Database
from service.events.append import Announcement, announce
from service.push import queries
from service.push.delivery import LEASE, Delivery
from service.push.hosts import FIRST, MOST_AT_ONCE, Hosts
from service.stream.registry import Opened, Registry
from tests.integration.conftest import Clock
from tests.integration.push.conftest import Scripted, offered, subscribed
from tests.support.scene import Person, make_client, make_market, make_tasker
from tests.support.work import make_chore, make_offers

LATER = Outcome(Verdict.LATER)


def left(connection: psycopg.Connection) -> int:
    """How many pushes are still to be done."""
    row = connection.execute("SELECT count(*) FROM pushes").fetchone()
    assert row is not None
    count: int = row[0]
    return count


async def deliver(delivery: Delivery) -> int:
    """Claim what is due and try it once; how many."""
    claimed = await delivery.start()
    await delivery.finish()
    return claimed


async def test_an_offer_to_somebody_away_is_pushed_at_once_and_once(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append
    [n] = await offered(database, ada, clock)
    assert woken == [frozenset({"events", "pushes"})]
    assert [await deliver(delivery), await deliver(delivery)] == [1, 0]
    [(endpoint, message)] = pusher.pushed
    assert endpoint == f"https://push.example.com/{ada.id}/phone"
    assert (message.ttl_s, str(message.urgency)) == (60, "high")
    assert json.loads(message.payload)["n"] == n
    assert left(connection) == 0


async def test_every_device_is_pushed(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted
) -> None:
    await subscribed(database, ada, clock, "laptop")
    await offered(database, ada, clock)
    assert await deliver(delivery) == 2
    assert len({endpoint for endpoint, _ in pusher.pushed}) == 2


async def test_who_has_no_device_and_what_nobody_must_know_makes_no_row(
    database: Database, ada: Person, clock: Clock, connection: psycopg.Connection
) -> None:
    bob = await database.run(make_client)
    chore = UUID(int=1)
    posted = ChorePosted(chore_id=chore, category="mounting", match_by=clock())
    told = [
        Announcement(bob.id, None, "chore.expired", ChoreExpired(chore_id=chore)),
        Announcement(ada.id, None, "chore.posted", posted),
    ]
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append
    await database.run(announce, told, now=clock())
    assert left(connection) == 0
    assert woken == [frozenset({"events"})]


async def connected(database: Database, person: Person, clock: Clock) -> Registry:
    """The person has a stream open on some node."""
    registry = Registry(uuid4())
    registry.opened(Opened(uuid4(), person.id, "phone", clock()))
    await registry.write(database, clock())
    return registry


async def test_somebody_connected_is_pushed_what_they_do_not_acknowledge_in_time(
    database: Database, ada: Person, clock: Clock, delivery: Delivery
) -> None:
    await connected(database, ada, clock)
    await offered(database, ada, clock)
    clock.at += ACK_GRACE - timedelta(milliseconds=1)
    assert await deliver(delivery) == 0
    clock.forward(milliseconds=1)
    assert await deliver(delivery) == 1


async def test_what_was_acknowledged_on_any_device_is_not_pushed(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    await connected(database, ada, clock)
    await offered(database, ada, clock)
    connection.execute("UPDATE events SET acked_at = at")
    clock.at += ACK_GRACE
    assert await deliver(delivery) == 1
    assert pusher.pushed == []
    assert left(connection) == 0


async def test_a_stream_on_a_node_that_died_is_none(
    database: Database, ada: Person, clock: Clock, delivery: Delivery
) -> None:
    await connected(database, ada, clock)
    clock.forward(seconds=10)
    await offered(database, ada, clock)
    assert await deliver(delivery) == 1


async def test_two_processes_at_once_push_everything_once(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted
) -> None:
    trusting = Hosts(first=MOST_AT_ONCE)
    other = Delivery(database, {"webpush": pusher}, clock, hosts=trusting)
    numbers = await offered(database, ada, clock, count=40)
    await asyncio.gather(*(each.start(8) for each in (delivery, other) * 4))
    await asyncio.gather(delivery.finish(), other.finish())
    pushed = sorted(json.loads(message.payload)["n"] for _, message in pusher.pushed)
    assert pushed == numbers


async def test_what_a_killed_process_had_claimed_is_pushed_when_its_claim_ran_out(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted
) -> None:
    await offered(database, ada, clock)
    await database.run(queries.claim, most=10, now=clock(), leased=clock() + LEASE)
    clock.at += LEASE - timedelta(milliseconds=1)
    assert await deliver(delivery) == 0
    clock.forward(milliseconds=1)
    assert await deliver(delivery) == 1
    assert len(pusher.pushed) == 1


async def test_a_push_that_fails_is_tried_again_with_longer_and_longer_waits(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    pusher.outcomes = [LATER, LATER, Outcome(Verdict.LATER, 10)]
    await offered(database, ada, clock)
    for wait_s in (1, 2, 10):
        assert await deliver(delivery) == 1
        clock.forward(seconds=wait_s - 0.001)
        assert await deliver(delivery) == 0
        clock.forward(seconds=0.001)
    assert await deliver(delivery) == 1
    assert [message.ttl_s for _, message in pusher.pushed] == [60, 59, 57, 47]
    assert left(connection) == 0


async def test_a_push_is_given_up_when_the_next_try_would_be_too_late(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    pusher.outcomes = [Outcome(Verdict.LATER, 60)]
    await offered(database, ada, clock)
    assert await deliver(delivery) == 1
    assert left(connection) == 0


async def test_a_push_that_is_refused_is_given_up_and_the_device_stays(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    pusher.outcomes = [Outcome(Verdict.REFUSED)]
    await offered(database, ada, clock)
    await deliver(delivery)
    assert left(connection) == 0
    assert len(await database.run(queries.subscriptions_of, account_id=ada.id)) == 1


async def test_a_device_that_is_gone_goes_with_all_it_was_to_be_pushed(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    pusher.outcomes = [Outcome(Verdict.GONE)]
    await offered(database, ada, clock, count=3)
    await delivery.start(1)
    await delivery.finish()
    assert left(connection) == 0
    assert await database.run(queries.subscriptions_of, account_id=ada.id) == []


async def test_a_device_that_registered_anew_meanwhile_stays(
    database: Database, ada: Person, clock: Clock, connection: psycopg.Connection
) -> None:
    await offered(database, ada, clock)
    [push] = await database.run(queries.claim, most=1, now=clock(), leased=clock() + LEASE)
    connection.execute("UPDATE push_subscriptions SET endpoint = 'https://push.example.com/new'")
    await database.run(queries.end_subscription, push=push)
    assert len(await database.run(queries.subscriptions_of, account_id=ada.id)) == 1


async def test_who_signed_out_or_is_suspended_is_pushed_nothing(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    for shut_out, let_in in (
        (
            "UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'out'",
            "UPDATE login_sessions SET revoked_at = NULL, revoked_reason = NULL",
        ),
        (
            "UPDATE accounts SET suspended_at = now(), suspended_reason = 'spam'",
            "UPDATE accounts SET suspended_at = NULL, suspended_reason = NULL",
        ),
    ):
        await offered(database, ada, clock)
        connection.execute(shut_out.encode())
        assert await deliver(delivery) == 1
        connection.execute(let_in.encode())
    assert pusher.pushed == []
    assert left(connection) == 0


async def test_an_offer_that_is_no_longer_open_is_not_pushed(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted,
    connection: psycopg.Connection,
) -> None:  # fmt: skip
    market = await database.run(make_market)
    tom = await database.run(make_tasker, market)
    chore = await database.run(make_chore, market, ada)
    [offer] = await database.run(make_offers, market, chore, [tom])
    await subscribed(database, tom, clock, "phone")
    await offered(database, tom, clock, offer_id=offer.int)
    connection.execute(
        "UPDATE offers SET status = 'withdrawn', closed_reason = 'chore_taken', closed_at = now()"
    )
    assert await deliver(delivery) == 1
    assert pusher.pushed == []


async def test_what_is_too_late_is_swept_and_devices_of_ended_logins_with_it(
    database: Database, ada: Person, clock: Clock, connection: psycopg.Connection
) -> None:
    await offered(database, ada, clock)
    assert await database.run(queries.sweep, most=100, now=clock()) == 0
    clock.forward(seconds=60)
    assert await database.run(queries.sweep, most=100, now=clock()) == 1
    connection.execute("UPDATE login_sessions SET revoked_at = now(), revoked_reason = 'out'")
    assert await database.run(queries.sweep, most=100, now=clock()) == 1
    assert await database.run(queries.subscriptions_of, account_id=ada.id) == []


async def test_a_pusher_that_breaks_loses_nothing(
    database: Database, ada: Person, clock: Clock, connection: psycopg.Connection
) -> None:
    class Broken:
        async def push(self, target: object, message: object) -> Outcome:
            raise ZeroDivisionError

    broken = Delivery(database, {"webpush": Broken()}, clock)
    await offered(database, ada, clock)
    assert await deliver(broken) == 1
    assert left(connection) == 1
    clock.at += LEASE
    assert await deliver(broken) == 1


async def test_a_running_delivery_tries_many_at_once_and_all_of_them(
    database: Database, ada: Person, clock: Clock, delivery: Delivery, pusher: Scripted
) -> None:
    pusher.takes_s, pusher.enough = 0.05, 2 * MOST_AT_ONCE + 5
    numbers = await offered(database, ada, clock, count=pusher.enough)
    running = asyncio.create_task(delivery.run())
    delivery.wake(frozenset())
    await asyncio.wait_for(pusher.came.wait(), 10)
    running.cancel()
    assert sorted(json.loads(m.payload)["n"] for _, m in pusher.pushed) == numbers


async def test_a_host_that_hangs_holds_up_no_other_hosts_devices(
    database: Database, ada: Person, clock: Clock, pusher: Scripted, connection: psycopg.Connection
) -> None:
    """What its own devices wait for is counted as no try."""
    delivery = Delivery(database, {"webpush": pusher}, clock, jitter=lambda: 0.5)
    bob = await database.run(make_client)
    await subscribed(database, bob, clock, "phone", host="hanging.example.com")
    await offered(database, bob, clock, count=MOST_AT_ONCE)
    pusher.takes_s = 0.2
    assert await delivery.start() == MOST_AT_ONCE
    tries = "SELECT tries, count(*) FROM pushes GROUP BY 1 ORDER BY 1"
    assert connection.execute(tries).fetchall() == [(0, MOST_AT_ONCE - FIRST), (1, FIRST)]
    await offered(database, ada, clock)
    assert await delivery.start() == 1
    await delivery.finish()
    assert len(pusher.pushed) == FIRST + 1
    while left(connection):
        clock.forward(seconds=2)
        assert await deliver(delivery)
