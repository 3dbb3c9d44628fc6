"""The replay: the same again for the same seed, each lane for itself, legal in every booking."""

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from geo.distance import great_circle_m
from geo.travel import GreatCircleTravel
from matching.arrays import Floats, Ints
from matching.checks import Table
from matching.engine import match
from matching.pairs import Pairs
from matching.policy import PolicyDocument
from matching.problem import Links, MatchingProblem
from matching.replay.behaviour import Behaviour, People
from matching.replay.reach import reach_of
from matching.replay.record import Record
from matching.replay.run import TICK_S, Played, Setting, replay
from matching.result import MatchingResult
from matching.rules import judge
from matching.wave import radii_m
from tests.unit.matching.towns import HOUR_S, STARTS_S, certain, crowd, policy, town

WILLING, NEVER = certain(9.0), certain(-9.0)
COARSE_S = 300.0
"""Ticks of a whole day's crowd: what is asked of it hangs on no minute."""


def played(
    record: Record,
    *policies: PolicyDocument,
    behaviours: tuple[Behaviour, ...] = (WILLING,),
    seed: int = 1,
    tick_s: float = TICK_S,
) -> Played:
    people = People(behaviours, [seed + n for n in range(len(behaviours))])
    return replay(record, Setting(policies or (policy(),), people, tick_s=tick_s))


def story(of: Played, lane: int) -> dict[int, tuple[int, float, float]]:
    """Of each chore that was booked in a lane: by whom, since when, from when."""
    chores, taskers = len(of.record.chores), len(of.record.taskers)
    rows = of.bookings.rows(of.bookings["slot"] // chores == lane)
    columns = (rows["slot"] % chores, rows["person"] % taskers, rows["accepted_s"], rows["start_s"])
    listed = zip(*(each.tolist() for each in columns), strict=True)
    return {chore: (tasker, accepted, start) for chore, tasker, accepted, start in listed}


def test_the_same_seed_gives_the_same_outcome_and_another_seed_another() -> None:
    record, draws = crowd(1), (Behaviour(),)
    first, again, other = (
        story(played(record, behaviours=draws, seed=seed, tick_s=COARSE_S), 0) for seed in (1, 1, 2)
    )
    assert first
    assert again == first
    assert other != first


def test_lanes_of_the_same_policy_have_the_same_outcome() -> None:
    of = played(crowd(2), policy(), policy(), behaviours=(Behaviour(),), tick_s=COARSE_S)
    assert story(of, 0) == story(of, 1)
    assert (of.asked[: len(of.record.chores)] == of.asked[len(of.record.chores) :]).all()


def test_what_a_lane_does_hangs_on_no_other_lane() -> None:
    record, near, far = crowd(3), policy(radius_m=800.0), policy(radius_m=6_000.0)
    draws = (Behaviour(), Behaviour())
    together = played(record, near, far, behaviours=draws, tick_s=COARSE_S)
    for n, each in enumerate((near, far)):
        alone = played(record, each, behaviours=draws, tick_s=COARSE_S)
        assert [story(together, 2 * n + draw) for draw in (0, 1)] == [
            story(alone, draw) for draw in (0, 1)
        ]


def test_a_larger_radius_reaches_the_tasker_who_lives_further_away() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(3_000, 0)])
    near = policy(radius_m=1_000.0, radius_growth=1.0)
    far = policy(radius_m=5_000.0, radius_growth=1.0)
    of = played(record, near, far)
    assert story(of, 0) == {}
    assert [tasker for tasker, *_ in story(of, 1).values()] == [0]


def test_a_radius_that_grows_gets_there_in_a_later_wave() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(3_000, 0)])
    of = played(record, policy(radius_m=1_500.0, radius_growth=1.5, wave_retry_s=600))
    ((_, accepted_s, _),) = story(of, 0).values()
    assert accepted_s > STARTS_S + 9 * HOUR_S + 2 * 600


def test_who_refuses_is_not_asked_again() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(500, 0), (0, 500)])
    of = played(record, behaviours=(NEVER,))
    assert not story(of, 0)
    assert of.asked.tolist() == [2]


def test_one_tasker_takes_one_of_two_chores_at_the_same_time() -> None:
    record = town(chores=[(9, 0, 0), (9.01, 300, 0)], taskers=[(500, 0)])
    chores = record.chores
    tight = replace(
        chores, window_end_s=chores.window_start_s + HOUR_S, match_by_s=chores.window_start_s
    )
    assert len(story(played(replace(record, chores=tight)), 0)) == 1


def test_a_chore_for_now_goes_to_who_is_online_nearby() -> None:
    record = town(chores=[(12, 0, 0), (12, 9_000, 0)], taskers=[(400, 0)], now=[0, 1])
    assert set(story(played(record, policy(radius_m=2_000.0, radius_growth=1.0)), 0)) == {0}
    gone = replace(record, stays=type(record.stays).none())
    assert story(played(gone), 0) == {}


