"""The SQL of pushes: devices' subscriptions, what they have still to be pushed, claims and ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications.push import ACK_GRACE, Target
from service.db.direct import Prepared, Transaction, number_array, time_array, uuid_array
from service.db.tables import PushSubscription
from service.db.tables.lines import NODE_ALIVE_S


class Due(NamedTuple):
    """An event that a person may have to be pushed, until then."""

    recipient_id: UUID
    n: int
    until: datetime


class Claimed(NamedTuple):
    """A push that is this process's to try, and what it needs for it. `moot` says why it is not to
    be tried after all.
    """

    subscription_id: UUID
    n: int
    recipient_id: UUID
    until: datetime
    tries: int
    kind: str
    target: Target
    type: str
    data_json: str
    moot: str | None


# A row for each subscribed device of each recipient: due at once for those who have no stream open
# anywhere, later for the others.
ENQUEUE = Prepared(
    text(
        """
    INSERT INTO pushes (subscription_id, n, recipient_id, until, due_at, tries)
    SELECT s.id, d.n, d.recipient_id, d.until,
           CASE WHEN EXISTS (
               SELECT FROM stream_lines AS l JOIN stream_nodes AS o ON o.id = l.node_id
               WHERE l.account_id = d.recipient_id AND l.close_code IS NULL AND o.seen_at > :alive
           ) THEN CAST(:after_grace AS timestamptz) ELSE CAST(:now AS timestamptz) END, 0
    FROM unnest(CAST(:recipients AS uuid[]), CAST(:numbers AS bigint[]),
                CAST(:untils AS timestamptz[])) AS d(recipient_id, n, until)
    JOIN push_subscriptions AS s ON s.account_id = d.recipient_id
    RETURNING 1
        """
    )
)

# What is due, oldest first, those that nobody else is claiming; a claim lasts until `leased`.
CLAIM = text(
    """
    WITH due AS (
        SELECT subscription_id, n FROM pushes WHERE due_at <= :now
        ORDER BY due_at LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE pushes AS p SET due_at = :leased, tries = p.tries + 1 FROM due
        WHERE p.subscription_id = due.subscription_id AND p.n = due.n
        RETURNING p.subscription_id, p.n, p.recipient_id, p.until, p.tries
    )
    SELECT c.subscription_id, c.n, c.recipient_id, c.until, c.tries,
           s.kind, s.endpoint, s.p256dh, s.auth, e.type, CAST(e.data AS text) AS data_json,
           CASE WHEN c.until <= :now OR e.n IS NULL THEN 'late'
                WHEN e.acked_at IS NOT NULL THEN 'acknowledged'
                WHEN l.revoked_at IS NOT NULL OR a.suspended_at IS NOT NULL THEN 'signed_out'
                WHEN o.status <> 'pending' THEN 'offer_closed' END AS moot
    FROM claimed AS c
    JOIN push_subscriptions AS s ON s.id = c.subscription_id
    JOIN login_sessions AS l ON l.id = s.session_id
    JOIN accounts AS a ON a.id = s.account_id
    LEFT JOIN events AS e ON e.recipient_id = c.recipient_id AND e.n = c.n
    LEFT JOIN offers AS o
        ON e.type = 'offer.extended' AND o.id = CAST(e.data -> 'offer' ->> 'id' AS uuid)
    """
)
DROP = text(
    """
    DELETE FROM pushes AS p
    USING unnest(CAST(:subscriptions AS uuid[]), CAST(:numbers AS bigint[]))
          AS d(subscription_id, n)
    WHERE p.subscription_id = d.subscription_id AND p.n = d.n
    """
)

# Only by whoever claimed it last: another may have it by now.
SETTLE = text(
    "DELETE FROM pushes WHERE subscription_id = :subscription AND n = :n AND tries = :tries"
)
POSTPONE = text(
    """
    UPDATE pushes SET due_at = :due_at
    WHERE subscription_id = :subscription AND n = :n AND tries = :tries
    """
)
# As if they had not been claimed: no try was made.
PUT_OFF = text(
    """
    UPDATE pushes AS p SET due_at = :due_at, tries = p.tries - 1
    FROM unnest(CAST(:subscriptions AS uuid[]), CAST(:numbers AS bigint[]),
                CAST(:tries AS integer[])) AS d(subscription_id, n, tries)
    WHERE p.subscription_id = d.subscription_id AND p.n = d.n AND p.tries = d.tries
    """
)

# A device's subscription, new or changed; one that was another device's before is taken over.
TAKE_OVER = text(
    """
    DELETE FROM push_subscriptions
    WHERE endpoint = :endpoint AND NOT (account_id = :account AND device = :device)
    """
)
PUT = text(
    """
    INSERT INTO push_subscriptions
        (id, account_id, session_id, device, kind, endpoint, p256dh, auth, created_at)
    VALUES (:id, :account, :session, :device, 'webpush', :endpoint, :p256dh, :auth, :now)
    ON CONFLICT (account_id, device) DO UPDATE
    SET session_id = excluded.session_id, endpoint = excluded.endpoint, p256dh = excluded.p256dh,
        auth = excluded.auth, created_at = excluded.created_at
    """
)
DROP_OLDEST = text(
    """
    DELETE FROM push_subscriptions WHERE id IN (
        SELECT id FROM push_subscriptions WHERE account_id = :account
        ORDER BY created_at DESC, id DESC OFFSET :most
    )
    """
)

SWEEP_PUSHES = text(
    """
    DELETE FROM pushes AS p USING (
        SELECT subscription_id, n FROM pushes WHERE until <= :now
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
    ) AS late
    WHERE p.subscription_id = late.subscription_id AND p.n = late.n RETURNING 1
    """
)
SWEEP_SUBSCRIPTIONS = text(
    """
    DELETE FROM push_subscriptions AS s USING (
        SELECT s.id FROM push_subscriptions AS s JOIN login_sessions AS l ON l.id = s.session_id
        WHERE l.revoked_at IS NOT NULL LIMIT :most FOR UPDATE OF s SKIP LOCKED
    ) AS ended
    WHERE s.id = ended.id RETURNING 1
    """
)


async def enqueue(session: Transaction, due: Sequence[Due], *, now: datetime) -> int:
    """Have these events pushed to the devices of their recipients; how many pushes that makes."""
    made = await ENQUEUE.rows(
        session,
        {
            "recipients": uuid_array(one.recipient_id for one in due),
            "numbers": number_array(one.n for one in due),
            "untils": time_array(one.until for one in due),
            "alive": now - timedelta(seconds=NODE_ALIVE_S),
            "after_grace": now + ACK_GRACE,
            "now": now,
        },
    )
    return len(made)


async def claim(
    session: AsyncSession, *, most: int, now: datetime, leased: datetime
) -> list[Claimed]:
    """Claim at most so many pushes that are due, until `leased`."""
    rows = await session.execute(CLAIM, {"most": most, "now": now, "leased": leased})
    return [
        Claimed(
            row.subscription_id, row.n, row.recipient_id, row.until, row.tries, row.kind,
            Target(row.endpoint, row.p256dh, row.auth), row.type, row.data_json, row.moot,
        )
        for row in rows
    ]  # fmt: skip


async def drop(session: AsyncSession, pushes: Iterable[Claimed]) -> None:
    """Forget pushes."""
    keys = [(push.subscription_id, push.n) for push in pushes]
    subscriptions, numbers = [key[0] for key in keys], [key[1] for key in keys]
    await session.execute(DROP, {"subscriptions": subscriptions, "numbers": numbers})


async def settle(session: AsyncSession, *, push: Claimed) -> None:
    """A push is done with, one way or the other."""
    await session.execute(SETTLE, _key(push))


async def postpone(session: AsyncSession, *, push: Claimed, due_at: datetime) -> None:
    """A push is to be tried again."""
    await session.execute(POSTPONE, _key(push) | {"due_at": due_at})


async def put_off(session: AsyncSession, *, pushes: Sequence[Claimed], due_at: datetime) -> None:
    """Pushes that were claimed are not tried now."""
    columns = {
        "subscriptions": [push.subscription_id for push in pushes],
        "numbers": [push.n for push in pushes],
        "tries": [push.tries for push in pushes],
    }
    await session.execute(PUT_OFF, columns | {"due_at": due_at})


async def end_subscription(session: AsyncSession, *, push: Claimed) -> None:
    """The device's service does not know the subscription any more: it goes, with its pushes."""
    await session.execute(
        delete(PushSubscription).where(
            PushSubscription.id == push.subscription_id,
            PushSubscription.endpoint == push.target.endpoint,
        )
    )


