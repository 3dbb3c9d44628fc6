"""Learning: beliefs about how people answer, drawn from the offers of a record.

Each draw is a fit of its own, to taskers taken with replacement with all their offers, so that what
draws differ in is what so many people can teach. An offer that was withdrawn because somebody else
was quicker would have been answered later: those that could wait longer count for those that could
not (inverse probability of censoring, by Kaplan and Meier's estimate), or silence, which takes the
whole time given, would seem rarer than it is.
"""

import math
from dataclasses import dataclass

import numpy as np

from matching.arrays import Bools, Floats, Ints
from matching.chance import AcceptanceModel, fit
from matching.replay.behaviour import ACCEPTED, DECLINED, GRID, SILENT, UNDELIVERED, Behaviour

WITHDRAWN = 4
"""An offer that was taken back before it was answered."""
FLATTENING = 0.346
"""A logistic curve averaged over likings of deviation s is one of weights smaller by the root of
1 + 0.346 s2 (Zeger, Liang, Albert 1988): those of one person are so much larger."""
MOST_SPREAD = 2.0
FEWEST_PACES = 20
LEAST_KEPT = 0.05
"""No answer counts more than twenty times."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Offers of a record, in columns: the features (n, FEATURES), what became of each, after which
    share of the time given, and of whom it was (a row of `names`, which may name others, too).
    `bookings` were made of them, and so many of these given up by their taskers.
    """

    features: Floats
    outcome: Ints
    share: Floats
    tasker: Ints
    names: tuple[str, ...] = ()
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
    model = fit(answers.features[said], yes, weights=weight[said])
    liking, spread = _likings(answers, said, yes, model.chances(answers.features[said]), rng)
    refused = weight[said & (answers.outcome != ACCEPTED)].sum()
    silent = weight[answers.outcome == SILENT].sum()
    plain = Behaviour()
    return Behaviour(
        model=AcceptanceModel(model.weights * math.sqrt(1 + FLATTENING * spread**2)),
        liking=liking,
        accept_pace=_paces(answers, weight, ACCEPTED, plain.accept_pace),
        decline_pace=_paces(answers, weight, DECLINED, plain.decline_pace),
        silent=float(silent / refused) if refused > 0 else plain.silent,
        undelivered=float((answers.outcome == UNDELIVERED).mean()) if len(said) else 0.0,
        given_up=answers.given_up / max(answers.bookings, 1),
    )


def _likings(
    answers: Answers, said: Bools, yes: Bools, chances: Floats, rng: np.random.Generator
) -> tuple[dict[str, float], float]:
    """What each named tasker takes beyond the model, drawn from what their own offers leave open,
    and the deviation between taskers (by the moments of their surplus).
    """
    many, who = len(answers.names), answers.tasker[said]
    surplus = np.bincount(who, yes - chances, many)
    known = np.bincount(who, chances * (1 - chances), many)
    excess = float((np.square(surplus) - known).sum() / max(float(np.square(known).sum()), 1e-9))
    spread = min(math.sqrt(max(excess, 0.0)), MOST_SPREAD)
    if not many or spread == 0.0:
        return {}, 0.0
    precision = known + 1 / spread**2
    drawn = surplus / precision + rng.standard_normal(many) / np.sqrt(precision)
    return dict(zip(answers.names, drawn.tolist(), strict=True)), spread


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
