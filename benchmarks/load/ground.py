"""The ground: a durable server of the benchmarks' own, and what processes cost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from service.db.cluster import private, ready_binaries
from service.db.cluster.places import Place, choose_place
from service.db.cluster.tuning import LIVING
from service.db.migrations import fingerprint, migrate
from service.db.urls import for_psycopg

TUNING = LIVING | {
    "max_connections": "300",
    "shared_buffers": "1GB",
    "effective_cache_size": "8GB",
    "max_wal_size": "8GB",
    "log_min_duration_statement": "-1",
}
"""As a private cluster is for living in, fsync and synchronous_commit on, with room for a city."""


@contextmanager
def durable_server(name: str, *, keep: bool = False) -> Iterator[str]:
    """The URL of a migrated database of a server called `name` on disk; deleted before, in case a
    run was killed, and afterwards, or kept, stopped, for another run under the same migrations.
    """
    ready_binaries(print)
    place = choose_place(f"pg-{name.replace('_', '-')}", print)
    if not keep:
        private.remove(place)
    private.start(place, TUNING, print)
    try:
        database = f"{name}_{fingerprint()[:8]}"
        private.ensure_database(place, database)
        url = place.url(database)
        migrate(url)
        yield url
    finally:
        _end(place, keep=keep)


def _end(place: Place, *, keep: bool) -> None:
    if keep:
        private.stop(place)
    else:
        private.remove(place)


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A connection to fill tables with, committed at the end."""
    with psycopg.connect(for_psycopg(url)) as connection:
        yield connection


def resident_kib(pid: int) -> int:
    """What a process holds in memory, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def cpu_s(pid: int) -> float:
    """What a process has computed so far, in seconds; its children apart."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
