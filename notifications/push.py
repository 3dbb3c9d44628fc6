"""What people are pushed while they are away: which events, to whom, for how long, in which words,
and what becomes of a push that fails.

Away is who has not acknowledged an event on any device. Somebody without an open stream, on any
node, is pushed at once; somebody with one is pushed when `ACK_GRACE` has passed and no device has
acknowledged: a phone that sleeps holds its line for a minute after it has stopped to listen. A push
is no delivery: what an offer's tasker never acknowledged is no refusal, pushed or not.

A payload passes through a stranger's service (encrypted) and ends on a locked screen: it has no
address, no coordinates and nobody's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from hashlib import sha256
from json import dumps
from math import ceil
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from notifications.messages import EVENTS, Money, Wire, rfc3339

ACK_GRACE = timedelta(seconds=5)
"""How long a connected person's devices have to acknowledge before they are pushed. An honest
client acknowledges within a second (`ack_within_s`).
"""
ROUGH_M = 500
"""Distances are rounded up to this."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0

Side = Literal["client", "tasker"]
Facts = dict[str, Any]


class Urgency(StrEnum):
    """RFC 8030: whether a device that saves power is woken."""

    NORMAL = "normal"
    HIGH = "high"


class Rule(NamedTuple):
    """How events of one type are pushed: to whose devices, until when, and what they say.

    `until` gets the event's data and its time; `lasts` says the same in words, as `says` names what
    `facts` holds.
    """

    to: Side
    urgency: Urgency
    lasts: str
    until: Callable[[Any, datetime], datetime]
    says: tuple[str, ...]
    facts: Callable[[Any], Facts]


def _money(money: Money) -> Facts:
    return money.model_dump()


def _of_offer(data: Any) -> Facts:
    offer = data.offer
    return {
        "offer_id": str(offer.id),
        "category": offer.category,
        "estimated_pay": _money(offer.estimated_pay),
        "expires_at": rfc3339(offer.expires_at),
        "distance_m": ROUGH_M * ceil(offer.distance_m / ROUGH_M),
    }


def _of_booking(data: Any) -> Facts:
    booking = data.booking
    return {
        "booking_id": str(booking.id),
        "chore_id": str(booking.chore_id),
        "category": booking.category,
        "starts_at": rfc3339(booking.starts_at),
    }


def _of_chore(data: Any) -> Facts:
    return {"chore_id": str(data.chore_id)}


def _a_day(_: Any, at: datetime) -> datetime:
    return at + timedelta(days=1)


def _booking_ends(data: Any, _: datetime) -> datetime:
    ends_at: datetime = data.booking.ends_at
    return ends_at


HIGH, NORMAL = Urgency.HIGH, Urgency.NORMAL
OFFER = ("offer_id", "category", "estimated_pay", "expires_at", "distance_m"), _of_offer
BOOKING = ("booking_id", "chore_id", "category", "starts_at"), _of_booking
CHORE = ("chore_id",), _of_chore
PUSHES: Mapping[str, Rule] = MappingProxyType(
    {
        "offer.extended": Rule(
            "tasker", HIGH, "the offer's deadline", lambda data, _: data.offer.expires_at, *OFFER
        ),
        "booking.cancelled": Rule("tasker", HIGH, "the planned end", _booking_ends, *BOOKING),
        "booking.no_show": Rule("tasker", NORMAL, "a day", _a_day, *BOOKING),
        "chore.booked": Rule("client", HIGH, "the planned end", _booking_ends, *BOOKING),
        "booking.en_route": Rule("client", HIGH, "the planned end", _booking_ends, *BOOKING),
        "chore.reopened": Rule("client", HIGH, "a day", _a_day, *CHORE),
        "chore.unfilled": Rule(
            "client", NORMAL, "`match_by`", lambda data, _: data.match_by, *CHORE
        ),
        "chore.expired": Rule("client", NORMAL, "a day", _a_day, *CHORE),
        "chore.cancelled": Rule("client", NORMAL, "a day", _a_day, *CHORE),
    }
)
"""The events that are pushed; no other is. Nobody is pushed what they did themselves."""


