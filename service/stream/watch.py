"""The watch: what nobody tells a node reliably, looked up for those who are connected to it.

Counters, since a signal may be lost; login sessions, since a revocation is another process's doing;
marked lines, since what a person has open elsewhere is too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar
from uuid import UUID

from notifications import close_codes
from notifications.hub import Hub
from service.db.engine import Database
from service.stream import queries
from service.stream.line import Line

T = TypeVar("T")

CHUNK = 500
"""Lines looked up at once: what is live waits for one such step, not for all of thousands."""


async def compare_counters(hub: Hub[Line], database: Database) -> None:
    """Tell the lines of everybody connected here of numbers that they have not heard of."""
    for lines in chunks(list(hub)):
        known: dict[UUID, int] = {}
        for line in lines:
            last = line.session.known
            known[line.person_id] = min(last, known.get(line.person_id, last))
        for person, last in (await database.run_single(queries.newer, known=known)).items():
            for line in hub.of(person):
                line.notice(last)


async def end_revoked(hub: Hub[Line], database: Database) -> None:
    """Close the lines whose login session was signed out or has expired, or whose account is
    suspended.
    """
    for lines in chunks(list(hub)):
        logins = {line.login_id for line in lines}
        ended = await database.run_single(queries.ended_sessions, sessions=logins)
        for line in lines if ended else ():
            if line.login_id in ended:
                line.end(close_codes.ACCESS_REVOKED)


def end_marked(hub: Hub[Line], marked: Mapping[UUID, int]) -> None:
    """Close the lines that are marked, each with its code."""
    for line in hub if marked else ():
        if code := marked.get(line.session.id):
            line.end(close_codes.CLOSE_CODES[code])


def chunks(items: Sequence[T]) -> Iterator[list[T]]:
    """The items, `CHUNK` at a time."""
    rest = iter(items)
    while some := list(islice(rest, CHUNK)):
        yield some
