"""What the benchmarks of the running service share: schedules, frames, scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from uuid import UUID

import pytest
from psycopg.types.range import Range

from benchmarks.load.answering import CHORE_ID, OFFER_ID, field_of
from benchmarks.load.frames import frame_at as event_at
from benchmarks.load.lines import EVENT, mark_of, marked_id
from benchmarks.load.races import Tally
from benchmarks.load.schedule import percentiles, ticks
from benchmarks.load.transactions import script
from benchmarks.load.waves import CHORE, id_of
from benchmarks.load.websocket import frame_at
from notifications.frames import Event, parse_server_frame
from service.db.direct import uuid_array


@pytest.mark.parametrize("rate", [10, 100, 150, 5_000])
def test_a_schedule_comes_to_its_rate(rate: int) -> None:
    due = ticks(rate, 2.0)
    assert len(due) == 200
    assert sum(due) == 2 * rate
    assert max(due) - min(due) <= 1


def test_percentiles_are_milliseconds() -> None:
    assert percentiles([1_000, 2_000, 3_000], 50, 100) == [2.0, 3.0]
    assert isnan(percentiles([], 50)[0])


def test_an_event_says_when_it_was_scheduled() -> None:
    text = event_at(1_234_567_890_123)
    frame = parse_server_frame(text)
    assert isinstance(frame, Event)
    assert text.encode().startswith(EVENT)
    assert mark_of(text.encode()) == 1_234_567_890_123
    assert UUID(marked_id(7)).int & 0xFFFF_FFFF_FFFF == 7
    assert mark_of(b'{"frame":"ping"}') is None


def test_an_offer_in_a_frame_as_the_database_writes_it_is_found() -> None:
    offer, chore = id_of(1, 2), id_of(3, 4)
    text = f'{{"offer": {{"id": "{offer}", "chore_id": "{chore}"}}}}'.encode()
    assert field_of(text, OFFER_ID) == str(offer)
    assert field_of(text, CHORE_ID) == str(chore)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_is_taken_only_when_it_is_whole(size: int) -> None:
    width = b"" if size < 126 else size.to_bytes(2 if size < 65_536 else 8, "big")
    short = size if size < 126 else (126 if size < 65_536 else 127)
    frame = bytes((0x81, short)) + width + b"x" * size
    begins = len(frame) - size
    assert frame_at(b"ab" + frame + b"more", 2) == (0x81, begins + 2, len(frame) + 2)
    assert frame_at(frame[:-1], 0) is None
    assert frame_at(frame[:1], 0) is None


def test_a_script_holds_the_statements_with_their_values() -> None:
    at, chore = datetime(2026, 11, 23, tzinfo=UTC), id_of(CHORE, 0)
    given = {
        "at": at, "chore": chore, "some": [chore, None], "none": [], "held": Range(at, at),
        "text": """it's {"price":null}""", "n": 3,
    }  # fmt: skip
    query = "SELECT %(at)s, %(chore)s::UUID, %(some)s, %(none)s, %(held)s, %(text)s, %(n)s, 7 %% 2"
    written = script([(query, given)], {chore: "f(:n)"}, "\\set n 1").splitlines()
    assert written[:2] == ["\\set n 1", "BEGIN;"]
    assert written[3:] == ["COMMIT;"]
    assert written[2] == (
        "SELECT '2026-11-23T00:00:00+00:00'::timestamptz, f(:n)::UUID, ARRAY[f(:n), NULL], '{}', "
        "tstzrange('2026-11-23 00:00:00+00:00', '2026-11-23 00:00:00+00:00'), "
        """'it''s {"price": null}', 3, 7 % 2;"""
    )


def test_ids_that_travel_as_text_are_computed_in_a_script_as_well() -> None:
    chore, other = id_of(CHORE, 0), UUID(int=5)
    query, given = "SELECT CAST(%(ids)s AS uuid[])", {"ids": uuid_array([chore, other])}
    written = script([(query, given)], {chore: "f(:n)"}, "").splitlines()
    assert written[2] == f"SELECT CAST(ARRAY[f(:n), '{other}'::uuid] AS uuid[]);"


def test_a_race_with_one_winner_and_everybody_else_told_so_is_counted() -> None:
    tally = Tally()
    result = {"race": 1, "kinds": {"booked": 1, "chore-taken": 199}, "again": {"503": 2}, "won": []}
    tally.add([result, result])
    assert (tally.attempts, tally.races, tally.again) == (400, 2, {"503": 4})


@pytest.mark.parametrize(
    "kinds",
    [
        {"booked": 2, "chore-taken": 198},
        {"chore-taken": 200},
        {"booked": 1, "chore-taken": 198, "offer-withdrawn": 1},
        {"booked": 1, "chore-taken": 198},
    ],
)
def test_a_race_with_any_other_end_is_a_failure(kinds: dict[str, int]) -> None:
    with pytest.raises(RuntimeError, match="race 1 had"):
        Tally().add([{"race": 1, "kinds": kinds, "again": {}, "won": []}])
