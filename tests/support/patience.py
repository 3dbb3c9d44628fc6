"""How long a test waits: for as long as something moves. A busy machine is slow, a broken service
stands still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """Ends the wait for something that has not moved for `still_s` seconds, or that moves without
    arriving for ten times as long.
    """

    def __init__(self, still_s: float) -> None:
        self._still_s, self._most_s = still_s, 10 * still_s
        self._seen: object = None
        self._began = self._since = time.monotonic()

    def look(self, at: object) -> None:
        """How far it is now, in any terms. Raises TimeoutError once that has been so for long."""
        now = time.monotonic()
        if at != self._seen:
            self._seen, self._since = at, now
        elif now - self._since > self._still_s:
            raise TimeoutError(f"nothing moved for {self._still_s} s: {at}")
        if now - self._began > self._most_s:
            raise TimeoutError(f"not there after {self._most_s} s: {at}")


async def while_moving(awaited: Awaitable[T], at: Callable[[], object], still_s: float = 60.0) -> T:
    """What is awaited, waited for as long as `at` tells something new now and then. Raises
    TimeoutError.
    """
    task, patience = asyncio.ensure_future(awaited), Patience(still_s)
    try:
        while not task.done():
            patience.look(at())
            await asyncio.wait([task], timeout=0.1)
        return task.result()
    finally:
        task.cancel()
