"""Answering: what listeners do with an offer, over HTTP, a fixed share of the time."""

from __future__ import annotations

import random
from collections import Counter

from benchmarks.load.http import Done, Pool, post

OFFER_ID, CHORE_ID = b'"id": "', b'"chore_id": "'
DECLINE = b'{"reason":"too_far"}'


def field_of(text: bytes, name: bytes) -> str:
    """The UUID after a name in a frame: jsonb writes a space after the colon."""
    at = text.index(name) + len(name)
    return text[at : at + 36].decode()


class Answering:
    """Half of those who answer accept, the other half declines. `answers` counts the statuses."""

    def __init__(self, pool: Pool, share: float, seed: int) -> None:
        self.answers: Counter[str] = Counter()
        self._pool, self._share, self._rng = pool, share, random.Random(seed)

    def offered(self, text: bytes, token: str) -> None:
        """Somebody got an offer."""
        drawn = self._rng.random()
        if drawn >= self._share:
            return
        path = f"/v1/offers/{field_of(text, OFFER_ID)}"
        if drawn < self._share / 2:
            self._pool.ask(post(f"{path}/accept", token), self._noting("accept"))
        else:
            self._pool.ask(post(f"{path}/decline", token, DECLINE), self._noting("decline"))

    def _noting(self, what: str) -> Done:
        def answered(status: int, _: bytes) -> None:
            self.answers[f"{what} {status}"] += 1

        return answered
