"""Radius, size, deadline and return of a wave."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from matching import wave
from matching.policy import MatchingPolicy
from matching.wave import ChoreKind

POLICY = MatchingPolicy()
NOON = datetime(2027, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "left_s", "expected_s"),
    [
        (ChoreKind.NOW, 1_800, 60),
        (ChoreKind.NOW, 300, 30),
        (ChoreKind.TODAY, 36_000, 900),
        (ChoreKind.TODAY, 3_600, 360),
        (ChoreKind.FUTURE, 864_000, 7_200),
        (ChoreKind.FUTURE, 0, 1),
    ],
)
def test_a_deadline_fits_the_kind_of_chore_and_the_time_left(
    kind: ChoreKind, left_s: float, expected_s: float
) -> None:
    assert wave.offer_deadline_s(POLICY, kind, left_s) == expected_s


def test_the_radius_grows_from_wave_to_wave_up_to_its_cap() -> None:
    grown = [wave.radius_m(POLICY, n) for n in range(5)]
    assert grown == [5_000, 7_500, 11_250, 16_875, 20_000]
    assert wave.radius_m(POLICY, 10_000) == 20_000


def test_today_is_the_day_on_the_wall_of_the_market() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    late = NOON + timedelta(hours=4)  # 01:00 of the next day in Tokyo
    assert wave.kind_of(False, late, NOON, ZoneInfo("Europe/London")) == ChoreKind.TODAY
    assert wave.kind_of(False, late, NOON, tokyo) == ChoreKind.FUTURE
    assert wave.kind_of(True, late, NOON, tokyo) == ChoreKind.NOW


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
