"""The two reference clients go by the same table of close codes and the same waits."""

from __future__ import annotations

import re
from pathlib import Path

from notifications import client
from notifications.close_codes import CLOSE_CODES, LOST, Reconnect
from notifications.frames import SUBPROTOCOL, TICKET_PREFIX

SOURCE = Path(client.__file__).with_suffix(".ts").read_text()


def codes(name: str) -> set[int]:
    """The codes of a set in the TypeScript client."""
    found = re.search(rf"const {name} = new Set\(\[([\d, ]+)\]\)", SOURCE)
    assert found is not None
    return {int(code) for code in found[1].split(",")}


def test_both_stay_away_and_come_back_after_the_same_codes() -> None:
    for name, wanted in (("STAY_AWAY", Reconnect.NO), ("AT_ONCE", Reconnect.AT_ONCE)):
        assert codes(name) == {row.code for row in CLOSE_CODES.values() if row.reconnect is wanted}


def test_both_wait_for_as_long_and_speak_the_same_protocol() -> None:
    for line in (
        f"FIRST_WAIT_S = {client.FIRST_WAIT_S:g};",
        f"LONGEST_WAIT_S = {client.LONGEST_WAIT_S:g};",
        f"LOST = {LOST.code};",
        f'SUBPROTOCOL = "{SUBPROTOCOL}";',
        f'TICKET_PREFIX = "{TICKET_PREFIX}";',
    ):
        assert f"const {line}" in SOURCE
