"""Rate limits: how often an address or a person may try something, counted per process in a moving
window.

Decision: counted in memory. With n api processes a limit is n times as wide at the most; a shared
counter would put a write in front of every sign-in to protect what argon2id already makes slow.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection

from service.errors import TooManyRequests
from service.settings import Settings


class Limits:
    """The limits of one process. `check` raises TooManyRequests, with Retry-After, when one is
    used up.
    """

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rates: dict[str, RateLimitItem | None] = {
            "sign_in": _rate(settings.sign_in_limit),
            "sign_up": _rate(settings.sign_up_limit),
            "post": _rate(settings.post_limit),
            "estimate": _rate(settings.estimate_limit),
            "ask": _rate(settings.ask_limit),
            "subscribe": _rate(settings.subscribe_limit),
            "ticket": _rate(settings.ticket_limit),
        }
        self._unlimited: Collection[str] = frozenset(settings.unlimited_addresses)

    def check(self, what: str, connection: HTTPConnection, who: str = "") -> None:
        """Count one try of `what` by `who`, or by the peer's address. Raises TooManyRequests."""
        rate = self._rates[what]
        address = connection.client.host if connection.client else "local"
        if rate is None or address in self._unlimited:
            return
        key = who or address
        if not self._limiter.hit(rate, what, key):
            reset = self._limiter.get_window_stats(rate, what, key).reset_time
            wait_s = max(1, math.ceil(reset - time.time()))
            problem = TooManyRequests(retry_after_s=wait_s)
            problem.headers = {"Retry-After": str(wait_s)}
            raise problem


def _rate(text: str) -> RateLimitItem | None:
    return parse(text) if text else None
