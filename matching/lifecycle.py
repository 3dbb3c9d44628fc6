"""The states of a chore, an offer and a booking, and the tables that say which event leads where.

The tables are the only place a state may change by: the service asks `next_state`, the diagrams in
ARCHITECTURE.md are printed from them, and the database's CHECKs name the same states.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, overload


class ChoreState(StrEnum):
    """Where a chore stands. `open` waits for a round, `offered` has pending offers, `unfilled` has
    had its last wave but stays matchable until its `match_by`.
    """

    OPEN = "open"
    OFFERED = "offered"
    BOOKED = "booked"
    COMPLETED = "completed"
    UNFILLED = "unfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ChoreEvent(StrEnum):
    """What can happen to a chore."""

    OFFERS_EXTENDED = "offers_extended"
    WAVE_ENDED = "wave_ended"
    WAVES_EXHAUSTED = "waves_exhausted"
    ACCEPTED = "accepted"
    RELEASED = "released"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    MATCH_BY_PASSED = "match_by_passed"


class OfferState(StrEnum):
    """Where an offer stands; only a pending one can still be answered."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OfferEvent(StrEnum):
    """What can happen to an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    DEADLINE_PASSED = "deadline_passed"
    WITHDRAWN = "withdrawn"


class BookingState(StrEnum):
    """Where a booking stands; the first three are live and hold the tasker's time."""

    SCHEDULED = "scheduled"
    EN_ROUTE = "en_route"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class BookingEvent(StrEnum):
    """What can happen to a booking."""

    SET_OFF = "set_off"
    STARTED = "started"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    GRACE_PASSED = "grace_passed"


_VOCABULARY: dict[str, tuple[type[StrEnum], type[StrEnum]]] = {
    "chore": (ChoreState, ChoreEvent),
    "offer": (OfferState, OfferEvent),
    "booking": (BookingState, BookingEvent),
}

CHORE_TRANSITIONS: Mapping[tuple[ChoreState, ChoreEvent], ChoreState] = {
    (ChoreState.OPEN, ChoreEvent.OFFERS_EXTENDED): ChoreState.OFFERED,
    (ChoreState.OPEN, ChoreEvent.WAVES_EXHAUSTED): ChoreState.UNFILLED,
    (ChoreState.OPEN, ChoreEvent.CANCELLED): ChoreState.CANCELLED,
    (ChoreState.OPEN, ChoreEvent.MATCH_BY_PASSED): ChoreState.EXPIRED,
    (ChoreState.OFFERED, ChoreEvent.ACCEPTED): ChoreState.BOOKED,
    (ChoreState.OFFERED, ChoreEvent.WAVE_ENDED): ChoreState.OPEN,
    (ChoreState.OFFERED, ChoreEvent.CANCELLED): ChoreState.CANCELLED,
    (ChoreState.OFFERED, ChoreEvent.MATCH_BY_PASSED): ChoreState.EXPIRED,
    (ChoreState.UNFILLED, ChoreEvent.OFFERS_EXTENDED): ChoreState.OFFERED,
    (ChoreState.UNFILLED, ChoreEvent.CANCELLED): ChoreState.CANCELLED,
    (ChoreState.UNFILLED, ChoreEvent.MATCH_BY_PASSED): ChoreState.EXPIRED,
    (ChoreState.BOOKED, ChoreEvent.RELEASED): ChoreState.OPEN,
    (ChoreState.BOOKED, ChoreEvent.COMPLETED): ChoreState.COMPLETED,
    (ChoreState.BOOKED, ChoreEvent.CANCELLED): ChoreState.CANCELLED,
}

OFFER_TRANSITIONS: Mapping[tuple[OfferState, OfferEvent], OfferState] = {
    (OfferState.PENDING, OfferEvent.ACCEPTED): OfferState.ACCEPTED,
    (OfferState.PENDING, OfferEvent.DECLINED): OfferState.DECLINED,
    (OfferState.PENDING, OfferEvent.DEADLINE_PASSED): OfferState.EXPIRED,
    (OfferState.PENDING, OfferEvent.WITHDRAWN): OfferState.WITHDRAWN,
}

