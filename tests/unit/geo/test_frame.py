"""A flat frame is true enough near its origin, and there and back is the same place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import destinations, great_circle_m
from geo.frame import LocalFrame
from geo.points import LonLat, as_points
from tests.unit.geo.strategies import places, places_in_london

inhabited = places.filter(lambda place: abs(place.lat) < 80)


@given(inhabited, st.floats(0, 360), st.floats(0, 20_000))
def test_there_and_back_is_the_same_place(origin: LonLat, bearing: float, metres: float) -> None:
    points = destinations(as_points([origin]), np.array([bearing]), np.array([metres]))
    frame = LocalFrame(origin)
    back = frame.to_lonlat(frame.to_metres(points))
    assert great_circle_m(back, points)[0] < 1e-3


@given(places_in_london, st.floats(0, 360), st.floats(1, 10_000))
def test_within_ten_kilometres_of_london_it_is_true_to_a_quarter_percent(
    origin: LonLat, bearing: float, metres: float
) -> None:
    points = destinations(as_points([origin]), np.array([bearing]), np.array([metres]))
    (flat,) = LocalFrame(origin).to_metres(points)
    assert np.hypot(*flat) == pytest.approx(metres, rel=0.0025)


def test_there_is_no_frame_at_a_pole() -> None:
    with pytest.raises(ValueError, match="85 degrees"):
        LocalFrame(LonLat(0, 89))
