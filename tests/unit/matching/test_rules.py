"""Each rule refuses what it should, with its facts, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from geo.areas import covers
from geo.cells import cell_of
from matching import rules
from matching.building import Engagement
from matching.engine import match
from matching.policy import MatchingPolicy
from matching.problem import Market
from matching.result import OutcomeKind
from tests.unit.matching.scenes import (
    CENTRE,
    DAY,
    HOUR,
    LONDON,
    NOON,
    TRAVEL,
    at,
    chore,
    chore_now,
    matched,
    offered,
    problem,
    refusals,
    square,
    tasker,
)

TOMORROW = NOON + 20 * HOUR  # the window of the scene's chore opens


def test_a_tasker_who_fits_is_offered_the_chore() -> None:
    result = matched(chore(), tasker())
    assert offered(result) == {("chore", "tasker")}
    assert refusals(result) == {}


def test_the_table_of_rules_is_complete() -> None:
    defined = {
        name
        for name, value in vars(rules).items()
        if callable(value) and getattr(value, "__annotations__", {}).get("return") is rules.Verdict
    }
    assert {rule.__name__ for rule in rules.RULES} == defined - {"not_a_favourite"}


def test_a_tasker_without_the_skill_is_refused() -> None:
    assert refusals(matched(chore(), tasker(rates={"cleaning": 3_000}))) == {"wrong_category": {}}


def test_a_block_is_a_refusal_whoever_made_it() -> None:
    assert refusals(matched(chore(blocked=frozenset({"tasker"})), tasker())) == {"blocked": {}}


def test_who_refused_the_chore_is_not_asked_again() -> None:
    result = matched(chore(refused=frozenset({"tasker"})), tasker())
    assert refusals(result) == {"already_refused": {}}


def test_who_has_an_unanswered_offer_is_not_asked_twice() -> None:
    result = matched(chore(asked=frozenset({"tasker"})), tasker())
    assert refusals(result) == {"already_asked": {}}


def test_a_rate_over_the_budget_is_refused_by_the_difference() -> None:
    above = refusals(matched(chore(budget_per_h=2_650), tasker()))
    assert above == {"over_budget": {"by_pence": 350}}
    assert refusals(matched(chore(budget_per_h=3_000), tasker())) == {}


def test_a_tasker_beyond_the_radius_is_refused_by_the_difference() -> None:
    policy = MatchingPolicy(radius_m=800)
    facts = refusals(matched(chore(), tasker(), policy))["outside_radius"]
    assert facts == pytest.approx({"by_m": 200, "radius_m": 800})


def test_the_radius_grows_with_the_wave() -> None:
    policy = MatchingPolicy(radius_m=800)
    assert refusals(matched(chore(wave=1), tasker(), policy)) == {}


def test_the_radius_is_measured_from_fresh_presence_for_a_chore_for_now() -> None:
    policy = MatchingPolicy(radius_m=800, presence_fresh_s=300)
    near = tasker(presence=at(100), presence_at_s=NOON - 300)
    assert refusals(matched(chore_now(), near, policy)) == {}
    stale = replace(near, presence_at_s=NOON - 301)
    assert "outside_radius" in refusals(matched(chore_now(), stale, policy))
    assert "outside_radius" in refusals(matched(chore(), near, policy))


def test_a_chore_outside_the_area_is_refused_by_metres() -> None:
    area = square(at(3_000), 0.02)  # its edge lies 0.02 degrees of longitude west of 3 km east
    facts = refusals(matched(chore(), tasker(area=area)))["outside_service_area"]
    assert facts["by_m"] == pytest.approx(3_000 - 0.02 * 111_195 * np.cos(np.radians(51.5)), abs=20)


def test_a_tasker_who_drew_no_area_is_refused() -> None:
    facts = refusals(matched(chore(), tasker(area=None)))["outside_service_area"]
    assert facts == {"by_m": float("inf")}


def test_the_same_day_area_holds_for_chores_of_today_only() -> None:
    elsewhere = tasker(same_day_area=square(at(30_000), 0.02))
    today = chore(window_start_s=NOON + 2 * HOUR, match_by_s=NOON + 7 * HOUR)
    assert "outside_service_area" in refusals(matched(today, elsewhere))
    assert refusals(matched(chore(), elsewhere)) == {}


def test_places_are_judged_by_the_centre_of_the_cell() -> None:
    inside, outside = square(CENTRE, 0.0001), square(at(300), 0.001)
    anywhere_in_the_cell = chore(cell=cell_of(at(150)))
    assert refusals(matched(anywhere_in_the_cell, tasker(area=inside))) == {}
    assert covers(outside, np.array([at(300)]))[0]
    assert "outside_service_area" in refusals(matched(anywhere_in_the_cell, tasker(area=outside)))


def test_a_chore_further_than_the_tasker_goes_is_refused() -> None:
    facts = refusals(matched(chore(), tasker(max_distance_m=900)))["too_far_for_tasker"]
    assert facts == pytest.approx({"by_m": 100})


def test_a_tasker_who_cannot_be_there_in_time_is_refused() -> None:
    soon = chore_now(window_end_s=NOON + HOUR + 150)  # the last start is in 150 s; 1 km takes 200 s
    facts = refusals(matched(soon, tasker()))["cannot_arrive_in_time"]
    assert facts == pytest.approx({"by_s": 50})


def test_a_tasker_who_wants_more_notice_is_refused() -> None:
    facts = refusals(matched(chore(), tasker(min_notice_s=26 * HOUR)))
    assert facts == {"too_short_notice": {"by_s": HOUR}}


def test_notice_moves_the_start_within_the_window() -> None:
    result = matched(chore(), tasker(min_notice_s=22 * HOUR))
    assert result.offers[0].starts_at_s == NOON + 22 * HOUR


def test_a_tasker_who_does_not_work_then_is_refused() -> None:
    assert refusals(matched(chore(), tasker(free_s=[(NOON, NOON + HOUR)]))) == {"no_free_time": {}}
    assert refusals(matched(chore(), tasker(free_s=[]))) == {"no_free_time": {}}


def test_somebody_online_is_free_for_a_chore_for_now() -> None:
    assert offered(matched(chore_now(), tasker(free_s=[], online=True)))
    assert not offered(matched(chore(), tasker(free_s=[], online=True)))


def test_the_start_is_the_earliest_that_fits_the_hours() -> None:
    hours = [(TOMORROW - HOUR, TOMORROW + HOUR / 2), (TOMORROW + 2 * HOUR, TOMORROW + 3 * HOUR)]
    assert matched(chore(), tasker(free_s=hours)).offers[0].starts_at_s == TOMORROW + 2 * HOUR


def test_travel_from_the_booking_before_and_to_the_booking_after_is_kept_free() -> None:
    before = Engagement(TOMORROW - HOUR, TOMORROW, at(2_000))  # 400 s away
    market = Market("london", LONDON.zone, turnaround_s=300)
    start_s = TOMORROW + 400 + 300

    def starts(next_booking_s: float) -> float:
        after = Engagement(next_booking_s, next_booking_s + HOUR, at(-1_000))  # 200 s away
        busy = tasker(busy=[before, after])
        return match(problem(chore(), busy, market=market), TRAVEL).offers[0].starts_at_s

    fits_s = start_s + HOUR + 200 + 300
    assert starts(fits_s + 1) == start_s
    assert starts(fits_s - 1) == fits_s - 1 + HOUR + 200 + 300


def test_an_unanswered_offer_keeps_its_time_too() -> None:
    pending = Engagement(TOMORROW - HOUR, TOMORROW + 6 * HOUR, CENTRE, is_offer=True)
    assert refusals(matched(chore(), tasker(busy=[pending]))) == {"no_free_time": {}}


def test_the_hours_of_a_day_are_counted_on_the_markets_wall() -> None:
    # 22:30 UTC is 23:30 in London, the evening before the chore's day; 23:30 UTC is its own day.
    evening, night = NOON + 10.5 * HOUR, NOON + 11.5 * HOUR
    limited = tasker(max_day_s=1.5 * HOUR)
    the_day_before = replace(limited, busy=[Engagement(evening, evening + HOUR, at(1_000))])
    assert refusals(matched(chore(), the_day_before)) == {}
    that_day = replace(limited, busy=[Engagement(night, night + HOUR, at(1_000))])
    assert refusals(matched(chore(), that_day)) == {"too_many_hours": {"by_s": HOUR / 2}}


def test_a_tasker_with_enough_unanswered_offers_is_left_alone() -> None:
    policy = MatchingPolicy(pending_offers_per_tasker=2)
    begins = [NOON + 3 * DAY, NOON + 4 * DAY]
    offers = [Engagement(each, each + HOUR, CENTRE, is_offer=True) for each in begins]
    facts = refusals(matched(chore(), tasker(busy=offers), policy))
    assert facts == {"no_room_for_offers": {"pending": 2}}


def test_the_first_wave_goes_to_the_clients_favourites() -> None:
    asked = chore(favourites=frozenset({"friend"}))
    both = [tasker(), tasker("friend", base=at(4_000))]
    first = matched(asked, both)
    assert offered(first) == {("chore", "friend")}
    assert refusals(first) == {"not_a_favourite": {}}
    assert len(offered(matched(replace(asked, wave=1), both))) == 2
    assert len(offered(matched(asked, both, MatchingPolicy(favourites_first=False)))) == 2


def test_a_favourite_who_cannot_come_keeps_nobody_away() -> None:
    asked = chore(favourites=frozenset({"friend"}))
    result = matched(asked, [tasker(), tasker("friend", free_s=[])])
    assert offered(result) == {("chore", "tasker")}


def test_every_refusal_is_told_not_only_the_first() -> None:
    result = matched(chore(budget_per_h=100), tasker(area=None, free_s=[]))
    assert set(refusals(result)) == {"over_budget", "outside_service_area", "no_free_time"}
    assert result.outcome("chore").kind == OutcomeKind.NOBODY
