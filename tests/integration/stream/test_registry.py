"""The registry of open streams: which of a person's lines stand, whichever node they are on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from notifications import close_codes
from service.db.engine import Database
from service.db.tables.lines import NODE_ALIVE_S
from service.stream.registry import FORGET_S, Opened, Registry
from tests.support.scene import MONDAY_NOON, Person, make_client

SUPERSEDED, TOO_MANY = close_codes.SUPERSEDED.code, close_codes.TOO_MANY_STREAMS.code


@pytest.fixture
async def ada(database: Database) -> Person:
    """Somebody who is signed in."""
    return await database.run(make_client)


async def open_lines(
    registry: Registry, database: Database, person: Person, *devices: str, second: int = 0
) -> list[UUID]:
    """Lines of these devices, opened one after the other, and written down."""
    at = MONDAY_NOON + timedelta(seconds=second)
    lines = [
        Opened(uuid4(), person.id, device, at + timedelta(milliseconds=i))
        for i, device in enumerate(devices)
    ]
    for line in lines:
        registry.opened(line)
    await registry.write(database, at)
    return [line.id for line in lines]


async def test_the_oldest_line_is_to_go_on_its_own_node(database: Database, ada: Person) -> None:
    one, two = Registry(uuid4(), 3), Registry(uuid4(), 3)
    first, *_ = await open_lines(one, database, ada, "a", "b")
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append
    await open_lines(two, database, ada, "c", "d", second=5)
    assert await one.marked(database) == {first: TOO_MANY}
    assert await two.marked(database) == {}
    assert woken == [frozenset({"node"}), frozenset({"closing"})]


async def test_a_devices_older_line_goes_and_takes_no_other_ones_place(
    database: Database, ada: Person
) -> None:
    one, two = Registry(uuid4(), 3), Registry(uuid4(), 3)
    _, old, _ = await open_lines(one, database, ada, "a", "phone", "c")
    await open_lines(two, database, ada, "phone", second=5)
    assert await one.marked(database) == {old: SUPERSEDED}


async def test_lines_of_a_dead_node_take_nobodys_place(database: Database, ada: Person) -> None:
    dead, alive = Registry(uuid4(), 2), Registry(uuid4(), 2)
    await open_lines(dead, database, ada, "a", "b")
    await open_lines(alive, database, ada, "c", second=11)
    assert await dead.marked(database) == {}


async def test_lines_that_ended_are_forgotten_and_nothing_is_left_to_write(
    database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    registry = Registry(uuid4())
    [line] = await open_lines(registry, database, ada, "phone")
    registry.closed(line)
    await registry.write(database, MONDAY_NOON)
    assert connection.execute("SELECT count(*) FROM stream_lines").fetchone() == (0,)


async def test_a_line_that_ended_before_it_was_written_is_never_written(
    database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    registry = Registry(uuid4())
    line = Opened(uuid4(), ada.id, "phone", MONDAY_NOON)
    registry.opened(line)
    registry.closed(line.id)
    assert not registry.pending
    await registry.write(database, MONDAY_NOON)
    assert connection.execute("SELECT count(*) FROM stream_lines").fetchone() == (0,)


async def test_a_node_that_was_forgotten_makes_all_its_lines_known_again(
    database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    registry, other = Registry(uuid4()), Registry(uuid4())
    lines = await open_lines(registry, database, ada, "phone", "laptop")
    later = MONDAY_NOON + timedelta(minutes=2)
    await other.forget(database, later)
    assert connection.execute("SELECT count(*) FROM stream_lines").fetchone() == (0,)
    await registry.write(database, later)
    found = connection.execute("SELECT id FROM stream_lines").fetchall()
    assert {line for (line,) in found} == set(lines)


async def test_a_node_that_ends_takes_its_lines_along(
    database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    registry = Registry(uuid4())
    await open_lines(registry, database, ada, "phone")
    await registry.forget(database, MONDAY_NOON, itself=True)
    assert connection.execute("SELECT count(*) FROM stream_nodes").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM stream_lines").fetchone() == (0,)


async def test_what_could_not_be_written_is_written_the_next_time(
    database: Database, ada: Person, connection: psycopg.Connection
) -> None:
    registry = Registry(uuid4())
    stranger = Person(uuid4(), uuid4(), MONDAY_NOON)
    with pytest.raises(Exception, match="stream_lines_account_id"):
        await open_lines(registry, database, stranger, "phone")
    for line in list(registry._opened):
        registry.closed(line)
    await open_lines(registry, database, ada, "laptop")
    assert connection.execute("SELECT device FROM stream_lines").fetchall() == [("laptop",)]


async def test_a_node_is_in_company_until_others_are_forgotten_and_from_when_it_hears_of_one(
    database: Database,
) -> None:
    one, two = Registry(uuid4()), Registry(uuid4())
    woken: list[frozenset[str]] = []
    database.on_wake = woken.append
    company = [one.has_company]
    await one.write(database, MONDAY_NOON)
    company.append(one.has_company)
    await two.write(database, MONDAY_NOON + timedelta(seconds=1))
    one.heard_of_another(frozenset())
    company.append(one.has_company)
    silent = MONDAY_NOON + timedelta(seconds=2 + NODE_ALIVE_S)
    await one.write(database, silent)
    company.append(one.has_company)
    await one.forget(database, silent + timedelta(seconds=FORGET_S))
    await one.write(database, silent)
    company.append(one.has_company)
    assert company == [True, False, True, True, False]
    assert two.has_company
    assert woken == [frozenset({"node"})] * 2
