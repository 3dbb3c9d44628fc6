"""The states of a subscriber and the one table of its transitions; the session is held to it, the
diagram drawn from it.
"""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a subscriber stands.

    OPENED: hello is said, the client's resume is awaited. LOCATING: where it stands is being looked
    up. BEHIND: events exist that it was not sent. LIVE: it was sent everything. CLOSED: nothing
    more is said.
    """

    OPENED = "opened"
    LOCATING = "locating"
    BEHIND = "behind"
    LIVE = "live"
    CLOSED = "closed"


class Step(Enum):
    """What moves a subscriber on."""

    RESUME = "resume"
    MISSING = "missing"
    COMPLETE = "complete"
    CLOSE = "close"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.OPENED: {Step.RESUME: State.LOCATING, Step.CLOSE: State.CLOSED},
    State.LOCATING: {
        Step.MISSING: State.BEHIND,
        Step.COMPLETE: State.LIVE,
        Step.CLOSE: State.CLOSED,
    },
    State.BEHIND: {
        Step.MISSING: State.BEHIND,
        Step.COMPLETE: State.LIVE,
        Step.CLOSE: State.CLOSED,
    },
    State.LIVE: {
        Step.MISSING: State.BEHIND,
        Step.COMPLETE: State.LIVE,
        Step.CLOSE: State.CLOSED,
    },
    State.CLOSED: {Step.CLOSE: State.CLOSED},
}
"""The whole life of a subscriber. A step that is missing here is a mistake of the session, and
raises KeyError.
"""


def state_diagram() -> str:
    """The table as a Mermaid state diagram, without the steps that stay where they are."""
    lines = [
        f"    {state.value} --> {after.value}: {step.value}"
        for state, steps in TRANSITIONS.items()
        for step, after in steps.items()
        if after is not state
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> opened", *lines, "    closed --> [*]"])
