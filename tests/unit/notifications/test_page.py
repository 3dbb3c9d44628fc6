"""The protocol page says what the code does."""

from __future__ import annotations

import json
import re

from notifications.close_codes import CLOSE_CODES
from notifications.frames import Event, Hello, parse_server_frame
from notifications.messages import EVENTS
from notifications.page import PAGE, written
from notifications.terms import ANNOUNCED, Terms
from service.stream.socket import CONTROLS_PER_S

TEXT = PAGE.read_text()


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    assert written(TEXT) == TEXT


def test_every_code_event_and_term_is_on_the_page() -> None:
    wanted = [str(code) for code in CLOSE_CODES]
    wanted += [f"`{name}`" for name in (*EVENTS, *ANNOUNCED)]
    assert [word for word in wanted if word not in TEXT] == []


def test_hello_announces_every_term_the_page_explains() -> None:
    assert set(ANNOUNCED) == set(Hello.model_fields) - {"frame", "session", "last"}


def test_the_frames_on_the_page_are_frames() -> None:
    [hello, event] = [
        parse_server_frame(text) for text in re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)
    ]
    assert isinstance(hello, Hello)
    assert isinstance(event, Event)
    said = hello.model_dump(exclude={"frame", "session", "last"})
    assert said == Terms().announced()
    EVENTS[event.type].model_validate_json(json.dumps(event.data))


def test_the_numbers_on_the_page_are_the_terms() -> None:
    terms = Terms()
    assert f"{terms.window_bytes // 1024} KiB" in TEXT
    assert f"for {terms.unacked_for_s:.0f} seconds" in TEXT
    assert (terms.frames_burst, CONTROLS_PER_S) == (100, 20)
    assert "a hundred in reserve" in TEXT
    assert "more than twenty a second" in TEXT
