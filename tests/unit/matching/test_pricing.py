"""Rate x time -> price."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.pricing import billed_s, payable_s, price, prices

RATES = st.integers(0, 1_000_000)
TIMES = st.integers(0, 7 * 86_400)


def test_an_hour_is_the_least_that_is_billed() -> None:
    assert price(3_000, 600) == 3_000


def test_time_beyond_the_minimum_counts_in_quarters_begun() -> None:
    assert billed_s(3_601) == 4_500
    assert price(3_000, 3_601) == 3_750


def test_half_a_penny_is_rounded_up() -> None:
    assert price(1_001, 5_400) == 1_502  # 1,501.5


@pytest.mark.parametrize(
    ("worked_h", "planned_h", "payable_h"),
    [(1, 1, 1), (4, 1, 4), (4.5, 1, 4), (24, 1, 4), (5, 3, 5), (6, 3, 6), (6.5, 3, 6)],
)
def test_at_most_twice_the_plan_counts_or_four_hours_if_that_is_more(
    worked_h: float, planned_h: float, payable_h: float
) -> None:
    assert payable_s(worked_h * 3600, planned_h * 3600) == payable_h * 3600


@given(RATES, TIMES)
def test_a_price_is_within_half_a_penny_of_rate_times_billed_time(rate: int, worked: int) -> None:
    exact = rate * billed_s(worked) / 3600
    assert abs(price(rate, worked) - exact) <= 0.5


@given(RATES, TIMES, st.integers(0, 86_400))
def test_more_work_never_costs_less(rate: int, worked: int, more: int) -> None:
    assert price(rate, worked + more) >= price(rate, worked)


@given(RATES, TIMES)
def test_billed_time_covers_the_work_by_less_than_a_step(rate: int, worked: int) -> None:
    billed = billed_s(worked)
    assert billed >= max(worked, 3600)
    assert billed % 900 == 0
    assert billed - max(worked, 3600) < 900


@given(st.lists(st.tuples(RATES, TIMES), min_size=1, max_size=20))
def test_arrays_are_priced_like_scalars(jobs: list[tuple[int, int]]) -> None:
    rates, times = (np.array(column) for column in zip(*jobs, strict=True))
    assert prices(rates, times.astype(float)).tolist() == [price(r, t) for r, t in jobs]


@pytest.mark.parametrize("worked", [-1.0, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(worked: float) -> None:
    with pytest.raises(ValueError, match="worked_s"):
        price(3_000, worked)


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="rate_per_h"):
        price(-1, 3_600)
