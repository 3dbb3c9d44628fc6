"""Travel time grows with distance, differs by mode, and any router can say it instead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import destination
from geo.points import BadPoint, LonLat, as_points
from geo.travel import BIG_CITY, MODE_NAMES, GreatCircleTravel, Mode, Pace, TravelModel
from tests.unit.geo.strategies import places_in_london

MODEL: TravelModel = GreatCircleTravel()
CHARING_CROSS = LonLat(-0.1276, 51.5074)


def trip_s(a: LonLat, b: LonLat, mode: Mode, model: TravelModel = MODEL) -> float:
    modes = np.array([mode], dtype=np.int8)
    return float(model.travel_s(as_points([a]), as_points([b]), modes)[0])


def east_of(place: LonLat, metres: float) -> LonLat:
    return destination(place, 90, metres)


def test_a_trip_is_its_way_at_its_speed_and_the_overhead() -> None:
    paces = {mode: Pace(detour=1.5, speed_m_s=10, overhead_s=120) for mode in Mode}
    there = east_of(CHARING_CROSS, 2_000)
    seconds = trip_s(CHARING_CROSS, there, Mode.CAR, GreatCircleTravel(paces))
    assert seconds == pytest.approx(120 + 2_000 * 1.5 / 10, abs=0.01)


def test_each_trip_goes_by_its_own_mode() -> None:
    starts = as_points([CHARING_CROSS] * len(Mode))
    ends = as_points([east_of(CHARING_CROSS, 5_000)] * len(Mode))
    seconds = MODEL.travel_s(starts, ends, np.array(list(Mode), dtype=np.int8))
    assert seconds.tolist() == [trip_s(CHARING_CROSS, LonLat(*ends[0]), mode) for mode in Mode]
    order = [Mode(int(i)).label for i in np.argsort(seconds)]
    assert order == ["car", "bike", "van", "transit", "walk"]


@given(places_in_london, st.floats(1, 20_000), st.floats(1, 20_000), st.sampled_from(Mode))
def test_further_never_takes_less(place: LonLat, one: float, more: float, mode: Mode) -> None:
    near, far = east_of(place, one), east_of(place, one + more)
    assert trip_s(place, near, mode) <= trip_s(place, far, mode)


@given(places_in_london, places_in_london, st.sampled_from(Mode))
def test_every_trip_takes_a_finite_time_and_staying_takes_none(
    a: LonLat, b: LonLat, mode: Mode
) -> None:
    assert 0 <= trip_s(a, b, mode) < 24 * 3600
    assert trip_s(a, a, mode) == 0


def test_no_trips_take_no_times() -> None:
    none = as_points([])
    assert MODEL.travel_s(none, none, np.array([], dtype=np.int8)).shape == (0,)


def test_a_place_that_is_none_cannot_be_travelled_to() -> None:
    with pytest.raises(BadPoint):
        trip_s(CHARING_CROSS, LonLat(0, float("nan")), Mode.WALK)


@given(st.floats(0, 7_200), st.sampled_from(Mode))
def test_whoever_travels_as_far_as_they_reach_arrives_in_time(within_s: float, mode: Mode) -> None:
    reach_m = GreatCircleTravel().reach_m(within_s, mode)
    assert reach_m >= 0
    if reach_m > 0:
        there = east_of(CHARING_CROSS, reach_m)
        assert trip_s(CHARING_CROSS, there, mode) == pytest.approx(within_s, rel=1e-6)


def test_modes_have_names() -> None:
    assert MODE_NAMES == ("walk", "bike", "transit", "car", "van")
    assert [Mode.named(name) for name in MODE_NAMES] == list(Mode)
    with pytest.raises(ValueError, match="'horse'"):
        Mode.named("horse")


@pytest.mark.parametrize(
    "pace",
    [(0.9, 5, 0), (float("nan"), 5, 0), (1.3, 0, 0), (1.3, -1, 0), (1.3, 5, -1), (1.3, 5, 1e9)],
)
def test_a_pace_nobody_goes_at_is_refused(pace: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"way to travel|overhead"):
        Pace(*pace)


def test_a_model_needs_a_pace_for_every_mode() -> None:
    with pytest.raises(KeyError):
        GreatCircleTravel({mode: BIG_CITY[mode] for mode in Mode if mode is not Mode.VAN})
