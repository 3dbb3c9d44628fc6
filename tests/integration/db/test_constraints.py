"""What the database itself guarantees, whatever the code does: each guarantee, and a row that would
break it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import (
    CheckViolation,
    ExclusionViolation,
    ForeignKeyViolation,
    NumericValueOutOfRange,
    UniqueViolation,
)
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Database
from service.errors import ChoreTaken, OverlappingBooking
from tests.support.scene import Person, make_client, make_market, make_tasker
from tests.support.work import make_booking, make_chore, make_offers


@dataclass
class Rows:
    """One booking, and one chore offered to two taskers."""

    client: Person
    tasker: Person
    booking: UUID
    chore: UUID
    offers: list[UUID]


@pytest.fixture
async def rows(database: Database) -> Rows:
    async def make(session: AsyncSession) -> Rows:
        market = await make_market(session)
        client = await make_client(session)
        tasker, other = [await make_tasker(session, market) for _ in range(2)]
        booking = await make_booking(session, market, client, tasker)
        chore = await make_chore(session, market, client, status="offered")
        offers = await make_offers(session, market, chore, [tasker, other])
        return Rows(client, tasker, booking, chore, offers)

    return await database.run(make)


def copied(table: str, **changes: str) -> bytes:
    """An INSERT that copies the rows of a table, with some columns' SQL replaced."""
    columns = {"offers": OFFER_COLUMNS, "bookings": BOOKING_COLUMNS}[table]
    wanted = ", ".join(changes.get(name, name) for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {wanted} FROM {table}".encode()


OFFER_COLUMNS = (
    "id", "market_id", "chore_id", "tasker_id", "round_id", "wave", "status", "rate", "starts_at",
    "ends_at", "distance_m", "travel_s", "extended_at", "expires_at", "event_n", "closed_at",
)  # fmt: skip
BOOKING_COLUMNS = (
    "id", "market_id", "chore_id", "tasker_id", "client_id", "offer_id", "status", "rate",
    "starts_at", "ends_at", "held", "created_at", "started_at", "finished_at", "closed_at", "price",
)  # fmt: skip


def other_offer(rows: Rows) -> str:
    return f"CAST('{rows.offers[1]}' AS uuid)"


def test_a_chore_has_one_live_booking(connection: psycopg.Connection, rows: Rows) -> None:
    """Another tasker's booking of the same chore."""
    taken = copied(
        "bookings",
        id="gen_random_uuid()",
        offer_id=other_offer(rows),
        tasker_id=f"(SELECT tasker_id FROM offers WHERE id = {other_offer(rows)})",
        status="'scheduled'",
        closed_at="NULL",
    )
    with pytest.raises(UniqueViolation, match="uq_bookings_live"):
        connection.execute(taken)
    connection.execute(
        "UPDATE bookings SET status = 'cancelled', cancelled_by = 'client', closed_at = created_at"
    )
    connection.execute(taken)


@pytest.mark.parametrize(
    ("shift", "stands"),
    [("0 minutes", False), ("74 minutes", False), ("-74 minutes", False), ("75 minutes", True)],
)
def test_a_tasker_is_not_in_two_places(
    connection: psycopg.Connection, rows: Rows, shift: str, stands: bool
) -> None:
    """An hour's work holds an hour and the quarter of an hour behind it."""
    moved = f"tstzrange(lower(held) + interval '{shift}', upper(held) + interval '{shift}')"
    second = copied(
        "bookings",
        id="gen_random_uuid()",
        chore_id=f"CAST('{rows.chore}' AS uuid)",
        offer_id=other_offer(rows),
        held=moved,
    )
    if stands:
        connection.execute(second)
    else:
        with pytest.raises(ExclusionViolation, match="ex_bookings_tasker_held"):
            connection.execute(second)


def test_a_finished_booking_holds_no_time(connection: psycopg.Connection, rows: Rows) -> None:
    connection.execute(
        """UPDATE bookings SET status = 'completed', started_at = starts_at, price = 1,
        finished_at = ends_at, closed_at = ends_at"""
    )
    second = copied(
        "bookings",
        id="gen_random_uuid()",
        chore_id=f"CAST('{rows.chore}' AS uuid)",
        offer_id=other_offer(rows),
        status="'scheduled'",
        started_at="NULL",
        finished_at="NULL",
        closed_at="NULL",
        price="NULL",
    )
    connection.execute(second)


async def test_a_broken_constraint_is_heard_as_the_refusal_it_means(
    database: Database, rows: Rows
) -> None:
    async def same_chore(session: AsyncSession) -> None:
        connection = await session.connection()
        await connection.exec_driver_sql(
            copied(
                "bookings",
                id="gen_random_uuid()",
                offer_id=other_offer(rows),
                tasker_id=f"(SELECT tasker_id FROM offers WHERE id = {other_offer(rows)})",
            ).decode()
        )

    async def same_time(session: AsyncSession) -> None:
        connection = await session.connection()
        chore = f"CAST('{rows.chore}' AS uuid)"
        await connection.exec_driver_sql(
            copied(
                "bookings", id="gen_random_uuid()", offer_id=other_offer(rows), chore_id=chore
            ).decode()
        )

    with pytest.raises(ChoreTaken):
        await database.run(same_chore)
    with pytest.raises(OverlappingBooking):
        await database.run(same_time)


def test_an_offer_is_booked_once(connection: psycopg.Connection, rows: Rows) -> None:
    shifted = "tstzrange(lower(held) + interval '1 day', upper(held) + interval '1 day')"
    again = copied(
        "bookings", id="gen_random_uuid()", chore_id=f"CAST('{rows.chore}' AS uuid)", held=shifted
    )
    with pytest.raises(UniqueViolation, match="uq_bookings_offer_id"):
        connection.execute(again)


def test_a_tasker_has_one_pending_offer_of_a_chore(
    connection: psycopg.Connection, rows: Rows
) -> None:
    again = copied("offers", id="gen_random_uuid()") + b" WHERE status = 'pending'"
    with pytest.raises(UniqueViolation, match="uq_offers_pending"):
        connection.execute(again)
    connection.execute(
        "UPDATE offers SET status = 'withdrawn', closed_at = extended_at, closed_reason = 'x'"
        " WHERE status = 'pending'"
    )
    offered_again = copied("offers", id="gen_random_uuid()", status="'pending'", closed_at="NULL")
    connection.execute(offered_again + b" WHERE status = 'withdrawn'")


BROKEN = [
    ("offers", "status = 'lost', closed_at = extended_at", "status"),
    ("offers", "rate = 0", "rate"),
    ("offers", "closed_at = extended_at", "closed"),
    ("offers", "status = 'declined'", "closed"),
    ("offers", "expires_at = extended_at", "deadline"),
    ("offers", "ends_at = starts_at", "plan"),
    ("offers", "closed_reason = 'why'", "reason"),
    ("bookings", "status = 'lost'", "status"),
    ("bookings", "status = 'in_progress'", "started"),
    ("bookings", "status = 'no_show'", "closed"),
    ("bookings", "closed_at = created_at", "closed"),
    ("bookings", "status = 'cancelled', closed_at = created_at", "cancelled"),
    ("bookings", "cancelled_by = 'client'", "cancelled"),
    ("bookings", "price = 100", "priced"),
    ("bookings", "finished_at = ends_at", "finished"),
    ("bookings", "held = 'empty'", "held"),
    ("bookings", "ends_at = starts_at", "plan"),
    ("chores", "status = 'lost', due_at = NULL, closed_at = created_at", "status"),
    ("chores", "status = 'cancelled', due_at = NULL", "closed"),
    ("chores", "status = 'booked', due_at = created_at", "due_while_matchable"),
    ("chores", "window_end = window_start", "window"),
    ("chores", "duration_minutes = 0", "duration"),
    ("chores", "duration_minutes = 525600", "duration"),
    ("chores", "budget_rate = -1", "budget"),
    ("chores", "wave = -1", "wave"),
    ("skills", "rate = 0", "rate"),
    ("skills", "rate = 10000001", "rate"),
    ("taskers", "mode = 'rocket'", "mode"),
    ("taskers", "furthest_m = 0", "furthest"),
    ("weekly_hours", "weekday = 7", "weekday"),
    ("service_areas", "kind = 'tomorrow'", "kind"),
    ("markets", "currency = 'pounds'", "currency"),
    ("markets", "turn_around_s = -1", "turn_around"),
    ("categories", "rate_low = rate_high + 1", "rates"),
    ("policy_versions", "version = 0", "version"),
    ("accounts", "email = upper(email)", "email_lower"),
    ("accounts", "is_client = false, is_tasker = false", "some_role"),
    ("accounts", "operator_role = 'owner'", "operator_role"),
    ("accounts", "suspended_at = created_at", "suspended_with_reason"),
]


def test_states_that_cannot_be_are_refused(connection: psycopg.Connection, rows: Rows) -> None:
    """Every CHECK of the tables people's work lives in, in one database: they change nothing."""
    for table, change, check in BROKEN:
        where = " WHERE status = 'pending'" if table == "offers" else ""
        with pytest.raises(CheckViolation) as refused:
            connection.execute(f"UPDATE {table} SET {change}{where}".encode())
        assert refused.value.diag.constraint_name == f"ck_{table}_{check}", change


def test_money_that_is_no_amount_is_refused(connection: psycopg.Connection, rows: Rows) -> None:
    with pytest.raises(NumericValueOutOfRange):
        connection.execute("UPDATE skills SET rate = 1000000000000")


def test_an_event_has_one_number_and_its_recipient_a_counter(
    connection: psycopg.Connection, rows: Rows
) -> None:
    event = "INSERT INTO events (recipient_id, n, type, data, at) VALUES (%s, %s, 'x', '{}', now())"
    person = rows.client.id
    with pytest.raises(ForeignKeyViolation):
        connection.execute(event, [person, 1])
    connection.execute("INSERT INTO event_counters VALUES (%s, 2)", [person])
    connection.execute(event, [person, 1])
    with pytest.raises(UniqueViolation):
        connection.execute(event, [person, 1])
    with pytest.raises(CheckViolation):
        connection.execute(event, [person, 0])


def test_a_market_has_one_leader(connection: psycopg.Connection, rows: Rows) -> None:
    lease = "INSERT INTO leases SELECT id, %s, 1, now() FROM markets"
    connection.execute(lease, ["first"])
    with pytest.raises(UniqueViolation):
        connection.execute(lease, ["second"])


def test_rows_of_nobody_and_nowhere_are_refused(connection: psycopg.Connection, rows: Rows) -> None:
    with pytest.raises(ForeignKeyViolation):
        connection.execute("UPDATE chores SET market_id = 99")
    with pytest.raises(ForeignKeyViolation):
        connection.execute("UPDATE chores SET category = 'juggling'")
    with pytest.raises(ForeignKeyViolation):
        connection.execute("UPDATE chores SET policy_version = 99")
    with pytest.raises(ForeignKeyViolation):
        connection.execute("UPDATE bookings SET tasker_id = %s", [uuid4()])
