"""Every knob acts: for each field of the policy, two values of it lead to different decisions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from matching import wave
from matching.building import Engagement
from matching.policy import MatchingPolicy
from tests.unit.matching.scenes import (
    CENTRE,
    DAY,
    HOUR,
    NOON,
    at,
    chore,
    chore_now,
    matched,
    offered,
    tasker,
)

NOON_AT = datetime.fromtimestamp(NOON, UTC)


def offers(chores: Any, taskers: Any, **fixed: Any) -> Callable[[MatchingPolicy], Any]:
    """Whom a scene's offers go to, under a policy with some fields fixed."""
    return lambda policy: offered(matched(chores, taskers, policy.model_copy(update=fixed)))


def expiry(asked: Any) -> Callable[[MatchingPolicy], Any]:
    return lambda policy: matched(asked, tasker(online=True), policy).offers[0].expires_at_s


def patience(policy: MatchingPolicy) -> Any:
    return wave.match_by(
        policy,
        wanted_now=True,
        posted_at=NOON_AT,
        window_end=NOON_AT + timedelta(hours=9),
        duration=timedelta(hours=1),
    )


ONE = {"max_offers_per_wave": 1}
NEAR_AND_FAR = [tasker("near"), tasker("far", base=at(4_000))]
CHEAP_AND_NEAR = [tasker("cheap", base=at(4_000), rates={"mounting": 2_000}), tasker("near")]
TODAY = chore(window_start_s=NOON + 3 * HOUR, match_by_s=NOON + 8 * HOUR)
THREE_OFFERS = [
    Engagement(NOON + n * DAY, NOON + n * DAY + HOUR, CENTRE, is_offer=True) for n in (2, 3, 4)
]

ANOTHER_DAY = {"window_start_s": NOON + 40 * HOUR, "window_end_s": NOON + 42 * HOUR}
THAT_DAY = [(NOON + 20 * HOUR, NOON + 26 * HOUR)]
LATE_HOURS = [(NOON + 24 * HOUR, NOON + 26 * HOUR)]

DECISIONS: dict[str, tuple[Any, Any, Callable[[MatchingPolicy], Any]]] = {
    "radius_m": (500, 5_000, offers(chore(), tasker())),
    "radius_growth": (1.0, 2.0, offers(chore(wave=1), tasker(base=at(7_000)))),
    "radius_cap_m": (5_000, 9_000, offers(chore(wave=3), tasker(base=at(7_000)))),
    "presence_fresh_s": (
        60,
        600,
        offers(chore_now(), tasker(base=at(9_000), presence=at(500), presence_at_s=NOON - 300)),
    ),
    "max_waves": (2, 3, lambda policy: wave.is_last(policy, 1)),
    "wanted_fill_chance": (0.3, 0.95, offers(chore(), NEAR_AND_FAR)),
    "max_offers_per_wave": (1, 2, offers(chore(), NEAR_AND_FAR)),
    "pending_offers_per_tasker": (3, 4, offers(chore(), tasker(busy=THREE_OFFERS))),
    "wave_retry_s": (60, 120, lambda policy: wave.next_wave_at(policy, NOON_AT)),
    "favourites_first": (
        False,
        True,
        offers(chore(favourites=frozenset({"far"})), NEAR_AND_FAR),
    ),
    "offer_deadline_now_s": (30, 60, expiry(chore_now())),
    "offer_deadline_today_s": (300, 900, expiry(TODAY)),
    "offer_deadline_future_s": (3_600, 7_200, expiry(chore())),
    "offer_deadline_share": (0.01, 0.1, expiry(chore_now())),
    "match_now_within_s": (600, 1_800, patience),
    "gather_s": (0, 5, lambda policy: wave.round_starts_at(policy, NOON_AT)),
    "hold_s": (
        0,
        600,
        offers(chore(arrivals_per_h=60), tasker(), travel_cost_per_h=100_000, urgency_cost=0),
    ),
    "open_chore_cost": (0, 10_000, offers(chore(), tasker())),
    "travel_cost_per_h": (0, 10_000, offers(chore(), CHEAP_AND_NEAR, **ONE, price_weight=1.0)),
    "price_weight": (0.0, 10.0, offers(chore(), CHEAP_AND_NEAR, **ONE)),
    "waiting_cost_per_h": (
        0,
        1_000,
        offers([chore("new"), chore("old", posted_at_s=NOON - 5 * HOUR)], tasker()),
    ),
    "lateness_cost_per_h": (
        0,
        6_000,
        offers(chore(), [tasker("late", base=at(900), free_s=LATE_HOURS), tasker()], **ONE),
    ),
    "urgency_cost": (0, 3_000, offers([chore("a"), chore("b", match_by_s=NOON + HOUR)], tasker())),
    "scarcity_cost": (
        0,
        5_000,
        # The nearer tasker could also be asked for another chore, on another day.
        offers(
            [chore(), chore("other", **ANOTHER_DAY)],
            [tasker("wanted", base=at(900)), tasker("spare", free_s=THAT_DAY)],
            **ONE,
        ),
    ),
    "fairness_cost": (
        0,
        5_000,
        offers(
            chore(), [tasker("busy", base=at(900), active_s=HOUR, booked_s=HOUR), tasker()], **ONE
        ),
    ),
    "newcomer_bonus": (
        0,
        5_000,
        offers(chore(), [tasker("old", base=at(900), finished_bookings=9), tasker("new")], **ONE),
    ),
    "newcomer_bookings": (
        1,
        100,
        offers(
            chore(),
            [tasker("old", base=at(900), finished_bookings=50), tasker("new", finished_bookings=1)],
            **ONE,
            newcomer_bonus=5_000,
        ),
    ),
    "refusal_cost": (
        0,
        50_000,
        # The cheaper tasker is less likely to accept.
        offers(
            chore(),
            [
                tasker("unsure", rates={"mounting": 1_000}),
                tasker("keen", rates={"mounting": 9_000}),
            ],
            **ONE,
            open_chore_cost=100_000,
        ),
    ),
    "use_acceptance_rate": (
        False,
        True,
        offers(
            chore(),
            [
                tasker("picky", base=at(900), acceptance_rate=0.05),
                tasker("keen", acceptance_rate=0.95),
            ],
            **ONE,
        ),
    ),
}


def test_every_field_of_the_policy_is_tried() -> None:
    assert set(DECISIONS) == set(MatchingPolicy.model_fields)


@pytest.mark.parametrize("name", MatchingPolicy.model_fields)
def test_changing_the_field_changes_a_decision(name: str) -> None:
    one, other, decide = DECISIONS[name]
    decisions = [decide(MatchingPolicy.model_validate({name: value})) for value in (one, other)]
    assert decisions[0] != decisions[1]
