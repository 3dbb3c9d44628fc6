"""An explanation in the words of the person who asks; distances and times only roughly, as
everywhere outside.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from matching.explain import Change, Explanation, Standing

Facts: TypeAlias = Mapping[str, float]


def _far(metres: float) -> str:
    """A distance as one says it: about 500 m, about 3 km."""
    if metres < 750:
        return "less than 1 km" if metres < 250 else "about 500 m"
    return f"about {round(metres / 1000):g} km" if metres < 1e6 else "far"


def _long(seconds: float) -> str:
    minutes = max(5, 5 * round(seconds / 300))
    return f"about {minutes} minutes" if minutes < 90 else f"about {round(minutes / 60)} hours"


def _area(facts: Facts) -> str:
    if facts["by_m"] == float("inf"):
        return "you have not drawn a service area"
    return f"{_far(facts['by_m'])} outside your area"


REFUSALS: Mapping[str, Callable[[Facts], str]] = {
    "wrong_category": lambda _: "it needs a skill you have not listed",
    "blocked": lambda _: "it was not open to you",
    "already_refused": lambda _: "you had already turned it down",
    "already_asked": lambda _: "you already have its offer",
    "over_budget": lambda facts: f"{facts['by_pence'] / 100:.2f} an hour over the client's budget",
    "outside_radius": lambda facts: f"{_far(facts['by_m'])} beyond how far this search reached",
    "outside_service_area": _area,
    "too_far_for_tasker": lambda facts: f"{_far(facts['by_m'])} further than you want to go",
    "cannot_arrive_in_time": lambda facts: f"you would be {_long(facts['by_s'])} too late",
    "too_short_notice": lambda facts: f"{_long(facts['by_s'])} short of the notice you want",
    "no_free_time": lambda _: "you had no free time for it, travel included",
    "too_many_hours": lambda facts: f"{_long(facts['by_s'])} over the hours you want in a day",
    "no_room_for_offers": lambda _: "you had as many open offers as there may be",
    "not_a_favourite": lambda _: "the client's favourites were asked first",
}
CHANGES: Mapping[str, str] = {
    "outside_service_area": "the area extended",
    "over_budget": "your rate within the budget",
    "too_far_for_tasker": "a longer way accepted",
    "too_short_notice": "shorter notice accepted",
    "no_free_time": "those hours opened",
    "too_many_hours": "a longer day accepted",
    "no_room_for_offers": "your other offers answered",
}


def for_tasker(explanation: Explanation) -> str:
    """One line for the tasker: what stood in the way, and what would have helped."""
    if explanation.standing == Standing.OFFERED:
        return "you were offered it"
    if explanation.standing == Standing.OUTRANKED:
        return "others were nearer, cheaper or freer; you come next if they decline"
    if explanation.standing == Standing.HELD:
        return "nobody has been asked yet"
    if explanation.standing == Standing.NOT_CONSIDERED:
        return "you were not among those looked at"
    reasons = [REFUSALS[rule](facts) for rule, facts in explanation.refusals.items()]
    helped = [each for each in explanation.changes if not each.still_refused_by]
    return "; ".join([*reasons, *map(_helped, helped[:1])])


def _helped(change: Change) -> str:
    what = " and ".join(CHANGES[rule] for rule in change.rules)
    if change.standing == Standing.OFFERED:
        return f"with {what} you would have been offered it"
    return f"with {what} you would have been next in line"
