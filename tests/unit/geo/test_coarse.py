"""What is said about people is rounded up, coarser the further."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.coarse import coarse_m, coarse_s


@pytest.mark.parametrize(
    ("metres", "said"),
    [(0, 0), (1, 500), (500, 500), (501, 1_000), (2_001, 3_000), (9_999, 10_000), (10_001, 15_000)],
)
def test_metres_are_rounded_up_to_a_step(metres: float, said: float) -> None:
    assert coarse_m(metres) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, 0), (1, 300), (1_801, 2_700), (7_200, 7_200), (7_201, 10_800)]
)
def test_seconds_are_rounded_up_to_a_step(seconds: float, said: float) -> None:
    assert coarse_s(seconds) == said


@given(st.lists(st.integers(0, 1_000_000), min_size=2, max_size=20))
def test_the_order_of_distances_is_kept_and_none_is_understated(metres: list[int]) -> None:
    ordered = np.sort(np.array(metres, dtype=np.float64))
    said = coarse_m(ordered)
    assert (np.diff(said) >= 0).all()
    assert (said >= ordered).all()
    assert (said - ordered < 5_000).all()
