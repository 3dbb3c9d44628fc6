"""The wire vocabulary: what is said is read back the same, and what is not in it is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from pydantic import ValidationError

from notifications import close_codes
from notifications.close_codes import CLOSE_CODES, Reconnect, close_code_table, reconnect_after
from notifications.frames import (
    CLIENT_FRAMES,
    SERVER_FRAMES,
    Event,
    Ping,
    Resume,
    StoredEvent,
    event_frame,
    parse_client_frame,
    parse_server_frame,
)
from notifications.messages import (
    EVENTS,
    Booking,
    BookingChanged,
    ChoreExpired,
    ChorePosted,
    Money,
    Place,
    Point,
    check_event,
)

AT = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
CHORE = UUID(int=7)


def booking() -> Booking:
    return Booking(
        id=UUID(int=1), chore_id=CHORE, client_id=UUID(int=2), tasker_id=UUID(int=3),
        category="mounting", state="scheduled", starts_at=AT, ends_at=AT + timedelta(hours=1),
        rate=Money(amount=2650, currency="GBP"),
        place=Place(point=Point(coordinates=[-0.05, 51.54]), exact=False),
    )  # fmt: skip


def test_an_event_spliced_from_stored_json_is_the_frame_the_model_describes() -> None:
    data = check_event("booking.created", BookingChanged(booking=booking()))
    frame = parse_server_frame(event_frame(StoredEvent(5, "booking.created", AT, data)))
    assert isinstance(frame, Event)
    assert (frame.n, frame.at) == (5, AT)
    read = EVENTS[frame.type].model_validate(frame.data, strict=False)
    assert read == BookingChanged(booking=booking())


def test_times_are_written_in_utc_whatever_zone_they_came_in() -> None:
    paris = AT.astimezone(timezone(timedelta(hours=1)))
    text = ChorePosted(chore_id=CHORE, category="mounting", match_by=paris).model_dump_json()
    assert json.loads(text)["match_by"] == "2026-11-21T17:00:00.000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        ChorePosted(chore_id=CHORE, category="x", match_by=AT.replace(tzinfo=None))


def test_data_of_another_type_is_refused_before_it_is_written() -> None:
    with pytest.raises(TypeError, match="carries BookingChanged"):
        check_event("booking.created", ChoreExpired(chore_id=CHORE))


def test_an_unknown_type_is_refused_before_it_is_written() -> None:
    with pytest.raises(KeyError):
        check_event("chore.exploded", ChoreExpired(chore_id=CHORE))


@pytest.mark.parametrize(
    "coordinates",
    [[200.0, 0.0], [0.0, 95.0], [float("nan"), 0.0], [0.0, float("inf")], [1.0], [1.0, 2.0, 3.0]],
)
def test_a_point_off_the_globe_is_refused(coordinates: list[float]) -> None:
    with pytest.raises(ValidationError):
        Point(coordinates=coordinates)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        ChoreExpired.model_validate({"chore_id": CHORE, "why": "late"})


def test_a_resume_says_null_aloud() -> None:
    frame = parse_client_frame('{"frame":"resume","n":null,"device":"phone-1"}')
    assert frame == Resume(n=None, device="phone-1")


def test_a_client_leaves_aside_what_is_newer_than_itself() -> None:
    newer = '{"frame":"ping","colour":"red"}'
    assert parse_server_frame(newer) == Ping()
    assert parse_server_frame('{"frame":"party","n":1}') is None


@pytest.mark.parametrize(
    "broken", ["{", '{"n":1}', '{"frame":"resync"}', '{"frame":"event","n":0}']
)
def test_a_client_does_not_leave_aside_what_is_broken(broken: str) -> None:
    with pytest.raises(ValidationError):
        parse_server_frame(broken)


def test_every_frame_is_told_by_its_own_name() -> None:
    names = [frame.model_fields["frame"].default for frame in SERVER_FRAMES + CLIENT_FRAMES]
    assert sorted(names) == sorted({*names})


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_event_type_names_a_noun_and_what_happened_to_it(event_type: str) -> None:
    noun, happened = event_type.split(".")
    assert noun in {"chore", "offer", "booking"}
    assert happened.replace("_", "").isalpha()


def test_close_codes_are_ones_an_application_may_use() -> None:
    for code in CLOSE_CODES:
        assert code in range(1000, 1014) or code in range(4000, 5000)


def test_a_restart_is_worth_coming_back_at_once_and_an_unknown_code_with_backoff() -> None:
    assert reconnect_after(close_codes.RESTART.code) is Reconnect.AT_ONCE
    assert reconnect_after(4403) is Reconnect.NO
    assert reconnect_after(4999) is Reconnect.BACKOFF


def test_the_table_prints_a_row_for_each_code() -> None:
    assert len(close_code_table().splitlines()) == 2 + len(CLOSE_CODES)
