"""A day of the town on PostGIS: the service's own operations and the dispatcher's rounds, under a
simulated clock. People act at their own moments; rounds begin at the ends of ticks in which
something happened, so that the day costs seconds.
"""

import heapq
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count as counting
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.honesty.people import Made, Person, person_of, reply_of
from benchmarks.honesty.town import LIVING, MORNING, Town, Wanted
from geo.points import LonLat
from service.chores.meaning import Wish
from service.chores.operations import post_chore
from service.db.engine import Database
from service.dispatch.queries import Moment, next_moment
from service.dispatch.rounds import RoundSettings, run_round
from service.errors import Problem
from service.markets.importing.operations import Plan, import_city
from service.offers import operations as offers
from service.stream.queries import Range, mark
from service.taskers.presence.operations import come_online, go_offline

GRACE = timedelta(days=7)
"""Work itself is not played: a booking holds its planned time whether or not it is begun."""
TICK = timedelta(minutes=5)
ROUNDS = RoundSettings(no_show_grace=GRACE)
PEOPLE = text(
    """
    SELECT a.id, a.email, t.id IS NOT NULL FROM accounts AS a LEFT JOIN taskers AS t ON t.id = a.id
    WHERE a.email LIKE '%@' || CAST(:slug AS text) || '.example' ORDER BY a.email
    """
)
NEW_OFFERS = text(
    """
    SELECT id, tasker_id, event_n, travel_s, starts_at, ends_at, extended_at, expires_at
    FROM offers WHERE market_id = CAST(:market_id AS smallint) AND extended_at = :now
    """
)


@dataclass
class Life:
    """A day of one town under one policy, from morning to night."""

    database: Database
    town: Town
    seed: int
    day: int
    now: datetime = MORNING
    market_id: int = 0
    _events: list[tuple[datetime, int, Callable[[], Any]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=counting)
    _taskers: dict[UUID, tuple[int, Person]] = field(default_factory=dict)
    _clients: list[UUID] = field(default_factory=list)

    async def live(self) -> None:
        """Bring the town in and live its day."""
        await self._settle()
        while (ends := await self._next()) < MORNING + LIVING:
            while self._events and self._events[0][0] <= ends:
                self.now, _, deed = heapq.heappop(self._events)
                await deed()
            self.now = ends
            await self._rounds()

    async def _settle(self) -> None:
        slug = self.town.city.market.slug
        plan = Plan(self.town.city, self.town.taskers, 20, "!")
        before = MORNING - timedelta(hours=1)
        self.market_id = await self.database.run(import_city, plan=plan, now=before)
        rows = await self.database.run(_people, slug=slug)
        for account_id, email, is_tasker in rows:
            if is_tasker:
                number = int(email.split("@")[0].rpartition("-")[2])
                self._taskers[account_id] = (number, person_of(self.seed, number))
            else:
                self._clients.append(account_id)
        for wanted in self.town.wanted:
            self._plan(wanted.at, partial(self._post, wanted))
        for tasker_id, (number, _) in self._taskers.items():
            self._plan_presence(tasker_id, number)

    def _plan_presence(self, tasker_id: UUID, number: int) -> None:
        """Online at home from some hour on, later elsewhere; heard of when that changes."""
        rng = np.random.default_rng((self.seed, 29, number, self.day))
        home = self.town.taskers[number].home
        since = MORNING + timedelta(minutes=int(rng.integers(0, 300)))
        until = since + timedelta(minutes=int(rng.integers(240, 540)))
        away = LonLat(home.lon + rng.normal(0, 0.012), home.lat + rng.normal(0, 0.008))
        self._plan(since, partial(self._come, tasker_id, home))
        self._plan(since + (until - since) / 2, partial(self._come, tasker_id, away))
        self._plan(until, partial(self._go, tasker_id))

    def _plan(self, at: datetime, deed: Callable[[], Any]) -> None:
        heapq.heappush(self._events, (at, next(self._order), deed))

    async def _next(self) -> datetime:
        """The end of the next tick in which people or time alone do something."""
        moments = [self._events[0][0]] if self._events else []
        alone = await self.database.run(next_moment, self.market_id, Moment(self.now, GRACE))
        at = min([*moments, *([alone] if alone else [])], default=MORNING + LIVING)
        return MORNING + TICK * max(-((MORNING - at) // TICK), (self.now - MORNING) // TICK + 1)

    async def _rounds(self) -> None:
        offers, more = 0, True
        while more:
            report = await run_round(self.database, self.market_id, self.now, settings=ROUNDS)
            offers, more = offers + report.offers, report.more
        if offers:
            await self._hear_of_offers()

    async def _hear_of_offers(self) -> None:
        made = await self.database.run(_new_offers, market_id=self.market_id, now=self.now)
        acked = [Range(row.tasker_id, row.event_n - 1, row.event_n) for row in made]
        await self.database.run(mark, delivered=[], acked=acked, devices=[], now=self.now)
        for row in made:
            self._hear(row)

    def _hear(self, row: Any) -> None:
        """Somebody sees an offer, and will answer as they do; their luck is this run's own."""
        number, person = self._taskers[row.tasker_id]
        rng = np.random.default_rng((self.seed, self.day, number, next(self._order)))
        work_s = (row.ends_at - row.starts_at).total_seconds()
        made = Made(work_s, float(row.travel_s), row.extended_at, row.expires_at)
        reply = reply_of(person, made, rng)
        if reply.accepts is not None:
            deed = self._accept if reply.accepts else self._decline
            self._plan(reply.at, partial(deed, row.id, row.tasker_id))

    async def _accept(self, offer_id: UUID, tasker_id: UUID) -> None:
        with suppress(Problem):
            await self._do(offers.accept, offer_id=offer_id, tasker_id=tasker_id)

    async def _decline(self, offer_id: UUID, tasker_id: UUID) -> None:
        with suppress(Problem):
            await self._do(offers.decline, offer_id=offer_id, tasker_id=tasker_id, reason="no")

    async def _post(self, wanted: Wanted) -> None:
        market = self.town.city.market.slug
        wish = Wish(
            market, wanted.category, wanted.place, "1 Street", "", wanted.between, wanted.minutes,
            None,
        )  # fmt: skip
        await self._do(post_chore, client_id=self._clients[wanted.client], wish=wish)

    async def _come(self, tasker_id: UUID, place: LonLat) -> None:
        await self._do(come_online, tasker_id=tasker_id, place=place)

    async def _go(self, tasker_id: UUID) -> None:
        await self._do(go_offline, tasker_id=tasker_id)

    async def _do(self, operation: Any, **facts: Any) -> Any:
        return await self.database.run(operation, **facts, now=self.now)


async def _people(session: AsyncSession, *, slug: str) -> list[Any]:
    return list((await session.execute(PEOPLE, {"slug": slug})).all())


async def _new_offers(session: AsyncSession, *, market_id: int, now: datetime) -> list[Any]:
    return list((await session.execute(NEW_OFFERS, {"market_id": market_id, "now": now})).all())
