"""Tickets: what opens a stream, once, within seconds. Only their hashes are kept.

A ticket stands for a login session, which must still stand when it is used. It travels as a second
subprotocol or in the first frame, never in a query string, since those end up in logs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.direct import Prepared, Transaction
from service.db.tables import StreamTicket

LIFETIME_S = 30


class Admitted(NamedTuple):
    """Whom a ticket let in, and the number of their newest event."""

    person_id: UUID
    session_id: UUID
    last: int


# Uses the ticket up; of two at once, one finds it unused.
REDEEM = Prepared(
    text(
        """
    UPDATE stream_tickets AS t SET used_at = :now
    FROM login_sessions AS s
    JOIN accounts AS a ON a.id = s.account_id
    LEFT JOIN event_counters AS c ON c.recipient_id = a.id
    WHERE t.token_hash = :hash AND t.used_at IS NULL AND t.expires_at > :now
      AND s.id = t.session_id AND s.revoked_at IS NULL AND a.suspended_at IS NULL
    RETURNING t.account_id, t.session_id, coalesce(c.last_n, 0) AS last
    """
    )
)


async def issue_ticket(
    session: AsyncSession, *, ticket: str, account_id: UUID, session_id: UUID, now: datetime
) -> datetime:
    """Make `ticket` (fresh and random) good for one stream; returns until when."""
    expires_at = now + timedelta(seconds=LIFETIME_S)
    session.add(
        StreamTicket(
            token_hash=_hash(ticket),
            account_id=account_id,
            session_id=session_id,
            expires_at=expires_at,
            used_at=None,
        )
    )
    return expires_at


async def redeem_ticket(session: Transaction, *, ticket: str, now: datetime) -> Admitted | None:
    """Use a ticket up. None if it is unknown, used, expired, or its session or account has
    ended.
    """
    row = await REDEEM.row(session, {"hash": _hash(ticket), "now": now})
    return Admitted(*row) if row else None


def _hash(ticket: str) -> bytes:
    return sha256(ticket.encode()).digest()
