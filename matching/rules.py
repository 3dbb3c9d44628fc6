"""The rules: what makes a pair infeasible, and the facts that say by how much.

Each rule is a small function over all pairs at once; its name is the name of the refusal. They
serve the solver, the tasker's question and the operator's view alike. `RULES` is the table of
contents; a rule that is not in it does not exist.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.areas import covers, metres_outside
from matching.arrays import Bools, Floats, Ints
from matching.calendar import local_days
from matching.pairs import Pairs
from matching.problem import BOOKING

Fact: TypeAlias = Callable[[Ints], Floats]
"""A fact of the pairs in given rows."""


@dataclass(frozen=True)
class Verdict:
    """What a rule says of every pair: who is refused, and facts that are worked out when
    asked for.
    """

    refused: Bools
    facts: Mapping[str, Fact] = field(default_factory=dict)


Rule: TypeAlias = Callable[[Pairs], Verdict]


def wrong_category(pairs: Pairs) -> Verdict:
    """The tasker does not offer the chore's category."""
    return Verdict(pairs.rate_per_h < 0)


def blocked(pairs: Pairs) -> Verdict:
    """The client or the tasker does not want to meet the other."""
    return Verdict(pairs.linked(pairs.problem.blocked))


def already_refused(pairs: Pairs) -> Verdict:
    """The tasker declined this chore, let a delivered offer of it expire, or cancelled it."""
    return Verdict(pairs.linked(pairs.problem.refused))


def already_asked(pairs: Pairs) -> Verdict:
    """The tasker has an unanswered offer of this chore."""
    return Verdict(pairs.linked(pairs.problem.asked))


def over_budget(pairs: Pairs) -> Verdict:
    """The tasker's rate is above what the client pays at most. `by_pence`: per hour."""
    above = pairs.rate_per_h - pairs.problem.chores.budget_per_h[pairs.chore]
    return Verdict(above > 0, {"by_pence": above.__getitem__})


def outside_radius(pairs: Pairs) -> Verdict:
    """The tasker is further away than the policy's radius for this wave. `by_m`."""
    beyond = pairs.distance_m - pairs.radius_m
    return Verdict(beyond > 0, {"by_m": beyond.__getitem__, "radius_m": pairs.radius_m.__getitem__})


def outside_service_area(pairs: Pairs) -> Verdict:
    """The chore's cell is centred outside the tasker's area, or the same-day area if it is for
    today. `by_m`.
    """
    place = pairs.problem.chores.place[pairs.chore]
    areas = areas_in_force(pairs)
    return Verdict(
        ~covers(areas, place), {"by_m": lambda rows: metres_outside(areas[rows], place[rows])}
    )


def too_far_for_tasker(pairs: Pairs) -> Verdict:
    """The chore is further than the tasker wants to go. `by_m`."""
    beyond = pairs.distance_m - pairs.problem.taskers.max_distance_m[pairs.tasker]
    return Verdict(beyond > 0, {"by_m": beyond.__getitem__})


def cannot_arrive_in_time(pairs: Pairs) -> Verdict:
    """The tasker could not be there before the last possible start. `by_s`."""
    late = pairs.arrival_s - pairs.latest_start_s
    return Verdict(late > 0, {"by_s": late.__getitem__})


def too_short_notice(pairs: Pairs) -> Verdict:
    """The last possible start is sooner than the tasker wants to be asked. `by_s`."""
    missing = pairs.notice_ends_s - pairs.latest_start_s
    return Verdict(missing > 0, {"by_s": missing.__getitem__})


def no_free_time(pairs: Pairs) -> Verdict:
    """No start in the window fits into the tasker's hours between what they already have, travel
    included.
    """
    in_time = np.maximum(pairs.arrival_s, pairs.notice_ends_s) <= pairs.latest_start_s
    return Verdict(in_time & np.isinf(pairs.start_s))


def too_many_hours(pairs: Pairs) -> Verdict:
    """With this chore the tasker would work longer that day than they want to. `by_s`."""
    most = pairs.problem.taskers.max_day_s[pairs.tasker]
    limited = np.isfinite(most) & np.isfinite(pairs.start_s)
    over = np.full(len(pairs), -np.inf)
    if limited.any():
        over[limited] = (_booked_that_day_s(pairs) + pairs.duration_s - most)[limited]
    return Verdict(over > 0, {"by_s": over.__getitem__})


