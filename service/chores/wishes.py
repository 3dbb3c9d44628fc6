"""Wishes: what a client may ask for: the window, the duration. Each refusal names its field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from matching.policy import MatchingPolicy
from service.errors import DurationNotUsable, WindowNotUsable

SHORTEST_MIN, LONGEST_MIN = 15, 24 * 60
FURTHEST_AHEAD = timedelta(days=365)
CLOCKS_DIFFER = timedelta(minutes=1)
"""A window may have begun this long ago: the client's clock is not ours."""

TO_GET_THERE = timedelta(hours=1)
"""Added to the window of a chore for now, so that a match at the last moment can still be kept."""


@dataclass(frozen=True, slots=True)
class Window:
    """When the work may be done; `now` for as soon as somebody can."""

    start: datetime
    end: datetime
    now: bool


def refuse_duration(minutes: int) -> None:
    """Raises DurationNotUsable unless a chore can take so long."""
    if SHORTEST_MIN <= minutes <= LONGEST_MIN:
        return
    reason = "too_short" if minutes < SHORTEST_MIN else "too_long"
    message = f"A chore takes {SHORTEST_MIN} to {LONGEST_MIN} minutes."
    raise DurationNotUsable.field(
        "duration_min", reason, message, lowest=SHORTEST_MIN, highest=LONGEST_MIN
    )


def window_from_now(policy: MatchingPolicy, minutes: int, now: datetime) -> Window:
    """The window of a chore for now: the policy's patience, time to get there, and the work."""
    patience = timedelta(seconds=policy.match_now_within_s)
    return Window(now, now + patience + TO_GET_THERE + timedelta(minutes=minutes), now=True)


def checked_window(start: datetime, end: datetime, minutes: int, now: datetime) -> Window:
    """The window a client gave. Raises WindowNotUsable, with the reason, for one that cannot be."""
    duration = timedelta(minutes=minutes)
    if end <= start:
        raise _refused("when.end", "ends_before_it_starts", "The window ends before it starts.")
    if start < now - CLOCKS_DIFFER:
        raise _refused("when.start", "in_the_past", "The window has begun already.")
    if end - start < duration:
        message = f"The window is shorter than the {minutes} minutes of work."
        raise _refused("when.end", "shorter_than_duration", message)
    if end > now + FURTHEST_AHEAD:
        message = f"The window ends more than {FURTHEST_AHEAD.days} days ahead."
        raise _refused("when.end", "too_far_ahead", message)
    if end - duration <= now:
        message = "There is no time left to begin the work within the window."
        raise _refused("when.end", "too_late_to_begin", message)
    return Window(start, end, now=False)


def _refused(field: str, reason: str, message: str) -> Exception:
    return WindowNotUsable.field(field, reason, message)
