"""The routed model: asks a router within a time limit, judges what it says, falls back, counts."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections import Counter as Counted
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import httpx
import numpy as np
import structlog
from numpy.typing import NDArray
from prometheus_client import Counter

from geo.distance import great_circle_m
from geo.points import Floats
from geo.travel import GreatCircleTravel, Mode, Modes
from service.travel.routers import Router, RouterNonsense, RouterRefused, read_durations
from service.travel.tables import Table, tables_of

logging.getLogger("httpx").setLevel(logging.WARNING)  # its request lines would hold people's places

log = structlog.get_logger("dibs.travel")

FASTEST_M_S = 70.0
"""Nobody travels a city at 250 km/h; a router that says so has mistaken the place."""
SNAP_M = 1_000.0
"""How far a router may move a place to reach a road before its time is doubted."""
LONGEST_S = 24 * 3600.0


class Source(IntEnum):
    """What a trip's time came from: the router, or why it is the default model's."""

    ROUTER = 0
    NOT_ASKED = 1
    RESTING = 2
    LATE = 3
    UNREACHABLE = 4
    REFUSED = 5
    NONSENSE = 6
    NO_ROUTE = 7

    @property
    def label(self) -> str:
        """Its name in metrics and logs."""
        return self.name.lower()


TRIPS = Counter("dibs_travel_trips", "Trips asked for, by what said how long they take", ["source"])
SILENT = {Source.LATE, Source.UNREACHABLE}
FAILED = {*SILENT, Source.REFUSED, Source.NONSENSE}


@dataclass
class _Question:
    """The trips of one call, and what has been said of each so far."""

    origins: Floats
    destinations: Floats
    modes: Modes
    seconds: Floats
    source: NDArray[np.int8]


class RoutedTravel:
    """Travel times of a router, or of the default model where it says nothing sensible in time.

    Implements geo.travel.TravelModel. `limit_s` bounds the waiting of one call; after a call in
    which the router stayed silent throughout, it is not asked for `rest_s`. `at_once` requests are
    under way at a time. `clock` gives seconds that only grow.
    """

    def __init__(
        self,
        router: Router,
        default: GreatCircleTravel,
        *,
        limit_s: float = 1.0,
        rest_s: float = 10.0,
        at_once: int = 8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._router, self._default = router, default
        self._limit_s, self._rest_s, self._at_once = limit_s, rest_s, at_once
        self._clock = clock
        self._rests_until = clock()

    def travel_s(self, origins: Floats, destinations: Floats, modes: Modes) -> Floats:
        """Seconds, elementwise: see TravelModel. Waits up to `limit_s`, so call it in a thread.

        Raises BadPoint, and RuntimeError on an event loop's own thread: there, await `ask`.
        """
        return asyncio.run(self.ask(origins, destinations, modes))

    async def ask(self, origins: Floats, destinations: Floats, modes: Modes) -> Floats:
        """The same for a coroutine. Raises BadPoint."""
        metres = great_circle_m(origins, destinations)
        default_s = self._default.travel_s(origins, destinations, modes)
        question = self._question(origins, destinations, modes)
        if self._clock() >= self._rests_until:
            await self._ask_in_time(question)
        _judge(question, metres)
        _count(question)
        routed_s = question.seconds + self._default.overhead_s(modes)
        routed = (question.source == Source.ROUTER) & (metres > 0)
        return np.where(routed, routed_s, default_s)

    def _question(self, origins: Floats, destinations: Floats, modes: Modes) -> _Question:
        source = np.full(len(modes), Source.RESTING, dtype=np.int8)
        source[~np.isin(modes, list(self._router.modes))] = Source.NOT_ASKED
        return _Question(origins, destinations, modes, np.full(len(modes), np.nan), source)

    async def _ask_in_time(self, question: _Question) -> None:
        """Everything that comes within the limit is in the question after it."""
        asked = question.source == Source.RESTING
        question.source[asked] = Source.LATE
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limit_s), self._client() as client:
                await asyncio.gather(*self._requests(client, question))
        if asked.any() and set(question.source[asked].tolist()) <= SILENT:
            self._rests_until = self._clock() + self._rest_s

    def _client(self) -> httpx.AsyncClient:
        """A client for one call. No proxy of the environment: places go to the router alone."""
        limits = httpx.Limits(max_connections=self._at_once)
        return httpx.AsyncClient(verify=_trusted(), limits=limits, trust_env=False)

    def _requests(
        self, client: httpx.AsyncClient, question: _Question
    ) -> Iterator[Coroutine[None, None, None]]:
        """One coroutine for each table of each mode."""
        for mode in self._router.modes:
            rows = np.flatnonzero(question.modes == mode)
            places = question.origins[rows], question.destinations[rows]
            for table in tables_of(*places, self._router.limits):
                yield self._fill(client, question, mode, rows[table.pairs], table)

    async def _fill(
        self,
        client: httpx.AsyncClient,
        question: _Question,
        mode: Mode,
        rows: NDArray[np.intp],
        table: Table,
    ) -> None:
        """Ask for one table and write what it says, or why nothing is said, into the question."""
        try:
            response = await client.send(self._router.request(table, mode))
            durations = read_durations(self._router, response, table)
        except httpx.HTTPError:
            question.source[rows] = Source.UNREACHABLE
        except RouterRefused:
            question.source[rows] = Source.REFUSED
        except RouterNonsense:
            question.source[rows] = Source.NONSENSE
        else:
            question.source[rows] = Source.ROUTER
            question.seconds[rows] = durations[*table.cells]


@lru_cache
def _trusted() -> ssl.SSLContext:
    """Making one takes 126 ms, so there is one."""
    return httpx.create_ssl_context(trust_env=False)


def _judge(question: _Question, metres: Floats) -> None:
    """Take the router's word only for what a trip in a city can be."""
    said = question.source == Source.ROUTER
    question.source[said & np.isnan(question.seconds)] = Source.NO_ROUTE
    least_s = np.maximum(0.0, metres - SNAP_M) / FASTEST_M_S
    wrong = (question.seconds < least_s) | (question.seconds > LONGEST_S)
    question.source[said & wrong] = Source.NONSENSE


def _count(question: _Question) -> None:
    """Count where the times come from; where the router failed, say so without saying where."""
    counts = {Source(n): trips for n, trips in Counted(question.source.tolist()).items()}
    for source, trips in counts.items():
        TRIPS.labels(source.label).inc(trips)
    if failed := {source.label: counts[source] for source in FAILED & set(counts)}:
        log.warning("router_failed", trips=len(question.source), **failed)
