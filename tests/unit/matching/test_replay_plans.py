"""A replay's plans are the dispatcher's: checked against them, chore by chore."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import numpy as np
import pytest

from matching.lifecycle import ChoreState
from matching.policy import MatchingPolicy
from matching.replay.plans import (
    FOUND_NOBODY,
    HELD_BACK,
    MADE_OFFERS,
    OFFERED,
    OPEN,
    UNFILLED,
    Standing,
    exhausted,
    next_of,
)
from matching.result import OutcomeKind
from service.dispatch import plans
from service.dispatch.queries import DueChore

NOW = datetime(2027, 6, 7, 12, tzinfo=UTC)
KINDS = {
    MADE_OFFERS: OutcomeKind.OFFERS, FOUND_NOBODY: OutcomeKind.NOBODY, HELD_BACK: OutcomeKind.HELD
}  # fmt: skip
STATES = {OPEN: ChoreState.OPEN, UNFILLED: ChoreState.UNFILLED, OFFERED: ChoreState.OFFERED}
POLICY = MatchingPolicy(max_waves=3, wave_retry_s=70, hold_s=100)


def as_due(status: int, wave: int, next_wave_in: float | None) -> DueChore:
    again = None if next_wave_in is None else NOW + timedelta(seconds=next_wave_in)
    hour = timedelta(hours=1)
    return DueChore(
        UUID(int=1), UUID(int=2), "mounting", "cell", NOW, NOW + 4 * hour, 60,
        NOW - timedelta(seconds=40), NOW + 3 * hour, False, None, wave, str(STATES[status]), NOW,
        again, 1, 60, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "wave", "next_wave_in", "did"),
    list(product((OPEN, UNFILLED), range(3), (None, -5.0, 30.0), KINDS)),
)
def test_what_follows_is_what_the_dispatcher_says(
    status: int, wave: int, next_wave_in: float | None, did: int
) -> None:
    due, now_s = as_due(status, wave, next_wave_in), NOW.timestamp()
    expected = plans._plan(due, KINDS[did], POLICY, NOW)
    standing = Standing(
        np.array([status]), np.array([wave]),
        np.array([np.inf if next_wave_in is None else now_s + next_wave_in]),
        np.array([now_s - 40]), np.array([70.0]), np.array([100.0]), np.array([3]),
    )  # fmt: skip
    found = next_of(standing, np.array([did]), now_s)
    assert STATES[int(found.status[0])] == expected.to
    assert found.wave[0] == expected.wave
    if did != MADE_OFFERS:
        assert expected.due_at is not None
        assert found.due_s[0] == expected.due_at.timestamp()
        again = expected.next_wave_at.timestamp() if expected.next_wave_at else np.inf
        assert found.next_wave_s[0] == again


def test_a_chore_is_exhausted_when_the_dispatcher_says_so() -> None:
    for status, wave in product((OPEN, UNFILLED), range(5)):
        expected = plans.is_exhausted(as_due(status, wave, None), POLICY)
        assert exhausted(np.array([status]), np.array([wave]), np.array([3]))[0] == expected
