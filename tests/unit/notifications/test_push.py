"""What is pushed, to whom and how long, in which words; and when it is tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.messages import (
    EVENTS,
    Booking,
    BookingCancelled,
    BookingChanged,
    ChoreBooked,
    ChoreCancelled,
    ChoreExpired,
    ChorePosted,
    ChoreUnfilled,
    Money,
    Offer,
    OfferExtended,
    Place,
    Point,
    Wire,
)
from notifications.push import (
    PUSHES,
    Outcome,
    Urgency,
    Verdict,
    message_of,
    next_try,
    outcome_of,
    push_until,
    topic_of,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHORE, CLIENT, TASKER = UUID(int=1), UUID(int=2), UUID(int=3)
GBP = Money(amount=2500, currency="GBP")
HOME = Place(
    point=Point(coordinates=[-0.0553123, 51.5450456]), address="12 Mare Street", exact=True
)
BOOKING = Booking(
    id=UUID(int=4), chore_id=CHORE, client_id=CLIENT, tasker_id=TASKER, tasker_name="Tom",
    category="mounting", state="cancelled", starts_at=NOON + timedelta(hours=2),
    ends_at=NOON + timedelta(hours=3), rate=GBP, place=HOME,
)  # fmt: skip
OFFER = Offer(
    id=UUID(int=5), chore_id=CHORE, category="mounting", near=HOME.point, distance_m=1240,
    travel_s=480, rate=GBP, estimated_pay=GBP, starts_at=BOOKING.starts_at,
    ends_at=BOOKING.ends_at, duration_min=60, wave=1, expires_at=NOON + timedelta(seconds=60),
)  # fmt: skip
EXTENDED = OfferExtended(offer=OFFER)
SAMPLES: dict[str, tuple[Wire, UUID]] = {
    "offer.extended": (EXTENDED, TASKER),
    "booking.cancelled": (BookingCancelled(booking=BOOKING, by="client"), TASKER),
    "booking.no_show": (BookingChanged(booking=BOOKING), TASKER),
    "booking.en_route": (BookingChanged(booking=BOOKING), CLIENT),
    "chore.booked": (ChoreBooked(chore_id=CHORE, booking=BOOKING), CLIENT),
    "chore.reopened": (
        EVENTS["chore.reopened"].model_validate({"chore_id": CHORE, "reason": "tasker_no_show"}),
        CLIENT,
    ),
    "chore.unfilled": (
        ChoreUnfilled(chore_id=CHORE, waves=3, match_by=NOON + timedelta(hours=1)),
        CLIENT,
    ),
    "chore.expired": (ChoreExpired(chore_id=CHORE), CLIENT),
    "chore.cancelled": (ChoreCancelled(chore_id=CHORE, by="operator"), CLIENT),
}


def said(event: str) -> dict[str, Any]:
    data, recipient = SAMPLES[event]
    until = push_until(event, data, recipient, NOON)
    assert until is not None
    message = message_of(
        event, data.model_dump_json(), n=7, recipient_id=recipient, until=until, now=NOON
    )
    found: dict[str, Any] = json.loads(message.payload)
    return found


def test_there_is_a_sample_of_everything_that_is_pushed() -> None:
    assert SAMPLES.keys() == PUSHES.keys() < EVENTS.keys()


@pytest.mark.parametrize("event", SAMPLES)
def test_a_push_says_what_happened_and_neither_where_nor_who(event: str) -> None:
    text = json.dumps(said(event))
    assert said(event)["type"] == event
    assert said(event)["n"] == 7
    assert said(event).keys() == {"type", "n", *PUSHES[event].says}
    assert str(CHORE) in text or str(OFFER.id) in text
    for secret in ("Mare", "Tom", "51.5", "0.055", "coordinates", "point", str(CLIENT)):
        assert secret not in text
    assert len(text) < 2000


@pytest.mark.parametrize("event", SAMPLES)
def test_a_push_goes_to_one_side_alone(event: str) -> None:
    data, recipient = SAMPLES[event]
    if not event.startswith("booking."):
        return
    other = CLIENT if recipient == TASKER else TASKER
    assert push_until(event, data, other, NOON) is None


def test_an_offer_is_pushed_urgently_until_its_deadline_with_a_rough_distance() -> None:
    assert push_until("offer.extended", EXTENDED, TASKER, NOON) == OFFER.expires_at
    assert PUSHES["offer.extended"].urgency is Urgency.HIGH
    assert said("offer.extended") == {
        "type": "offer.extended",
        "n": 7,
        "offer_id": str(OFFER.id),
        "category": "mounting",
        "estimated_pay": {"amount": 2500, "currency": "GBP"},
        "expires_at": "2026-11-23T12:01:00.000Z",
        "distance_m": 1500,
    }


def test_what_is_not_in_the_table_is_not_pushed() -> None:
    posted = ChorePosted(chore_id=CHORE, category="mounting", match_by=NOON)
    assert push_until("chore.posted", posted, CLIENT, NOON) is None


def test_nobody_is_pushed_what_they_did_themselves() -> None:
    by_tasker = BookingCancelled(booking=BOOKING, by="tasker")
    by_client = ChoreCancelled(chore_id=CHORE, by="client")
    assert push_until("booking.cancelled", by_tasker, TASKER, NOON) is None
    assert push_until("chore.cancelled", by_client, CLIENT, NOON) is None


def test_what_is_over_is_not_pushed() -> None:
    assert push_until("offer.extended", EXTENDED, TASKER, OFFER.expires_at) is None


def test_a_message_lives_until_the_deadline_and_never_less_than_no_time() -> None:
    def ttl(now: datetime) -> int:
        return message_of(
            "offer.extended", EXTENDED.model_dump_json(), n=1, recipient_id=TASKER,
            until=OFFER.expires_at, now=now,
        ).ttl_s  # fmt: skip

    assert ttl(NOON) == 60
    assert ttl(NOON + timedelta(seconds=59.5)) == 0
    assert ttl(NOON + timedelta(seconds=90)) == 0


def test_news_of_one_chore_have_one_topic_that_links_no_two_people() -> None:
    assert topic_of(TASKER, CHORE) == topic_of(TASKER, CHORE)
    assert len({topic_of(who, what) for who in (TASKER, CLIENT) for what in (CHORE, TASKER)}) == 4
    assert len(topic_of(TASKER, CHORE)) == 32


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SENT), (201, Verdict.SENT), (202, Verdict.SENT), (301, Verdict.REFUSED),
        (307, Verdict.REFUSED), (400, Verdict.REFUSED), (401, Verdict.REFUSED),
        (403, Verdict.REFUSED), (404, Verdict.GONE), (408, Verdict.LATER), (410, Verdict.GONE),
        (413, Verdict.REFUSED), (429, Verdict.LATER), (500, Verdict.LATER), (503, Verdict.LATER),
    ],
)  # fmt: skip
def test_every_answer_has_its_meaning(status: int, verdict: Verdict) -> None:
    assert outcome_of(status, None, NOON) == Outcome(verdict)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(NOON + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOON - timedelta(seconds=30), usegmt=True), 0.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("9" * 40, 999999999.0),
    ],
)
def test_a_service_may_say_when_to_come_back(header: str, seconds: float) -> None:
    assert outcome_of(429, header, NOON).wait_s == seconds


def waits(jitter: float, tries: int) -> list[float]:
    until = NOON + timedelta(days=1)
    found = [next_try(n, 0, until=until, now=NOON, jitter=jitter) for n in range(1, tries + 1)]
    return [(at - NOON).total_seconds() for at in found if at]


def test_waits_double_up_to_five_minutes() -> None:
    assert waits(0.5, 11) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert waits(0.0, 3) == [0.5, 1, 2]


@given(
    st.integers(1, 10_000),
    st.floats(0, 1e9),
    st.floats(0, 1, exclude_max=True),
    st.floats(-10, 100_000),
)
def test_the_next_try_is_never_too_late_nor_sooner_than_asked_for(
    tries: int, wait_s: float, jitter: float, left_s: float
) -> None:
    until = NOON + timedelta(seconds=left_s)
    at = next_try(tries, wait_s, until=until, now=NOON, jitter=jitter)
    if at is not None:
        assert NOON + timedelta(seconds=wait_s) <= at <= until
        assert at > NOON