def no_room_for_offers(pairs: Pairs) -> Verdict:
    """The tasker already has as many unanswered offers as the policy allows. `pending`."""
    full = pairs.pending_offers >= pairs.knob("pending_offers_per_tasker")
    return Verdict(full, {"pending": lambda rows: pairs.pending_offers[rows].astype(float)})


RULES: tuple[Rule, ...] = (
    wrong_category,
    blocked,
    already_refused,
    already_asked,
    over_budget,
    outside_radius,
    outside_service_area,
    too_far_for_tasker,
    cannot_arrive_in_time,
    too_short_notice,
    no_free_time,
    too_many_hours,
    no_room_for_offers,
)


def not_a_favourite(pairs: Pairs, feasible: Bools) -> Verdict:
    """The chore's first wave goes to the client's favourites, and there is one who could take it.

    The one rule that needs to know what the others left.
    """
    favourite = pairs.linked(pairs.problem.favourites)
    first_wave = (pairs.problem.chores.wave == 0) & (pairs.problem.knob("favourites_first") > 0)
    reserved = np.zeros(len(pairs.problem.chores), dtype=bool)
    reserved[pairs.chore[favourite & feasible]] = True
    return Verdict((reserved & first_wave)[pairs.chore] & ~favourite)


@dataclass(frozen=True)
class Judgement:
    """What all rules say of the pairs: verdicts by name, in the order of RULES, and who is left."""

    verdicts: Mapping[str, Verdict]
    feasible: Bools

    def refusals(self, rows: Ints) -> list[dict[str, dict[str, float]]]:
        """For each of these pairs its refusals by rule, with their facts; empty if feasible."""
        found: list[dict[str, dict[str, float]]] = [{} for _ in range(len(rows))]
        for name, verdict in self.verdicts.items():
            refused = np.flatnonzero(verdict.refused[rows])
            if not len(refused):
                continue
            at = rows[refused]
            facts = {fact: value(at).tolist() for fact, value in verdict.facts.items()}
            for n, place in enumerate(refused.tolist()):
                found[place][name] = {fact: float(values[n]) for fact, values in facts.items()}
        return found


def judge(pairs: Pairs, rules: tuple[Rule, ...] = RULES) -> Judgement:
    """Applies every rule to every pair."""
    verdicts = {rule.__name__: rule(pairs) for rule in rules}
    feasible = np.ones(len(pairs), dtype=bool)
    for verdict in verdicts.values():
        feasible &= ~verdict.refused
    if len(pairs.problem.favourites):
        verdict = not_a_favourite(pairs, feasible)
        verdicts[not_a_favourite.__name__] = verdict
        feasible = feasible & ~verdict.refused
    return Judgement(verdicts, feasible)


def areas_in_force(pairs: Pairs) -> NDArray[Any]:
    """Each pair's service area: for a chore of today the same-day one, where the tasker drew
    one.
    """
    taskers = pairs.problem.taskers
    has_same_day = np.array([area is not None for area in taskers.same_day_areas], dtype=bool)
    areas = taskers.areas[pairs.tasker]
    if has_same_day.any():
        today = pairs.problem.is_today[pairs.chore] & has_same_day[pairs.tasker]
        areas[today] = taskers.same_day_areas[pairs.tasker[today]]
    return areas


def _booked_that_day_s(pairs: Pairs) -> Floats:
    """Seconds of bookings the tasker already has on the local day of the planned start."""
    pair, row = pairs.busy_rows
    busy = pairs.problem.busy
    counted = (busy.kind[row] == BOOKING) & np.isfinite(pairs.start_s[pair])
    pair, row = pair[counted], row[counted]
    zone = pairs.problem.market.zone
    same_day = local_days(busy.start_s[row], zone) == local_days(pairs.start_s[pair], zone)
    total_s = np.zeros(len(pairs))
    np.add.at(total_s, pair[same_day], (busy.end_s - busy.start_s)[row[same_day]])
    return total_s
