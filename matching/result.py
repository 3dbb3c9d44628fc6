"""What a round decided, and why: offers, an outcome for every chore, and how the solver fared.

Everything is kept as arrays and turned into rows when asked for, so that a round with fifty
thousand chores pays only for what is written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from matching.arrays import Bools, Ints
from matching.assignment import Assignment, AssignmentModel
from matching.costs import UNITS_PER_PENCE, PricedCandidates
from matching.pairs import Pairs
from matching.problem import MatchingProblem
from matching.rules import Judgement
from matching.slots import Slots


class OutcomeKind(StrEnum):
    """What a round did for a chore: it made offers, found nobody, left it open although there were
    candidates (others needed them more, or they cost more than leaving it open), or held it back on
    purpose.
    """

    OFFERS = "offers"
    NOBODY = "nobody"
    LEFT_OPEN = "left_open"
    HELD = "held"


@dataclass(frozen=True)
class Offer:
    """An offer to make. Times in epoch seconds, distance and travel to the centre of the chore's
    cell, money in minor units (`pay` for the planned duration). `chance` is that of acceptance;
    `position` counts from 1 within the wave.
    """

    chore_id: str
    tasker_id: str
    wave: int
    position: int
    starts_at_s: float
    ends_at_s: float
    expires_at_s: float
    rate_per_h: int
    pay: int
    distance_m: float
    travel_s: float
    chance: float


@dataclass(frozen=True)
class Candidate:
    """A tasker who could have been asked: each term in pence and their sum, and whether an offer
    was made.
    """

    tasker_id: str
    offered: bool
    total_pence: float
    terms: Mapping[str, float]
    chance: float
    starts_at_s: float
    rate_per_h: int
    distance_m: float
    travel_s: float


@dataclass(frozen=True)
class Refused:
    """A tasker who could not be asked: every rule that says so, with its facts."""

    tasker_id: str
    rules: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Outcome:
    """What became of one chore in a round, and why.

    `candidates` by rising cost; `next_candidate` is the first of them without an offer;
    `open_terms` what leaving the chore open would cost, in pence; `wave_size` how many offers its
    wave was to hold; `fill_chance` that one of those made is accepted.
    """

    chore_id: str
    kind: OutcomeKind
    wave: int
    radius_m: float
    wave_size: int
    fill_chance: float
    open_terms: Mapping[str, float]
    offers: tuple[Offer, ...]
    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...]
    next_candidate: str | None


@dataclass(frozen=True)
class Statistics:
    """How the round fared. `value_pence` is what the model's choice costs; `failure` names what
    made greedy answer.
    """

    chores: int
    taskers: int
    pairs: int
    candidates: int
    offers: int
    held: int
    nodes: int
    arcs: int
    value_pence: float
    solver: str
    optimal: bool
    solve_s: float
    refused_by: Mapping[str, int]
    failure: str | None = None


@dataclass(frozen=True, eq=False)
class MatchingResult:
    """The whole answer of a round. `held` are the chores held back, shape (chores,)."""

    problem: MatchingProblem
    pairs: Pairs
    judgement: Judgement
    priced: PricedCandidates
    slots: Slots
    held: Bools
    model: AssignmentModel
    assignment: Assignment
    failure: str | None = None

    @cached_property
    def offers(self) -> tuple[Offer, ...]:
        """All offers, by chore and rising cost."""
        ranking = self.priced.ranking
        chosen = ranking[self.assignment.chosen[ranking]]
        pairs, chores = self.priced.pairs, self.problem.chores
        chore = pairs.chore[chosen]
        position = np.arange(len(chosen)) - np.searchsorted(chore, chore) + 1
        columns = {
            "chore_id": [chores.ids[row] for row in chore.tolist()],
            "wave": chores.wave[chore].tolist(),
            "position": position.tolist(),
            "ends_at_s": pairs.end_s[chosen].tolist(),
            "expires_at_s": self.problem.expiries_s[chore].tolist(),
            "pay": pairs.pay[chosen].tolist(),
        }
        facts = zip(self._facts(chosen), _rows(columns), strict=True)
        return tuple(Offer(**one, **other) for one, other in facts)

    def outcome(self, chore_id: str) -> Outcome:
        """What became of a chore. Raises KeyError for an id that is not in the problem."""
        chore = self._chore_rows[chore_id]
        offers = self._offers_by_chore.get(chore_id, ())
        candidates = self._candidates(chore)
        refusals = 1.0
        for offer in offers:
            refusals *= 1 - offer.chance
        return Outcome(
            chore_id=chore_id,
            kind=self.kind(chore_id),
            wave=int(self.problem.chores.wave[chore]),
            radius_m=float(self.problem.radii_m[chore]),
            wave_size=self.slots.size(chore),
            fill_chance=1 - refusals,
            open_terms={n: float(v[chore]) for n, v in self.priced.open_terms.items()},
            offers=offers,
            candidates=candidates,
            refused=self._refused(chore),
            next_candidate=next((c.tasker_id for c in candidates if not c.offered), None),
        )

    def kind(self, chore_id: str) -> OutcomeKind:
        """What kind of outcome a chore had. Raises KeyError for an id that is not in the
        problem.
        """
        chore = self._chore_rows[chore_id]
        if self.held[chore]:
            return OutcomeKind.HELD
        if chore_id in self._offers_by_chore:
            return OutcomeKind.OFFERS
        first = self.priced.pairs.first_of_chore
        return OutcomeKind.LEFT_OPEN if first[chore + 1] > first[chore] else OutcomeKind.NOBODY

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome]:
        """The outcome of every chore, by id."""
        return {chore_id: self.outcome(chore_id) for chore_id in self.problem.chores.ids}

    @cached_property
    def statistics(self) -> Statistics:
        """How the round fared."""
        verdicts = self.judgement.verdicts.items()
        return Statistics(
            chores=len(self.problem.chores),
            taskers=len(self.problem.taskers),
            pairs=len(self.pairs),
            candidates=len(self.priced.pairs),
            offers=int(self.assignment.chosen.sum()),
            held=int(self.held.sum()),
            nodes=self.assignment.nodes,
            arcs=self.assignment.arcs,
            value_pence=self.assignment.value / UNITS_PER_PENCE,
            solver=self.assignment.solver,
            optimal=self.assignment.optimal,
            solve_s=self.assignment.solve_s,
            refused_by={name: int(verdict.refused.sum()) for name, verdict in verdicts},
            failure=self.failure,
        )

    @cached_property
    def _chore_rows(self) -> dict[str, int]:
        return {chore_id: row for row, chore_id in enumerate(self.problem.chores.ids)}

    @cached_property
    def _offers_by_chore(self) -> dict[str, tuple[Offer, ...]]:
        by_chore = groupby(self.offers, key=lambda offer: offer.chore_id)
        return {chore_id: tuple(offers) for chore_id, offers in by_chore}

    def _facts(self, rows: Ints) -> list[dict[str, Any]]:
        """What offers and candidates have in common, for each of these candidates."""
        pairs = self.priced.pairs
        columns = {
            "tasker_id": [self.problem.taskers.ids[row] for row in pairs.tasker[rows].tolist()],
            "starts_at_s": pairs.start_s[rows].tolist(),
            "rate_per_h": pairs.rate_per_h[rows].tolist(),
            "distance_m": pairs.distance_m[rows].tolist(),
            "travel_s": pairs.travel_s[rows].tolist(),
            "chance": self.priced.chance[rows].tolist(),
        }
        return _rows(columns)

    def _candidates(self, chore: int) -> tuple[Candidate, ...]:
        first = self.priced.pairs.first_of_chore
        rows = self.priced.ranking[first[chore] : first[chore + 1]]
        columns = {
            "offered": self.assignment.chosen[rows].tolist(),
            "total_pence": (self.priced.units[rows] / UNITS_PER_PENCE).tolist(),
            "terms": _rows({n: values[rows].tolist() for n, values in self.priced.terms.items()}),
        }
        facts = zip(self._facts(rows), _rows(columns), strict=True)
        return tuple(Candidate(**one, **other) for one, other in facts)

    def _refused(self, chore: int) -> tuple[Refused, ...]:
        first = self.pairs.first_of_chore
        rows: Ints = np.arange(first[chore], first[chore + 1])
        rows = rows[~self.judgement.feasible[rows]]
        ids = [self.problem.taskers.ids[row] for row in self.pairs.tasker[rows].tolist()]
        return tuple(map(Refused, ids, self.judgement.refusals(rows)))


def _rows(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """Columns of one length as a dictionary for each row."""
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
