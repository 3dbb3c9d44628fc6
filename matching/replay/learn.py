"""Learning: beliefs about how people answer, drawn from the offers of a record.

Each draw is a fit of its own, to taskers taken with replacement with all their offers, so that what
draws differ in is what so many people can teach. An offer that was withdrawn because somebody else
was quicker would have been answered later: those that could wait longer count for those that could
not (inverse probability of censoring, by Kaplan and Meier's estimate), or silence, which takes the
whole time given, would seem rarer than it is.
"""

from dataclasses import dataclass

import numpy as np

from matching.arrays import Floats, Ints
from matching.chance import fit
from matching.replay.behaviour import ACCEPTED, DECLINED, GRID, SILENT, UNDELIVERED, Behaviour

WITHDRAWN = 4
"""An offer that was taken back before it was answered."""
FEWEST_PACES = 20
LEAST_KEPT = 0.05
"""No answer counts more than twenty times."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Offers of a record, in columns: the features (n, FEATURES), what became of each, after which
    share of the time given, and of whom it was. `bookings` were made of them, and so many of these
    given up by their taskers.
    """

    features: Floats
    outcome: Ints
    share: Floats
    tasker: Ints
    bookings: int = 0
    given_up: int = 0

    @property
    def told(self) -> Floats:
        """The features of those that say something."""
        return self.features[np.isin(self.outcome, (ACCEPTED, DECLINED, SILENT))]


def draw_behaviour(answers: Answers, rng: np.random.Generator) -> Behaviour:
    """One belief: what these offers say, had other taskers of the same kind been there."""
    weight = _resampled(answers, rng) * _counting_for_the_withdrawn(answers)
    said = np.isin(answers.outcome, (ACCEPTED, DECLINED, SILENT))
    yes = answers.outcome[said] == ACCEPTED
    refused = weight[said & (answers.outcome != ACCEPTED)].sum()
    silent = weight[answers.outcome == SILENT].sum()
    plain = Behaviour()
    return Behaviour(
        model=fit(answers.features[said], yes, weights=weight[said]),
        accept_pace=_paces(answers, weight, ACCEPTED, plain.accept_pace),
        decline_pace=_paces(answers, weight, DECLINED, plain.decline_pace),
        silent=float(silent / refused) if refused > 0 else plain.silent,
        undelivered=float((answers.outcome == UNDELIVERED).mean()) if len(said) else 0.0,
        given_up=answers.given_up / max(answers.bookings, 1),
    )


def _resampled(answers: Answers, rng: np.random.Generator) -> Floats:
    """How often each offer counts: as often as its tasker is drawn."""
    taskers, of_offer = np.unique(answers.tasker, return_inverse=True)
    many = max(len(taskers), 1)
    drawn = rng.multinomial(many, np.full(many, 1 / many))
    return drawn[of_offer].astype(float)


def _counting_for_the_withdrawn(answers: Answers) -> Floats:
    """What each offer counts for: 1 over the chance that one is still out after so long."""
    order = np.argsort(answers.share, kind="stable")
    still_out = np.arange(len(order), 0, -1)
    taken_back = answers.outcome[order] == WITHDRAWN
    kept = np.cumprod(1 - taken_back / still_out)
    weight = np.empty(len(order))
    weight[order] = 1 / np.maximum(np.concatenate([[1.0], kept[:-1]]), LEAST_KEPT)[: len(order)]
    return weight


def _paces(answers: Answers, weight: Floats, kind: int, plain: Floats) -> Floats:
    """Quantiles of the share of the time given after which people answered so."""
    rows = np.flatnonzero((answers.outcome == kind) & (weight > 0))
    if len(rows) < FEWEST_PACES:
        return plain
    rows = rows[np.argsort(answers.share[rows])]
    reached = np.cumsum(weight[rows])
    paces: Floats = np.interp(GRID * reached[-1], reached, answers.share[rows])
    return paces
