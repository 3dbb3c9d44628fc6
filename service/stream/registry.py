"""The registry: which streams are open on which node, in rows, so that a person's bounds hold
across nodes and a push knows who is away.

Nothing waits for it: opened and ended lines gather here and are written a few times a second. What
the rows say is therefore a moment old, and a person who opens streams on two nodes at once may have
one too many for that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifications import close_codes
from notifications.hub import MOST_PER_PERSON
from service.db.engine import Database, wake
from service.db.tables.lines import NODE_ALIVE_S

CLOSING_TOPIC = "closing"
"""Woken after the commit: some node has lines to close."""
NODE_TOPIC = "node"
"""Woken after the commit: a node made itself known."""
FORGET_S = 60.0
"""A node that was silent for so long is forgotten, with its lines; it makes itself known again."""


class Opened(NamedTuple):
    """A line that has said which device it is."""

    id: UUID
    person_id: UUID
    device: str
    at: datetime


# Whether the node was unknown (never here, or forgotten with all its lines), and whether there are
# others: one that is silent, since its database or its clock lags, is told of events until it is
# forgotten.
BEAT = text(
    """
    INSERT INTO stream_nodes (id, seen_at) VALUES (:node, :now)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
    RETURNING CAST(xmax AS text) = '0' AS unknown,
              EXISTS (SELECT FROM stream_nodes WHERE id <> :node) AS others
    """
)
CLOSED = text("DELETE FROM stream_lines WHERE id = ANY(CAST(:lines AS uuid[]))")
OPENED = text(
    """
    INSERT INTO stream_lines (id, node_id, account_id, device, opened_at)
    SELECT id, :node, person_id, device, at
    FROM unnest(CAST(:lines AS uuid[]), CAST(:people AS uuid[]), CAST(:devices AS text[]),
                CAST(:ats AS timestamptz[])) AS t(id, person_id, device, at)
    ON CONFLICT (id) DO NOTHING
    """
)

# Of these people's lines on living nodes: a device's newest stands, and the newest eight devices.
MARK = text(
    """
    WITH living AS (
        SELECT l.id, l.account_id, l.opened_at, l.close_code,
               row_number() OVER (PARTITION BY l.account_id, l.device
                                  ORDER BY l.opened_at DESC, l.id DESC) AS of_device
        FROM stream_lines AS l JOIN stream_nodes AS d ON d.id = l.node_id
        WHERE l.account_id = ANY(CAST(:people AS uuid[])) AND d.seen_at > :alive
    ), ranked AS (
        SELECT id, close_code, of_device,
               count(*) FILTER (WHERE of_device = 1)
               OVER (PARTITION BY account_id ORDER BY opened_at DESC, id DESC) AS of_person
        FROM living
    )
    UPDATE stream_lines AS l
    SET close_code = CASE WHEN r.of_device > 1 THEN :superseded ELSE :too_many END
    FROM ranked AS r
    WHERE l.id = r.id AND r.close_code IS NULL AND (r.of_device > 1 OR r.of_person > :most)
    """
)
MARKED = text(
    "SELECT id, close_code FROM stream_lines WHERE node_id = :node AND close_code IS NOT NULL"
)
FORGET = text("DELETE FROM stream_nodes WHERE id = :node OR seen_at < :before")


class Registry:
    """One node's lines, as the other nodes may know them."""

    def __init__(self, node_id: UUID, most_per_person: int = MOST_PER_PERSON) -> None:
        self._node, self._most = node_id, most_per_person
        self._standing: dict[UUID, Opened] = {}
        self._opened: dict[UUID, Opened] = {}
        self._closed: set[UUID] = set()
        self._writing = asyncio.Lock()
        self.has_company = True
        """Whether there may be other nodes."""

    def heard_of_another(self, _payloads: frozenset[str]) -> None:
        """Some node made itself known, or that may have been missed."""
        self.has_company = True

    def opened(self, line: Opened) -> None:
        """A line stands."""
        self._standing[line.id] = self._opened[line.id] = line

    def closed(self, line_id: UUID) -> None:
        """A line has ended. Nothing happens for one that never stood, or has ended before."""
        if self._standing.pop(line_id, None) is None:
            return
        if self._opened.pop(line_id, None) is None:
            self._closed.add(line_id)

    @property
    def pending(self) -> bool:
        """Whether there is something to write down."""
        return bool(self._opened or self._closed)

    async def write(self, database: Database, now: datetime) -> None:
        """Say that this node lives, and write what came and went; what could not be written is kept
        for the next time.
        """
        async with self._writing:
            opened, self._opened = self._opened, {}
            closed, self._closed = self._closed, set()
            try:
                await database.run(self._write, opened=opened, closed=closed, now=now)
            except BaseException:
                self._opened = {
                    id_: line for id_, line in opened.items() if id_ in self._standing
                } | self._opened
                self._closed |= closed | (opened.keys() - self._standing.keys())
                raise
            if opened:
                await database.run(
                    mark, people={line.person_id for line in opened.values()},
                    most=self._most, now=now,
                )  # fmt: skip

    async def marked(self, database: Database) -> dict[UUID, int]:
        """The lines of this node that are to be closed, each with its code."""
        rows = await database.run(marked, node_id=self._node)
        return {line: code for line, code in rows.items() if line in self._standing}

    async def forget(self, database: Database, now: datetime, *, itself: bool = False) -> None:
        """Forget the nodes that died; at the end this one too."""
        before = now - timedelta(seconds=FORGET_S)
        await database.run(forget, node_id=self._node if itself else None, before=before)

    async def _write(
        self,
        session: AsyncSession,
        *,
        opened: dict[UUID, Opened],
        closed: set[UUID],
        now: datetime,
    ) -> None:
        found = await session.execute(BEAT, {"node": self._node, "now": now})
        unknown, self.has_company = found.one()
        if unknown:
            opened |= self._standing
            wake(session, NODE_TOPIC)
        if closed:
            await session.execute(CLOSED, {"lines": list(closed)})
        if opened:
            lines, people, devices, ats = zip(*opened.values(), strict=True)
            columns = {"lines": lines, "people": people, "devices": devices, "ats": ats}
            given = {name: list(column) for name, column in columns.items()}
            await session.execute(OPENED, {"node": self._node, **given})


async def mark(session: AsyncSession, *, people: Iterable[UUID], most: int, now: datetime) -> None:
    """Have the lines closed that are too many for these people.

    In a transaction after the one that wrote the lines: of two nodes that do this at once, the
    later one sees the lines of both.
    """
    found = await session.execute(
        MARK,
        {
            "people": list(people),
            "alive": now - timedelta(seconds=NODE_ALIVE_S),
            "superseded": close_codes.SUPERSEDED.code,
            "too_many": close_codes.TOO_MANY_STREAMS.code,
            "most": most,
        },
    )
    if found.rowcount:  # type: ignore[attr-defined]
        wake(session, CLOSING_TOPIC)


async def marked(session: AsyncSession, *, node_id: UUID) -> dict[UUID, int]:
    """The lines of a node that are to be closed, each with its code."""
    rows = await session.execute(MARKED, {"node": node_id})
    return {row.id: row.close_code for row in rows}


async def forget(session: AsyncSession, *, node_id: UUID | None, before: datetime) -> None:
    """Delete a node, and those not heard of since `before`, with their lines."""
    await session.execute(FORGET, {"node": node_id, "before": before})
