"""Signals as NOTIFY payloads: none lost, none too long."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.bus import NOTIFY_BYTES, pack, unpack
from service.stream.relay import TOLD, heard, told

SIGNALS = st.lists(
    st.text(
        st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1, max_size=900
    )
)


@given(SIGNALS)
def test_packed_signals_come_out_as_they_went_in(signals: list[str]) -> None:
    payloads = pack("node", signals)
    assert all(len(payload.encode()) <= NOTIFY_BYTES for payload in payloads)
    unpacked = [unpack(payload) for payload in payloads]
    assert all(node == "node" for node, _ in unpacked)
    assert [signal for _, some in unpacked for signal in some] == signals


def test_a_signal_that_fits_no_payload_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        pack("node", ["x" * NOTIFY_BYTES])


@given(st.dictionaries(st.uuids(), st.integers(1, 2**53 - 1), max_size=350))
def test_who_was_told_what_survives_the_way(newest: dict[UUID, int]) -> None:
    arrived: dict[UUID, int] = {}
    for payload in pack("node", told(newest)):
        for signal in unpack(payload)[1]:
            topic, _, said = signal.partition(":")
            assert topic == TOLD
            arrived |= heard(said)
    assert arrived == newest
