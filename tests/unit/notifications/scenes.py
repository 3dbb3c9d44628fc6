"""Small scenes for the protocol's tests: a stored event, a session that has started, and what it
said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from notifications.effects import Deliver, Effect, Position, Send
from notifications.frames import StoredEvent
from notifications.session import Session
from notifications.terms import Terms

AT = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
TERMS = Terms(window_bytes=1000, unacked_for_s=5, jitter=0.2)


def event(n: int, size: int = 10) -> StoredEvent:
    """The n-th event, with `size` bytes of padding."""
    return StoredEvent(n, "chore.expired", AT, json.dumps({"pad": "x" * size}))


def events(first: int, last: int, size: int = 10) -> list[StoredEvent]:
    """The events from first to last."""
    return [event(n, size) for n in range(first, last + 1)]


def opened(terms: Terms = TERMS, now: float = 0.0) -> Session:
    """A session whose client has not spoken."""
    return Session(UUID(int=1), terms, now=now, random=lambda: 0.5)


def started(
    *, n: int | None = 0, last: int = 0, oldest: int = 1, device_n: int | None = None,
    terms: Terms = TERMS,
) -> Session:  # fmt: skip
    """A session that was resumed and located."""
    session = opened(terms)
    session.hello(last)
    session.receive(resume(n), 0.0)
    session.located(Position(last, oldest, device_n))
    return session


def resume(n: int | None, device: str = "phone") -> str:
    """The text of a resume."""
    return json.dumps({"frame": "resume", "n": n, "device": device})


def ack(n: int) -> str:
    """The text of an ack."""
    return json.dumps({"frame": "ack", "n": n})


def said(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """The frames among the effects, as JSON values."""
    return [json.loads(effect.text) for effect in effects if isinstance(effect, Send | Deliver)]


def numbers(effects: Iterable[Effect]) -> list[int]:
    """The numbers of the events among the effects."""
    return [frame["n"] for frame in said(effects) if frame["frame"] == "event"]
