"""An explanation in the words of the person who asks; distances, times and counts only roughly, as
everywhere outside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


def _rate(facts: Facts) -> str:
    return f"your rate is {facts['by_pence'] / 100:.2f} an hour over the client's budget"


REFUSALS: Mapping[str, Callable[[Facts], str]] = {
    "wrong_category": lambda _: "it needs a skill you have not listed",
    "blocked": lambda _: "it was not open to you",
    "already_refused": lambda _: "you had turned it down or let it pass",
    "already_asked": lambda _: "you already have its offer",
    "over_budget": _rate,
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


LEFT_OUT: Mapping[str, str] = {
    "over_budget": "your rate was over the client's budget",
    "outside_area": "it lay outside your area",
    "asked_before": "you had been asked before",
    "not_online": "you were not online",
    "no_room": "you had as many open offers as there may be",
    "days_off": "you do not work on that day",
    "not_active": "your profile was switched off",
}
"""What a search left somebody out by, before any rule looked at them."""

THEN: Mapping[Standing, str] = {
    Standing.OFFERED: "you were offered it",
    Standing.OUTRANKED: "others were nearer, cheaper or freer; you are in line if they decline",
    Standing.HELD: "nobody has been asked yet",
    Standing.NOT_CONSIDERED: "you were not among those looked at",
}
NOW: Mapping[Standing, str] = {
    **THEN,
    Standing.OFFERED: "you could be offered it",
    Standing.OUTRANKED: "others are nearer, cheaper or freer; you are in line if they decline",
}


def for_tasker(explanation: Explanation, *, now: bool = False) -> str:
    """One line for the tasker: what stood in the way, and what would have helped; or, with `now`,
    what would help.
    """
    if explanation.standing != Standing.REFUSED:
        return (NOW if now else THEN)[explanation.standing]
    reasons = [REFUSALS[rule](facts) for rule, facts in explanation.refusals.items()]
    helped = [each for each in explanation.changes if not each.still_refused_by]
    return "; ".join([*reasons, *(would_help(each, now=now) for each in helped[:1])])


def would_help(change: Change, *, now: bool = False) -> str:
    """What a change would have done, or would do."""
    what = " and ".join(CHANGES[rule] for rule in change.rules)
    be = "be" if now else "have been"
    place = "offered it" if change.standing == Standing.OFFERED else "next in line"
    return f"with {what} you would {be} {place}"


@dataclass(frozen=True)
class Sought:
    """What a client may know of a search for somebody: how many were near (None where nobody was
    searched for, the waves being over) and how many of those ask more than the budget, do not work
    there, or have no time (counts that `told` blurs); how many were asked.
    """

    outcome: str
    near: int | None
    asked: int
    over_budget: int = 0
    elsewhere: int = 0
    busy: int = 0


Told: TypeAlias = tuple[int, int | None]
"""At least so many, and at most so many; None: more."""

COUNTS = (3, 6, 11, 21, 51)


def told(count: int) -> Told:
    """A count as it may be told: 0-2, 3-5, 6-10, 11-20, 21-50, 51 and more. One or two people are
    not told from nobody, so that no answer finds anybody.
    """
    least = max((each for each in COUNTS if each <= count), default=0)
    above = next((each - 1 for each in COUNTS if each > count), None)
    return least, above


def for_client(sought: Sought) -> str:
    """What a client is told of one of the chore's waves, in sentences: who is near, what was done,
    and what keeps the others from coming.
    """
    reasons = [
        f"{_many(count)} {what}"
        for count, what in (
            (sought.over_budget, "ask more than your budget"),
            (sought.elsewhere, "do not work there"),
            (sought.busy, "have no time then"),
        )
        if told(count)[0]
    ]
    sentences = [*_near(sought.near), _done(sought), *([", ".join(reasons)] if reasons else [])]
    return " ".join(f"{sentence}." for sentence in sentences)


OUTCOMES: Mapping[str, str] = {
    "nobody": "Nobody could be asked yet, and the search goes on",
    "left_open": "Other chores needed them more this time, and the search goes on",
    "held": "It waits a little, since somebody nearer is likely to be free soon",
    "unfilled": "Nobody is left to ask; it stays open in case somebody becomes free",
}


def _near(count: int | None) -> list[str]:
    if count is None:
        return []
    few = "Hardly anybody is near"
    return [f"{_many(count)} taskers are near" if told(count)[0] else few]


def _done(sought: Sought) -> str:
    if sought.outcome in OUTCOMES:
        return OUTCOMES[sought.outcome]
    if sought.asked == 1:
        return "One has been asked"
    return f"{sought.asked} have been asked, and the first to accept takes it"


def _many(count: int) -> str:
    least, most = told(count)
    return f"More than {least - 1}" if most is None else f"{least} to {most}"
