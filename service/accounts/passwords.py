"""Passwords: argon2id in a few threads, and a cheap scheme for the seeded people of a laptop.

A cheap hash is recognised by its prefix and counts only where the settings allow it, which
production refuses.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from pwdlib import PasswordHash

from service.errors import Busy

T = TypeVar("T")

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 256
"""Bounds of a password, in characters. The upper one bounds the work that a request can ask for."""

CHEAP_PREFIX = "$development-only$"

AT_ONCE = min(4, os.cpu_count() or 1)
MOST_WAITING = 64
"""A hash takes 130 ms of a core and 64 MB: more at once is no faster, a longer queue no use."""

_argon2 = PasswordHash.recommended()


class _Threads:
    """A few threads that hash, and a bounded queue before them."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Busy("Too many people are signing in at this moment.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


_threads = _Threads()


async def hash_password(password: str) -> str:
    """The argon2id hash of a password, salted. Raises Busy when too many are waiting."""
    return await _threads.run(partial(_argon2.hash, _normal(password)))


async def matches(password: str, kept: str | None, *, allow_cheap: bool) -> bool:
    """Whether `kept` is a hash of the password. None is nobody's, found out with the same work.

    Raises Busy when too many are waiting.
    """
    if kept is not None and kept.startswith(CHEAP_PREFIX):
        return allow_cheap and hmac.compare_digest(kept, cheap_hash(password))
    return await _threads.run(partial(_verify, _normal(password), kept))


def cheap_hash(password: str) -> str:
    """The development-only hash: one SHA-256, unsalted, so that seeded people share one value."""
    return CHEAP_PREFIX + hashlib.sha256(_normal(password).encode()).hexdigest()


def _normal(password: str) -> str:
    """The same password, whichever way a keyboard composes its accents."""
    return unicodedata.normalize("NFKC", password)


def _verify(password: str, kept: str | None) -> bool:
    found = _argon2.verify(password, kept or _nobodys_hash())
    return found and kept is not None


@cache
def _nobodys_hash() -> str:
    return _argon2.hash(os.urandom(16).hex())