def push_until(event_type: str, data: Wire, recipient_id: UUID, at: datetime) -> datetime | None:
    """Until when this event is worth being pushed to this recipient; None: it is not to be."""
    rule = PUSHES.get(event_type)
    if rule is None or _side(event_type, data, recipient_id) != rule.to:
        return None
    if getattr(data, "by", None) == rule.to:
        return None
    until = rule.until(data, at)
    return until if until > at else None


def _side(event_type: str, data: Any, recipient_id: UUID) -> Side:
    """As whom the recipient is told."""
    if event_type.startswith("booking."):
        return "tasker" if data.booking.tasker_id == recipient_id else "client"
    return "tasker" if event_type.startswith("offer.") else "client"


class Message(NamedTuple):
    """What goes to a device: the text, for how many seconds it is of use, how urgent it is, and the
    topic, of which the service keeps the newest only.
    """

    payload: bytes
    ttl_s: int
    urgency: Urgency
    topic: str


def message_of(
    event_type: str, data_json: str, *, n: int, recipient_id: UUID, until: datetime, now: datetime
) -> Message:
    """The push of a stored event. What is undelivered is replaced by news of the same chore.

    `n` is the event's number on the stream, so that an app tells what it has heard there already.
    """
    data: Any = EVENTS[event_type].model_validate_json(data_json)
    rule = PUSHES[event_type]
    said = {"type": event_type, "n": n} | rule.facts(data)
    return Message(
        payload=dumps(said, separators=(",", ":")).encode(),
        ttl_s=max(0, int((until - now).total_seconds())),
        urgency=rule.urgency,
        topic=topic_of(recipient_id, _chore_of(data)),
    )


def topic_of(recipient_id: UUID, chore_id: UUID) -> str:
    """32 characters that say nothing to the service, and are not the same for two people."""
    return sha256(recipient_id.bytes + chore_id.bytes).hexdigest()[:32]


def _chore_of(data: Any) -> UUID:
    inner = getattr(data, "offer", None) or getattr(data, "booking", None) or data
    chore_id: UUID = inner.chore_id
    return chore_id


def push_table() -> str:
    """The table as Markdown, as the protocol page prints it."""
    rows = [
        f"| `{event}` | the {rule.to} | {rule.lasts} | {rule.urgency} |"
        f" {', '.join(f'`{name}`' for name in rule.says)} |"
        for event, rule in PUSHES.items()
    ]
    head = ["| event | pushed to | until | urgency | says |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


# What becomes of it.


class Verdict(StrEnum):
    """What the device's service said. GONE: the subscription ended. REFUSED: it will never take
    this push.
    """

    SENT = "sent"
    LATER = "later"
    GONE = "gone"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """The verdict, and the seconds that the service asked us to wait."""

    verdict: Verdict
    wait_s: float = 0.0


class Target(NamedTuple):
    """Where a device is reached: for Web Push its endpoint and its keys (RFC 8291)."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Pusher(Protocol):
    """Brings messages to devices by one kind of service: Web Push, or another one day."""

    async def push(self, target: Target, message: Message) -> Outcome:
        """Try once, within bounded time. Raises nothing that a target can bring about."""
        ...


def outcome_of(status: int, retry_after: str | None, now: datetime) -> Outcome:
    """What an HTTP status means for a push. A redirect is not followed: it is a refusal."""
    if 200 <= status < 300:
        return Outcome(Verdict.SENT)
    if status in (404, 410):
        return Outcome(Verdict.GONE)
    if status in (408, 425, 429) or status >= 500:
        return Outcome(Verdict.LATER, _seconds(retry_after, now))
    return Outcome(Verdict.REFUSED)


def _seconds(retry_after: str | None, now: datetime) -> float:
    """A Retry-After, in seconds or as a date; 0 for none that can be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def next_try(
    tries: int, wait_s: float, *, until: datetime, now: datetime, jitter: float
) -> datetime | None:
    """When to try again after `tries` tries that failed; None: never, it would be too late.

    A second, then twice as long each time up to five minutes, varied by half with `jitter` in
    [0, 1), and no sooner than the service asked for.
    """
    backoff_s = min(FIRST_WAIT_S * 2 ** min(tries - 1, 20), LONGEST_WAIT_S) * (0.5 + jitter)
    wait_s = max(backoff_s, wait_s)
    if wait_s >= (until - now).total_seconds():
        return None
    return now + timedelta(seconds=wait_s)