async def put_subscription(
    session: AsyncSession,
    *,
    subscription_id: UUID,
    account_id: UUID,
    session_id: UUID,
    device: str,
    target: Target,
    most: int,
    now: datetime,
) -> None:
    """Where a device takes pushes from now on; of more than `most` devices the oldest goes."""
    mine = {"account": account_id, "device": device, "endpoint": target.endpoint}
    await session.execute(TAKE_OVER, mine)
    keys = {"p256dh": target.p256dh, "auth": target.auth}
    more = {"id": subscription_id, "session": session_id, "now": now}
    await session.execute(PUT, mine | keys | more)
    await session.execute(DROP_OLDEST, {"account": account_id, "most": most})


async def subscriptions_of(session: AsyncSession, *, account_id: UUID) -> list[PushSubscription]:
    """A person's subscribed devices, newest first."""
    found = await session.scalars(
        select(PushSubscription)
        .where(PushSubscription.account_id == account_id)
        .order_by(PushSubscription.created_at.desc(), PushSubscription.id.desc())
    )
    return list(found)


async def delete_subscription(session: AsyncSession, *, account_id: UUID, device: str) -> None:
    """Push nothing more to a device."""
    await session.execute(
        delete(PushSubscription).where(
            PushSubscription.account_id == account_id, PushSubscription.device == device
        )
    )


async def sweep(session: AsyncSession, *, most: int, now: datetime) -> int:
    """Delete pushes that are too late and subscriptions whose login ended; how many rows."""
    late = await session.execute(SWEEP_PUSHES, {"most": most, "now": now})
    ended = await session.execute(SWEEP_SUBSCRIPTIONS, {"most": most})
    return len(late.all()) + len(ended.all())


def _key(push: Claimed) -> dict[str, object]:
    return {"subscription": push.subscription_id, "n": push.n, "tries": push.tries}
