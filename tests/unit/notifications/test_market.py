"""Watching a market: who may ask when, the whole in pages, and what changed between two views."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from notifications import close_codes
from notifications.effects import Close, Follow
from notifications.market import (
    PAGE,
    MarketCounts,
    MarketNow,
    MarketView,
    Refused,
    WatchedBooking,
    WatchedChore,
    WatchedTasker,
    change,
    whole,
)
from notifications.states import State
from tests.unit.notifications.scenes import AT, opened, started
from tests.unit.notifications.test_asyncapi import payload_of

COUNTS = MarketCounts(open=1, offered=0, unfilled=0, bookings=0, online=3, offers=0)


def watch(market: str | None) -> str:
    return json.dumps({"frame": "watch", "market": market})


def chore(n: int, wave: int = 0) -> WatchedChore:
    return WatchedChore(
        id=UUID(int=n), status="open", category="mounting", lon=-0.05, lat=51.5, wave=wave,
        radius_m=5_000.0, offers=0, starts_at=AT,
    )  # fmt: skip


def booking(n: int) -> WatchedBooking:
    return WatchedBooking(
        id=UUID(int=n), chore_id=UUID(int=n + 1), tasker_id=UUID(int=n + 2), status="scheduled",
        lon=-0.05, lat=51.5,
    )  # fmt: skip


def view(*chores: WatchedChore, bookings: tuple[WatchedBooking, ...] = ()) -> MarketView:
    return MarketView(
        "london", AT, COUNTS, {one.id: one for one in chores}, {one.id: one for one in bookings}
    )


def test_a_watch_after_the_resume_is_for_the_driver_to_follow() -> None:
    session = started()
    assert session.receive(watch("london"), 1.0) == [Follow("london")]
    assert session.receive(watch(None), 2.0) == [Follow(None)]
    assert session.state is State.LIVE


def test_a_watch_before_the_resume_is_out_of_turn() -> None:
    assert opened().receive(watch("london"), 1.0) == [Close(close_codes.BAD_FRAME)]


@pytest.mark.parametrize("market", ["", "London", "a'; drop table", "x" * 42, 3])
def test_a_watch_of_what_can_be_no_market_is_a_bad_frame(market: object) -> None:
    text = json.dumps({"frame": "watch", "market": market})
    assert started().receive(text, 1.0) == [Close(close_codes.BAD_FRAME)]


def test_the_whole_of_an_empty_market_is_one_frame() -> None:
    (frame,) = whole(view())
    assert (frame.begin, frame.counts, frame.chores, frame.bookings) == (True, COUNTS, [], [])


def test_a_large_market_comes_in_pages_with_everything_once() -> None:
    chores = [chore(n) for n in range(PAGE + 10)]
    frames = list(whole(view(*chores, bookings=(booking(9_000),))))
    assert [frame.begin for frame in frames] == [True, False]
    assert [one for frame in frames for one in frame.chores] == chores
    assert [one.id for frame in frames for one in frame.bookings] == [UUID(int=9_000)]
    assert all(len(frame.chores) + len(frame.bookings) <= PAGE for frame in frames)


def test_where_nothing_happened_nothing_is_said() -> None:
    assert change(view(chore(1)), view(chore(1))) is None


def test_a_change_names_what_is_new_what_differs_and_what_is_gone() -> None:
    before = view(chore(1), chore(2), chore(3), bookings=(booking(10),))
    after = view(chore(2), chore(3, wave=1), chore(4), bookings=(booking(20),))
    frame = change(before, after)
    assert frame is not None
    assert not frame.begin
    assert {one.id.int for one in frame.chores} == {3, 4}
    assert [one.id.int for one in frame.bookings] == [20]
    assert {one.int for one in frame.gone} == {1, 10}


def test_counts_alone_are_a_change() -> None:
    counts = COUNTS.model_copy(update={"online": 4})
    frame = change(view(chore(1)), replace(view(chore(1)), counts=counts))
    assert frame is not None
    assert (frame.counts.online, frame.chores) == (4, [])


def test_taskers_who_moved_and_who_left_are_told() -> None:
    tasker = WatchedTasker(id=UUID(int=5), lon=-0.05, lat=51.5)
    after = replace(view(), moved=[tasker], left=[UUID(int=6)], many=True)
    frame = change(view(), after)
    assert frame is not None
    assert (frame.taskers, frame.gone, frame.reload) == ([tasker], [UUID(int=6)], True)
    assert change(after, replace(after, many=False)) is None


def test_what_is_said_fits_the_document() -> None:
    frame = change(view(), view(chore(1), bookings=(booking(10),)))
    assert isinstance(frame, MarketNow)
    payload_of("market").validate(json.loads(frame.model_dump_json()))
    refused = Refused(watch="london", reason="not_allowed")
    payload_of("refused").validate(json.loads(refused.model_dump_json()))
    payload_of("watch").validate(json.loads(watch(None)))
    assert not payload_of("watch").is_valid({"frame": "watch"})
