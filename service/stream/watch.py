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

CHUNK = 1000


async def compare_counters(hub: Hub[Line], database: Database) -> None:
    """Tell the lines of everybody connected here the newest number the store has."""
    for people in chunks(list(hub.people())):
        for person, last in (await database.run(queries.counters, people=people)).items():
            for line in hub.of(person):
                line.notice(last)


async def end_revoked(hub: Hub[Line], database: Database) -> None:
    """Close the lines whose login session was signed out or has expired, or whose account is
    suspended.
    """
    lines: dict[UUID, list[Line]] = {}
    for line in hub:
        lines.setdefault(line.login_id, []).append(line)
    for sessions in chunks(list(lines)):
        for ended in await database.run(queries.ended_sessions, sessions=sessions):
            for line in lines[ended]:
                line.end(close_codes.ACCESS_REVOKED)


def end_marked(hub: Hub[Line], marked: Mapping[UUID, int]) -> None:
    """Close the lines that are marked, each with its code."""
    for line in hub if marked else ():
        if code := marked.get(line.session.id):
            line.end(close_codes.CLOSE_CODES[code])


def chunks(items: Sequence[T]) -> Iterator[list[T]]:
    """The items, a thousand at a time."""
    rest = iter(items)
    while some := list(islice(rest, CHUNK)):
        yield some
