"""One subscriber's session, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import close_codes
from notifications.effects import Acked, Close, Locate, Position, Read
from notifications.frames import StoredEvent
from notifications.states import TRANSITIONS, State, Step, state_diagram
from notifications.terms import Terms
from tests.unit.notifications.scenes import (
    ack,
    event,
    events,
    numbers,
    opened,
    resume,
    said,
    started,
)

PONG = '{"frame":"pong"}'


def test_hello_says_the_newest_number_and_the_terms() -> None:
    [hello] = said(opened().hello(7))
    assert hello["frame"] == "hello"
    assert (hello["last"], hello["ack_every"], hello["max_frame_bytes"]) == (7, 32, 4096)
    assert "window_bytes" not in hello


def test_a_resume_asks_where_the_device_stands() -> None:
    session = opened()
    assert session.receive(resume(3), 0.0) == [Locate("phone")]
    assert session.state is State.LOCATING


def test_what_was_missed_is_read_first_and_in_order() -> None:
    session = opened()
    session.receive(resume(3), 0.0)
    effects = session.located(Position(last=6, oldest=1, device_n=2))
    assert effects == [Acked(2, 3), Read(3)]
    assert numbers(session.read(events(4, 6), 0.0)) == [4, 5, 6]
    assert session.state is State.LIVE


def test_null_starts_where_the_device_acknowledged() -> None:
    session = opened()
    session.receive(resume(None), 0.0)
    assert session.located(Position(last=6, oldest=1, device_n=4)) == [Acked(4, 4), Read(4)]


def test_null_from_a_new_device_starts_at_hello_and_is_remembered() -> None:
    session = opened()
    session.hello(6)
    session.receive(resume(None), 0.0)
    assert session.located(Position(last=6, oldest=1, device_n=None)) == [Acked(6, 6)]
    assert numbers(session.feed([event(7)], 0.0)) == [7]


@pytest.mark.parametrize("relayed", [True, False])
def test_what_happens_between_hello_and_the_look_at_a_new_device_is_told(relayed: bool) -> None:
    """Its client may have read its state before that happened."""
    session = opened()
    session.hello(6)
    session.receive(resume(None), 0.0)
    assert session.feed([event(7)] if relayed else [], 0.0) == []
    assert session.located(Position(last=8, oldest=1, device_n=None)) == [Acked(6, 6), Read(6)]
    assert numbers(session.read(events(7, 8), 0.0)) == [7, 8]


def test_a_new_device_starts_where_hello_says_though_more_was_relayed_before_it() -> None:
    session = opened()
    session.feed([event(7)], 0.0)
    session.hello(6)
    session.receive(resume(None), 0.0)
    assert session.located(Position(last=7, oldest=1, device_n=None)) == [Acked(6, 6), Read(6)]


def test_events_relayed_while_locating_are_not_lost() -> None:
    session = opened()
    session.receive(resume(0), 0.0)
    assert session.feed([event(1)], 0.0) == []
    assert session.located(Position(last=0, oldest=1, device_n=None)) == [Acked(0, 0), Read(0)]
    assert numbers(session.read(events(1, 1), 0.0)) == [1]


def test_a_number_before_the_retention_is_answered_with_resync() -> None:
    session = opened()
    session.receive(resume(3), 0.0)
    [frame] = said(session.located(Position(last=9, oldest=6, device_n=3)))
    assert frame == {"frame": "resync", "n": 9, "reason": "retention"}
    assert numbers(session.feed([event(10)], 0.0)) == [10]


def test_the_last_number_before_the_retention_needs_no_resync() -> None:
    session = opened()
    session.receive(resume(5), 0.0)
    assert session.located(Position(last=9, oldest=6, device_n=3)) == [Acked(3, 5), Read(5)]


def test_a_number_never_given_is_answered_with_resync() -> None:
    session = opened()
    session.receive(resume(12), 0.0)
    [frame] = said(session.located(Position(last=9, oldest=1, device_n=None)))
    assert frame == {"frame": "resync", "n": 9, "reason": "unknown_number"}


def test_a_resync_is_acknowledged_like_an_event() -> None:
    session = started(n=3, last=9, oldest=6, device_n=3)
    assert session.receive(ack(9), 1.0) == [Acked(0, 9)]


@pytest.mark.parametrize("gone", [[], events(5, 6)])
def test_rows_swept_while_reading_end_in_resync(gone: list[StoredEvent]) -> None:
    session = started(last=6)
    [frame] = said(session.read(gone, 0.0))
    assert frame == {"frame": "resync", "n": 6, "reason": "retention"}
    assert session.state is State.LIVE


def test_a_live_event_is_sent_at_once() -> None:
    session = started()
    assert numbers(session.feed(events(1, 2), 0.0)) == [1, 2]
    assert session.state is State.LIVE


def test_a_repeated_event_is_sent_once() -> None:
    session = started()
    session.feed(events(1, 2), 0.0)
    assert session.feed(events(1, 2), 0.0) == []


def test_an_event_out_of_turn_is_read_from_the_store_instead() -> None:
    session = started()
    assert session.feed([event(2)], 0.0) == [Read(0)]
    assert session.feed([event(1)], 0.0) == []
    assert numbers(session.read(events(1, 2), 0.0)) == [1, 2]


def test_a_notice_of_newer_events_makes_it_read() -> None:
    session = started()
    assert session.notice(4) == [Read(0)]
    assert session.notice(4) == []


def test_the_window_stops_sending_until_half_of_it_is_free() -> None:
    session = started()
    assert numbers(session.feed(events(1, 20, size=100), 0.0)) == [1, 2, 3, 4, 5]
    assert session.unacked_bytes <= 1000
    assert session.state is State.BEHIND
    assert session.receive(ack(2), 1.0) == [Acked(0, 2)]
    assert session.receive(ack(3), 1.0) == [Acked(2, 3), Read(5)]
    assert numbers(session.read(events(6, 20, size=100), 1.0)) == [6, 7, 8]


def test_an_event_larger_than_the_window_goes_alone() -> None:
    session = started()
    assert numbers(session.feed([event(1, size=5000), event(2)], 0.0)) == [1]
    assert session.receive(ack(1), 1.0) == [Acked(0, 1), Read(1)]


def test_a_duplicate_ack_is_ignored() -> None:
    session = started()
    session.feed(events(1, 3), 0.0)
    assert session.receive(ack(2), 0.0) == [Acked(0, 2)]
    assert session.receive(ack(2), 0.0) == []
    assert session.receive(ack(1), 0.0) == []


def test_an_ack_of_what_was_never_sent_ends_the_session() -> None:
    session = started()
    session.feed(events(1, 3), 0.0)
    assert session.receive(ack(4), 0.0) == [Close(close_codes.BAD_FRAME)]


def test_an_ack_before_the_resume_ends_the_session() -> None:
    assert opened().receive(ack(0), 0.0) == [Close(close_codes.BAD_FRAME)]


def test_a_second_resume_ends_the_session() -> None:
    assert started().receive(resume(0), 0.0) == [Close(close_codes.BAD_FRAME)]


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"frame":"hello"}',
        '{"frame":"ack"}',
        '{"frame":"ack","n":-1}',
        '{"frame":"ack","n":1.5}',
        '{"frame":"ack","n":"1"}',
        '{"frame":"ack","n":9007199254740992}',
        '{"frame":"ack","n":NaN}',
        '{"frame":"ack","n":1,"extra":1}',
        "[" * 4000,
        '{"frame":"resume","n":0}',
        '{"frame":"resume","n":0,"device":""}',
        '{"frame":"resume","n":0,"device":"a b"}',
        '{"frame":"pong","frame":"ping"}',
        "\ud800",
    ],
)
def test_junk_ends_the_session(junk: str) -> None:
    session = opened()
    assert session.receive(junk, 0.0) == [Close(close_codes.BAD_FRAME)]
    assert session.receive(PONG, 0.0) == []


def test_too_many_frames_end_the_session() -> None:
    session = started(terms=Terms(frames_per_s=10, frames_burst=5))
    assert [session.receive(PONG, 0.0) for _ in range(4)] == [[], [], [], []]
    assert session.receive(PONG, 0.0) == [Close(close_codes.TOO_MANY_FRAMES)]


def test_frames_within_the_rate_are_welcome_for_ever() -> None:
    session = started(terms=Terms(frames_per_s=10, frames_burst=5))
    assert all(session.receive(PONG, i / 10) == [] for i in range(100))


def test_acks_that_move_on_are_not_counted_and_others_are() -> None:
    """Who catches up on thousands of events at once acknowledges often, and honestly."""
    session = started(terms=Terms(frames_per_s=10, frames_burst=5))
    for n in range(1, 200):
        session.feed([event(n)], 0.0)
        assert Close(close_codes.TOO_MANY_FRAMES) not in session.receive(ack(n), 0.0)
    assert [session.receive(ack(7), 0.0) for _ in range(4)] == [[], [], [], []]
    assert session.receive(ack(7), 0.0) == [Close(close_codes.TOO_MANY_FRAMES)]


def test_no_resume_ends_the_session() -> None:
    session = opened()
    assert session.tick(9.9) == []
    assert session.tick(10.0) == [Close(close_codes.RESUME_OVERDUE)]


def test_pings_come_within_the_heartbeat_give_or_take_jitter() -> None:
    session = started()
    assert session.tick(22.4) == []
    assert said(session.tick(22.5)) == [{"frame": "ping"}]
    assert session.tick(22.6) == []


def test_an_ack_that_moves_on_stands_for_a_pong_and_others_do_not() -> None:
    session = started()
    session.feed(events(1, 1), 20.0)
    session.receive(ack(1), 21.0)
    session.receive(ack(1), 30.0)
    session.receive(PONG, 31.0)
    assert session.tick(43.4) == []
    assert said(session.tick(43.5)) == [{"frame": "ping"}]


@given(st.lists(st.tuples(st.sampled_from(["feed", "ack", "pong", "tick"]), st.floats(0, 30))))
def test_nothing_is_due_before_the_session_says_so(happens: list[tuple[str, float]]) -> None:
    session, now = started(), 0.0
    for what, later_s in happens:
        if session.due_at > now:
            assert session.tick(min(now + later_s, session.due_at - 0.001)) == []
        now += later_s
        match what:
            case "feed":
                session.feed([event(session.known + 1)], now)
            case "ack" if session.state is State.LIVE:
                session.receive(ack(session.sent), now)
            case "pong":
                session.receive(PONG, now)
            case "tick":
                session.tick(now)


def test_silence_ends_the_session_and_a_pong_breaks_it() -> None:
    session = started()
    session.receive(PONG, 40.0)
    session.tick(99.9)
    assert session.tick(100.0) == [Close(close_codes.IDLE)]


def test_no_progress_on_unacknowledged_events_ends_the_session() -> None:
    session = started()
    session.feed(events(1, 2), 1.0)
    session.receive(ack(1), 4.0)
    assert session.tick(8.9) == []
    assert session.due_at == 9.0
    assert session.tick(9.0) == [Close(close_codes.TOO_SLOW)]


def test_a_duplicate_ack_is_no_progress() -> None:
    session = started()
    session.feed(events(1, 2), 1.0)
    session.receive(ack(1), 2.0)
    session.receive(ack(1), 6.9)
    assert session.tick(7.0) == [Close(close_codes.TOO_SLOW)]


def test_nothing_is_said_after_the_end() -> None:
    session = started()
    assert session.close(close_codes.RESTART) == [Close(close_codes.RESTART)]
    assert session.close(close_codes.RESTART) == []
    assert session.feed(events(1, 2), 0.0) == []
    assert session.tick(1000.0) == []
    session.lost()


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(Step))
def test_every_step_leads_where_the_table_says_or_nowhere(state: State, step: Step) -> None:
    session = opened()
    session.state = state
    if step in TRANSITIONS[state]:
        session._step(step)
        assert session.state is TRANSITIONS[state][step]
    else:
        with pytest.raises(KeyError):
            session._step(step)


def test_the_diagram_has_every_state() -> None:
    assert all(state.value in state_diagram() for state in State)
