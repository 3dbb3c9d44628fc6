"""Radius, size, deadline and return of a wave."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from matching import wave
from matching.policy import MatchingPolicy
from matching.problem import Market
from tests.unit.matching import scenes

POLICY = MatchingPolicy()
NOON = datetime(2027, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "left_s", "expected_s"),
    [
        ("now", 1_800, 60),
        ("now", 300, 30),
        ("today", 36_000, 900),
        ("today", 3_600, 360),
        ("future", 864_000, 7_200),
        ("future", 0, 1),
    ],
)
def test_a_deadline_fits_the_kind_of_chore_and_the_time_left(
    kind: str, left_s: float, expected_s: float
) -> None:
    (deadline_s,) = wave.deadlines_s(
        now_s=np.array([POLICY.offer_deadline_now_s]),
        today_s=np.array([POLICY.offer_deadline_today_s]),
        future_s=np.array([POLICY.offer_deadline_future_s]),
        share=np.array([POLICY.offer_deadline_share]),
        wanted_now=np.array([kind == "now"]),
        today=np.array([kind != "future"]),
        left_s=np.array([left_s]),
    )
    assert deadline_s == expected_s


def test_the_radius_grows_from_wave_to_wave_up_to_its_cap() -> None:
    grown = [wave.radius_m(POLICY, n) for n in range(5)]
    assert grown == [5_000, 7_500, 11_250, 16_875, 20_000]
    assert wave.radius_m(POLICY, 10_000) == 20_000


def test_today_is_the_day_on_the_wall_of_the_market() -> None:
    late = scenes.NOON + 4 * scenes.HOUR  # 01:00 of the next day in Tokyo
    asked = scenes.problem([scenes.chore(window_start_s=late), scenes.chore_now("now")], [])
    tokyo = replace(asked, market=Market("tokyo", ZoneInfo("Asia/Tokyo")))
    assert asked.is_today.tolist() == [True, True]
    assert tokyo.is_today.tolist() == [False, True]


def test_a_chore_for_now_is_matched_within_the_policys_patience() -> None:
    def until(wanted_now: bool) -> datetime:
        return wave.match_by(
            POLICY,
            wanted_now=wanted_now,
            posted_at=NOON,
            window_end=NOON + timedelta(hours=9),
            duration=timedelta(hours=1),
        )

    assert until(wanted_now=True) == NOON + timedelta(minutes=30)
    assert until(wanted_now=False) == NOON + timedelta(hours=8)
