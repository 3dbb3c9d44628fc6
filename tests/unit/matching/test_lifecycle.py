"""Every state meets every event."""

from enum import StrEnum
from typing import Any

import pytest

from matching import lifecycle
from matching.lifecycle import (
    BookingEvent,
    BookingState,
    ChoreEvent,
    ChoreState,
    IllegalTransition,
    OfferEvent,
    OfferState,
    next_state,
)

TABLES: list[tuple[type[StrEnum], type[StrEnum], Any]] = [
    (ChoreState, ChoreEvent, lifecycle.CHORE_TRANSITIONS),
    (OfferState, OfferEvent, lifecycle.OFFER_TRANSITIONS),
    (BookingState, BookingEvent, lifecycle.BOOKING_TRANSITIONS),
]
EVERY_PAIR = [
    (state, event, table)
    for states, events, table in TABLES
    for state in states
    for event in events
]


@pytest.mark.parametrize(("state", "event", "table"), EVERY_PAIR)
def test_every_state_takes_exactly_the_events_of_its_table(
    state: Any, event: Any, table: Any
) -> None:
    if (state, event) in table:
        assert next_state(state, event) == table[state, event]
    else:
        with pytest.raises(IllegalTransition) as refused:
            next_state(state, event)
        assert (refused.value.state, refused.value.event) == (state, event)


@pytest.mark.parametrize(("states", "events", "table"), TABLES)
def test_every_state_is_reached_and_every_event_is_used(
    states: type[StrEnum], events: type[StrEnum], table: Any
) -> None:
    initial = next(iter(states))
    assert {initial, *table.values()} == set(states)
    assert {event for _, event in table} == set(events)


def test_final_states_are_those_nothing_leads_out_of() -> None:
    shown = {state for state in ChoreState if f"{state} --> [*]" in lifecycle.mermaid("chore")}
    assert shown == {ChoreState.COMPLETED, ChoreState.CANCELLED, ChoreState.EXPIRED}


def test_a_cancelled_chore_can_be_told_from_the_states_it_may_be_cancelled_in() -> None:
    assert lifecycle.states_before(ChoreEvent.CANCELLED) == {
        "open",
        "offered",
        "unfilled",
        "booked",
    }
    assert lifecycle.states_before(OfferEvent.ACCEPTED) == {"pending"}


@pytest.mark.parametrize("kind", ["chore", "offer", "booking"])
def test_diagrams_show_every_row_of_the_table(kind: str) -> None:
    for source, event, target in lifecycle._rows(kind):
        assert f"{source} --> {target}: {event}" in lifecycle.mermaid(kind)
