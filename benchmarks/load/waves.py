"""Waves: chores that are offered to people, written straight into the tables, ids known by number.

Chore `n` with `each` offers has the offers `n * each` to `n * each + each - 1`. They go to taskers
of the same numbers, or, in a race, to the same `each` taskers of its lane every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from benchmarks.load.people import Person

CLIENT, TASKER, CHORE, OFFER, SESSION, BOOKING, ROUND = range(1, 8)
RACERS = 900_000_000
"""The number of the first tasker who races."""

ACCOUNTS = """
    INSERT INTO accounts (id, email, password_hash, name, is_client, is_tasker, created_at)
    SELECT {id}, {id} || '@people.example', '!', 'Somebody', NOT %(taskers)s, %(taskers)s, now()
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
TASKERS = """
    INSERT INTO taskers (id, market_id, base_point, mode, bio, minimum_notice_minutes,
                         most_minutes_a_day, furthest_m, active, revision, created_at)
    SELECT {id}, %(market)s, 'SRID=4326;POINT(-0.0553 51.545)', 'bike', '', 0, 720, 30000, true,
           1, now()
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
SESSIONS = """
    INSERT INTO login_sessions (id, account_id, created_at)
    SELECT {session}, {id}, now() FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
CHORES = """
    INSERT INTO chores (id, market_id, client_id, category, point, metric_point, cell, address,
                        notes, wanted_now, window_start, window_end, duration_minutes, status,
                        policy_version, wave, match_by, created_at)
    SELECT {chore}, %(market)s, {client}, %(category)s, 'SRID=4326;POINT(-0.0553 51.545)',
           ST_Transform('SRID=4326;POINT(-0.0553 51.545)'::geometry, 27700), '88194ad365fffff',
           '12 Mare Street, London E8', 'Brick wall.', false, t.starts, t.starts + '4 hours', 60,
           'offered', 1, 1, t.starts + '3 hours', now()
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
         LATERAL (SELECT {starts} AS starts) AS t
"""
OFFERS = """
    INSERT INTO offers (id, market_id, chore_id, tasker_id, round_id, wave, status, rate, starts_at,
                        ends_at, distance_m, travel_s, extended_at, expires_at, event_n)
    SELECT {offer}, %(market)s, {chore}, {tasker}, {round}, 1, 'pending', 2500, t.starts,
           t.starts + '1 hour', 400, 180, now(), now() + '1 day', 1
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
         generate_series(0, %(each)s::bigint - 1) AS j,
         LATERAL (SELECT {starts} AS starts) AS t
"""
ROUNDS = """
    INSERT INTO rounds (id, market_id, fence, started_at, chores, candidates, offers, dropped,
                        solver, snapshot_ms, solve_ms, write_ms)
    VALUES ({round}, %(market)s, 1, now(), 1, 1, 1, 0, 'flow', 1, 1, 1) ON CONFLICT DO NOTHING
"""
STARTS = "timestamptz '2030-01-01 00:00+00'"
ONE_AFTER_ANOTHER = f"{STARTS} + (n %% 100000) * interval '4 hours'"
"""Those who race win more than once."""


def id_of(kind: int, n: int) -> UUID:
    """The id of the n-th of a kind."""
    return UUID(f"00000000-0000-7{kind:03d}-8000-{n:012d}")


def sql_id(kind: int, n: str) -> str:
    """The same as an SQL expression over the number `n`."""
    return f"('00000000-0000-7{kind:03d}-8000-' || lpad(({n})::text, 12, '0'))::uuid"


class Waves:
    """Chores offered in waves of `each`, made a batch at a time; raced for in so many `lanes`, each
    with taskers of its own, or not at all (0).
    """

    def __init__(self, connection: psycopg.Connection, *, each: int, lanes: int = 0) -> None:
        self._connection, self.each, self._lanes = connection, each, lanes
        found = connection.execute("SELECT market_id, min(slug) FROM categories GROUP BY 1")
        self._market, self._category = found.fetchone() or (0, "")
        self._run(ROUNDS, 0, 0)
        if lanes:
            self._people(CLIENT, RACERS, RACERS)
            self._people(TASKER, RACERS, RACERS + each * lanes - 1)

    def make(self, first: int, count: int) -> None:
        """Make the chores `first` and following, and their offers."""
        last = first + count - 1
        if not self._lanes:
            self._people(CLIENT, first, last)
            self._people(TASKER, first * self.each, last * self.each + self.each - 1)
        for statement in (CHORES, OFFERS):
            self._run(statement, first, last)
        self._connection.commit()

    def tasker(self, offer: int) -> int:
        """The number of the tasker of an offer."""
        return RACERS + offer % (self.each * self._lanes) if self._lanes else offer

    def person(self, tasker: int) -> Person:
        """A tasker and their session."""
        return Person(id_of(TASKER, tasker), id_of(SESSION, tasker))

    def tokens(self, taskers: Sequence[int]) -> list[str]:
        """Their access tokens."""
        now = datetime.now(UTC)
        return [self.person(each).token(now) for each in taskers]

    def _people(self, kind: int, first: int, last: int) -> None:
        self._run(ACCOUNTS.format(id=sql_id(kind, "n")), first, last, taskers=kind == TASKER)
        if kind == TASKER:
            self._run(TASKERS.format(id=sql_id(TASKER, "n")), first, last)
            ids = {"session": sql_id(SESSION, "n"), "id": sql_id(TASKER, "n")}
            self._run(SESSIONS.format(**ids), first, last)

    def _run(self, statement: str, first: int, last: int, **more: object) -> None:
        client = str(RACERS) if self._lanes else "n"
        racer = f"{RACERS} + n %% {self._lanes} * %(each)s + j"
        tasker = racer if self._lanes else "n * %(each)s + j"
        written = statement.format(
            chore=sql_id(CHORE, "n"),
            client=sql_id(CLIENT, client),
            offer=sql_id(OFFER, "n * %(each)s + j"),
            tasker=sql_id(TASKER, tasker),
            round=sql_id(ROUND, "1"),
            starts=ONE_AFTER_ANOTHER if self._lanes else STARTS,
        )
        given = {"first": first, "last": last, "each": self.each, "market": self._market}
        self._connection.execute(written, given | {"category": self._category} | more)
