"""The hidden rule: how the town's people answer, of another form than the model that is fitted.

Somebody accepts if what the work pays for an hour of their time, the way there and back included,
reaches their own reserve price that moment: a threshold, with a reserve for each person and a mood
for each offer. The fitted model is one logistic curve in travel for everybody. Some leave offers
unanswered, each to their own degree; how soon they answer hangs on the person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np


@dataclass(frozen=True)
class Person:
    """Somebody's ways: the share of their rate that an hour must bring, how much moods move that,
    how often they leave an offer lying, and how soon they answer (as a share of the time given).
    """

    reserve: float
    moodiness: float
    silence: float
    pace: float


@dataclass(frozen=True)
class Made:
    """An offer as its tasker sees it. Times in seconds."""

    duration_s: float
    travel_s: float
    extended_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Reply:
    """An answer and its moment; `accepts` None: none is given."""

    at: datetime
    accepts: bool | None


def person_of(seed: int, number: int) -> Person:
    """The ways of a tasker: the same whatever the policy."""
    rng = np.random.default_rng((seed, 23, number))
    return Person(
        reserve=float(rng.uniform(0.35, 0.95)),
        moodiness=0.18,
        silence=float(rng.uniform(0.0, 0.2)),
        pace=float(rng.uniform(0.1, 0.5)),
    )


def reply_of(person: Person, made: Made, rng: np.random.Generator) -> Reply:
    """What somebody says to an offer, and when."""
    brings = made.duration_s / (made.duration_s + 2 * made.travel_s)
    mood = float(np.exp(person.moodiness * rng.standard_normal()))
    share = min(person.pace * float(rng.uniform(0.3, 1.7)), 0.95)
    if rng.random() < person.silence:
        return Reply(made.expires_at, None)
    after = (made.expires_at - made.extended_at).total_seconds() * share
    at = made.extended_at + timedelta(seconds=after)
    return Reply(at, brings * mood >= person.reserve)