BOOKING_TRANSITIONS: Mapping[tuple[BookingState, BookingEvent], BookingState] = {
    (BookingState.SCHEDULED, BookingEvent.SET_OFF): BookingState.EN_ROUTE,
    (BookingState.SCHEDULED, BookingEvent.STARTED): BookingState.IN_PROGRESS,
    (BookingState.SCHEDULED, BookingEvent.CANCELLED): BookingState.CANCELLED,
    (BookingState.SCHEDULED, BookingEvent.GRACE_PASSED): BookingState.NO_SHOW,
    (BookingState.EN_ROUTE, BookingEvent.STARTED): BookingState.IN_PROGRESS,
    (BookingState.EN_ROUTE, BookingEvent.CANCELLED): BookingState.CANCELLED,
    (BookingState.EN_ROUTE, BookingEvent.GRACE_PASSED): BookingState.NO_SHOW,
    (BookingState.IN_PROGRESS, BookingEvent.FINISHED): BookingState.COMPLETED,
    # For operators alone, as when a phone has died: the service refuses it to the two parties.
    (BookingState.IN_PROGRESS, BookingEvent.CANCELLED): BookingState.CANCELLED,
}

_TABLES: dict[str, Mapping[Any, StrEnum]] = {
    "chore": CHORE_TRANSITIONS,
    "offer": OFFER_TRANSITIONS,
    "booking": BOOKING_TRANSITIONS,
}
_INITIAL: dict[str, StrEnum] = {
    "chore": ChoreState.OPEN,
    "offer": OfferState.PENDING,
    "booking": BookingState.SCHEDULED,
}
_NAME_OF: dict[type[StrEnum], str] = {states: name for name, (states, _) in _VOCABULARY.items()}


class IllegalTransition(Exception):
    """An event that the present state does not allow. Facts: `kind`, `state`, `event`."""

    def __init__(self, kind: str, state: StrEnum, event: StrEnum) -> None:
        super().__init__(f"a {kind} that is {state} cannot take {event}")
        self.kind = kind
        self.state = state
        self.event = event


@overload
def next_state(state: ChoreState, event: ChoreEvent) -> ChoreState: ...
@overload
def next_state(state: OfferState, event: OfferEvent) -> OfferState: ...
@overload
def next_state(state: BookingState, event: BookingEvent) -> BookingState: ...
def next_state(state: StrEnum, event: StrEnum) -> StrEnum:
    """The state that `event` leads to. Raises IllegalTransition if the table has no such row."""
    kind = _NAME_OF[type(state)]
    try:
        return _TABLES[kind][state, event]
    except KeyError:
        raise IllegalTransition(kind, state, event) from None


def states_before(event: ChoreEvent | OfferEvent | BookingEvent) -> frozenset[StrEnum]:
    """The states an event may be taken in, for the WHERE of a conditional UPDATE."""
    table = next(t for t in _TABLES.values() if any(type(e) is type(event) for _, e in t))
    return frozenset(state for state, taken in table if taken == event)


def mermaid(kind: str) -> str:
    """The table of `kind` (chore, offer, booking) as a mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {_INITIAL[kind]}"]
    lines += [f"    {source} --> {target}: {event}" for source, event, target in _rows(kind)]
    lines += [f"    {state} --> [*]" for state in _final_states(kind)]
    return "\n".join(lines)


def _rows(kind: str) -> list[tuple[StrEnum, StrEnum, StrEnum]]:
    return [(source, event, target) for (source, event), target in _TABLES[kind].items()]


def _final_states(kind: str) -> list[StrEnum]:
    sources = {source for source, _, _ in _rows(kind)}
    return [state for state in _VOCABULARY[kind][0] if state not in sources]
