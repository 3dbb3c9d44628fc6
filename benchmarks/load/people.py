"""People who are let in: accounts, sessions that stand, tokens and tickets good for the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import psycopg

from service.db.tables import new_id
from service.http.tokens import Claims, sign_access
from service.settings import DEVELOPMENT_SECRET

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a session."""

    id: UUID
    session_id: UUID

    def token(self, now: datetime) -> str:
        """An access token, good for a day."""
        claims = Claims(self.id, self.session_id)
        return sign_access(claims, key=DEVELOPMENT_SECRET, now=now, lifetime_s=DAY_S)


def make_clients(connection: psycopg.Connection, count: int) -> list[Person]:
    """New clients, signed in."""
    ids, now = [new_id() for _ in range(count)], datetime.now(UTC)
    with connection.cursor().copy(
        "COPY accounts (id, email, password_hash, name, is_client, is_tasker, created_at)"
        " FROM STDIN"
    ) as copy:
        for each in ids:
            copy.write_row((each, f"{each}@people.example", "!", "Cleo Client", True, False, now))
    return sign_in(connection, ids)


def sign_in(connection: psycopg.Connection, accounts: Sequence[UUID]) -> list[Person]:
    """A session for each of these accounts."""
    people, now = [Person(each, new_id()) for each in accounts], datetime.now(UTC)
    with connection.cursor().copy(
        "COPY login_sessions (id, account_id, created_at) FROM STDIN"
    ) as copy:
        for person in people:
            copy.write_row((person.session_id, person.id, now))
    return people


def give_tickets(connection: psycopg.Connection, people: Sequence[Person]) -> list[str]:
    """A ticket each, written as the service would but good for a day: thousands of sockets take
    longer to open than the 30 s that a ticket has.
    """
    expires_at = datetime.now(UTC) + timedelta(days=1)
    tickets = [str(new_id()) for _ in people]
    with connection.cursor().copy(
        "COPY stream_tickets (token_hash, account_id, session_id, expires_at) FROM STDIN"
    ) as copy:
        for ticket, person in zip(tickets, people, strict=True):
            digest = sha256(ticket.encode()).digest()
            copy.write_row((digest, person.id, person.session_id, expires_at))
    return tickets
