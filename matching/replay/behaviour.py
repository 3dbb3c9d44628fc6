"""How people answer in a replay: whether, and when, drawn from what was fitted to answered offers.

An offer is accepted with the chance of the fitted model; of those refused a share is declined and
the rest left to expire. When somebody answers is a share of the time they are given, drawn from the
shares that were seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from matching.arrays import Floats, Ints
from matching.chance import AcceptanceModel
from matching.replay.draws import Keys, uniform

ACCEPTED, DECLINED, SILENT, UNDELIVERED = 0, 1, 2, 3
"""What becomes of an offer that nobody withdraws."""
MOOD, MANNER, PACE, LINE, FAITH, REGRET = (np.array([n], dtype=np.uint64) for n in range(6))
"""What a draw is for: so that one does not tell of another."""
GRID = np.linspace(0, 1, 33)


def _paces() -> Floats:
    """Anywhere between a twentieth of the time given and the last twentieth."""
    return 0.05 + 0.9 * GRID


@dataclass(frozen=True, eq=False)
class Behaviour:
    """One belief about taskers. `liking`: by how much more than the model says, in log odds, a
    tasker takes offers (0 for who is not named). `accept_pace` and `decline_pace` are quantiles of
    the share of the time given after which people answer, on GRID. `silent`: the share of refusals
    that come as silence; `undelivered`: of offers that reach nobody; `given_up`: of bookings that
    the tasker
    gives up before they begin.
    """

    model: AcceptanceModel = field(default_factory=AcceptanceModel)
    liking: Mapping[str, float] = field(default_factory=dict)
    accept_pace: Floats = field(default_factory=_paces)
    decline_pace: Floats = field(default_factory=_paces)
    silent: float = 0.25
    undelivered: float = 0.0
    given_up: float = 0.0


class Asked(NamedTuple):
    """Offers as they go out: the draw of behaviour each falls under, keys of chore and tasker, the
    tasker's row in the record, the wave, the features of the model, when they were made and when
    they end.
    """

    draw: Ints
    chore: Keys
    tasker: Keys
    who: Ints
    wave: Ints
    features: Floats
    at_s: float
    expires_s: Floats


class People:
    """Some draws of everybody's behaviour, each with its seed."""

    def __init__(
        self, behaviours: Sequence[Behaviour], seeds: Sequence[int], taskers: Sequence[str] = ()
    ) -> None:
        """One seed for each behaviour; equal seeds share every draw of luck. `taskers` are the
        record's, by row: who is not among them has no liking of their own.
        """
        self.seeds: Keys = np.array(seeds, dtype=np.uint64)
        self._behaviours = tuple(behaviours)
        self._paces = np.array([(b.accept_pace, b.decline_pace) for b in behaviours])
        self._liking = [np.array([b.liking.get(t, 0.0) for t in taskers]) for b in behaviours]
        self._silent = np.array([b.silent for b in behaviours])
        self._undelivered = np.array([b.undelivered for b in behaviours])
        self._given_up = np.array([b.given_up for b in behaviours])

    def __len__(self) -> int:
        return len(self._behaviours)

    def answers(self, asked: Asked) -> tuple[Ints, Floats]:
        """What becomes of each offer and when, epoch seconds, shape (n,) each."""
        seed = self.seeds[asked.draw]
        mood, manner, pace = (
            uniform(what, seed, asked.chore, asked.tasker) for what in (MOOD, MANNER, PACE)
        )
        line = uniform(LINE, seed, asked.chore, asked.tasker, asked.wave.astype(np.uint64))
        answer = np.where(manner < self._silent[asked.draw], SILENT, DECLINED)
        answer[mood < self._chances(asked)] = ACCEPTED
        answer[line < self._undelivered[asked.draw]] = UNDELIVERED
        share = np.ones(len(answer))
        for kind in (ACCEPTED, DECLINED):
            here = np.flatnonzero(answer == kind)
            share[here] = self._at(asked.draw[here], kind, pace[here])
        return answer, asked.at_s + share * (asked.expires_s - asked.at_s)

    def given_up_at(
        self, draw: Ints, chore: Keys, tasker: Keys, since_s: Floats, starts_s: Floats
    ) -> Floats:
        """When each booking is given up, infinite for those that are kept."""
        seed = self.seeds[draw]
        kept = uniform(FAITH, seed, chore, tasker) >= self._given_up[draw]
        share = uniform(REGRET, seed, chore, tasker)
        return np.where(kept, np.inf, since_s + share * np.maximum(starts_s - since_s, 0))

    def _chances(self, asked: Asked) -> Floats:
        chances = np.empty(len(asked.draw))
        for draw in np.unique(asked.draw).tolist():
            here = asked.draw == draw
            liking = self._liking[draw][asked.who[here]] if len(self._liking[draw]) else None
            chances[here] = self._behaviours[draw].model.chances(asked.features[here], liking)
        return chances

    def _at(self, draw: Ints, kind: int, pace: Floats) -> Floats:
        """The quantile of each draw's pace, between the points of GRID."""
        at = pace * (len(GRID) - 1)
        low = at.astype(np.int64)
        paces = self._paces[draw, kind]
        rows = np.arange(len(draw))
        below, above = paces[rows, low], paces[rows, np.minimum(low + 1, len(GRID) - 1)]
        found: Floats = below + (at - low) * (above - below)
        return np.clip(found, 0.001, 0.999)