def test_a_chore_that_its_client_took_back_is_not_filled_later() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(500, 0)])
    taken_back = replace(record, leaves_at_s=record.chores.posted_at_s + 30)
    assert story(played(taken_back), 0) == {}


def test_those_who_blocked_each_other_do_not_meet() -> None:
    apart = Links(np.array([0]), np.array([0]))
    record = town(chores=[(9, 0, 0)], taskers=[(500, 0)], blocked=apart)
    assert story(played(record), 0) == {}


def test_a_booking_that_is_given_up_goes_to_somebody_else() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(500, 0), (0, 600)])
    fickle = replace(WILLING, given_up=0.999)
    of = played(record, policy(max_offers_per_wave=1), behaviours=(fickle,))
    assert of.asked.tolist() == [2]
    assert not story(of, 0)


def test_an_offer_that_reached_nobody_is_made_again() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(500, 0)])
    of = played(
        record, policy(max_waves=20), behaviours=(replace(WILLING, undelivered=0.5),), seed=4
    )
    assert len(story(of, 0)) == 1
    assert of.asked.tolist()[0] > 1


@pytest.mark.parametrize("seed", range(5))
def test_every_booking_is_legal(seed: int) -> None:
    record, rules = crowd(seed, chores=40, taskers=10), policy(radius_m=1_500.0)
    of = played(record, rules, tick_s=COARSE_S)
    rows, chores = of.bookings, record.chores
    chore, tasker = rows["slot"] % len(chores), rows["person"] % len(record.taskers)
    assert len(chore) > 10
    assert len(set(chore.tolist())) == len(chore)
    assert (rows["start_s"] >= chores.window_start_s[chore]).all()
    assert (rows["end_s"] <= chores.window_end_s[chore]).all()
    assert (rows["accepted_s"] < chores.match_by_s[chore]).all()
    widest = radii_m(np.array([1_500.0]), np.array([1.5]), np.array([20_000.0]), np.array([4]))
    assert (rows["metres"] <= widest).all()
    _assert_nobody_is_in_two_places(record, chore, tasker, rows["start_s"], rows["end_s"])


def test_a_rounds_problem_would_pass_the_checks_it_is_spared_and_all_rules_leave_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = 0

    def looked_at(problem: MatchingProblem, *given: Any, **named: Any) -> MatchingResult:
        nonlocal rounds
        rounds += 1
        tables = {name: _checked_again(value) for name, value in vars(problem).items()}
        result = match(MatchingProblem(**tables), *given, **named)
        by_all = judge(Pairs.of(problem, GreatCircleTravel()))
        assert (by_all.feasible == result.judgement.feasible).all()
        return result

    monkeypatch.setattr("matching.replay.rounds.match", looked_at)
    played(crowd(1, chores=8), policy(radius_m=800.0), policy(), behaviours=(Behaviour(),))
    assert rounds > 10


def test_hours_and_limits_say_until_when_somebody_could_be_asked() -> None:
    record = town(chores=[(9, 0, 0), (9, 0, 0)], taskers=[(500, 0), (25_000, 0)], now=[1])
    reach = reach_of(record, np.full(2, 30_000.0))
    # Wanted from 11:00 to 19:00 for an hour, by people who work until 19:00; the other lives
    # further away than they go.
    later, _ = reach.last_s[: reach.first[1]]
    assert later == pytest.approx(STARTS_S + 18 * HOUR_S, abs=2)
    assert reach.last_s[1] == -np.inf
    assert np.isposinf(reach.last_s[reach.first[1] :]).all()


def test_who_works_only_at_other_hours_never_could() -> None:
    record = town(chores=[(9, 0, 0)], taskers=[(500, 0)])
    early = record.free.start_s < STARTS_S + 20 * HOUR_S
    hours = replace(
        record.free,
        start_s=np.where(early, STARTS_S + 7 * HOUR_S, record.free.start_s),
        end_s=np.where(early, STARTS_S + 11.5 * HOUR_S, record.free.end_s),
    )
    reach = reach_of(replace(record, free=hours), np.full(1, 30_000.0))
    assert reach.last_s.tolist() == [-np.inf]


def _checked_again(value: Any) -> Any:
    if not isinstance(value, Table):
        return value
    return type(value)(**{each.name: getattr(value, each.name) for each in fields(value)})


def _assert_nobody_is_in_two_places(
    record: Record, chore: Ints, tasker: Ints, start: Floats, end: Floats
) -> None:
    travel = GreatCircleTravel()
    for each in np.unique(tasker).tolist():
        own = np.flatnonzero(tasker == each)
        own = own[np.argsort(start[own])]
        assert (end[own] - start[own]).sum() <= record.taskers.max_day_s[each]
        for one, other in pairwise(own):
            place = record.chores.place[chore[[one, other]]]
            metres = great_circle_m(place[:1], place[1:])
            trip_s = travel.trips_s(metres, record.taskers.mode[[each]])[0]
            assert start[other] >= end[one] + trip_s + record.market.turnaround_s - 1
