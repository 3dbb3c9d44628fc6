"""The pool: the draws of a sweep over several processes, with progress, and an end on demand.

Each process takes some of the draws under all policies, since lanes that run abreast share the cost
of their rounds. A process whose parent has gone ends at once: nobody else would end it, since the
others of the pool hold open the queue on which it waits for more.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from functools import reduce
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event
from operator import add
from threading import Thread
from typing import Any

from matching.replay.sweep import Basis, Share, Sweep, play, result_of

LOOK_EVERY_S = 0.2

Told = Callable[[float], bool]
"""Told the share that is done; says whether to go on."""


class Stopped(Exception):
    """The sweep was ended before it was done."""


def run_sweep(sweep: Sweep, basis: Basis, jobs: int, told: Told) -> dict[str, Any]:
    """The result of a sweep, as JSON, played in `jobs` processes of its own; 0: in this one.

    Raises Stopped once `told` says not to go on.
    """
    if jobs == 0:
        share = play(sweep, basis, range(len(basis.seeds)), _Here(told))
    else:
        share = reduce(add, _apart(sweep, basis, _parts(len(basis.seeds), jobs), told))
    return result_of(sweep, basis, share)


def _parts(draws: int, jobs: int) -> list[list[int]]:
    """The draws for each process, about the same number each."""
    many = max(1, min(jobs, draws))
    return [list(range(first, draws, many)) for first in range(many)]


class _Here:
    """Progress of a replay in this very process, not more often than need be."""

    def __init__(self, told: Told) -> None:
        self._told, self._at = told, 0.0

    def __call__(self, share: float) -> None:
        if time.monotonic() < self._at and share < 1.0:
            return
        self._at = time.monotonic() + LOOK_EVERY_S
        if not self._told(share):
            raise Stopped


def _apart(sweep: Sweep, basis: Basis, parts: list[list[int]], told: Told) -> list[Share]:
    context = multiprocessing.get_context("spawn")
    done, stop = context.Array("d", len(parts)), context.Event()
    with ProcessPoolExecutor(
        len(parts), context, initializer=_begin, initargs=(done, stop)
    ) as pool:
        shares = [pool.submit(_play, sweep, basis, part, n) for n, part in enumerate(parts)]
        try:
            _watch(shares, done, told)
        except BaseException:
            stop.set()
            raise
        return [share.result() for share in shares]


def _watch(shares: list[Future[Share]], done: SynchronizedArray[float], told: Told) -> None:
    """Wait for all, and tell how far they are. Raises Stopped, or what went wrong with one."""
    left = set(shares)
    while left:
        over, left = wait(left, LOOK_EVERY_S)
        for each in over:
            each.result()
        if not told(sum(done[:]) / len(shares)):
            raise Stopped


_STANDING: dict[str, Any] = {}
"""What a process of the pool was given when it began."""


def _begin(done: SynchronizedArray[float], stop: Event) -> None:
    _STANDING.update(done=done, stop=stop)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _play(sweep: Sweep, basis: Basis, draws: list[int], at: int) -> Share:
    def progress(share: float) -> None:
        _STANDING["done"][at] = share
        if _STANDING["stop"].is_set():
            raise Stopped

    return play(sweep, basis, draws, progress)
