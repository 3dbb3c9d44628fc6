"""The design of a switchback: balanced, repeatable, honest about its borders."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.switchback import DAY_S, Arm, Block, Switchback

HOUR = 3_600
MIDNIGHT = 1_763_942_400.0
REGIONS = [f"8519{n:02x}ffffffff" for n in range(12)]


def design(**changes: Any) -> Switchback:
    values: dict[str, Any] = {
        "seed": 7,
        "starts_at": MIDNIGHT,
        "days": 14,
        "slot_s": 4 * HOUR,
        "washout_s": HOUR,
    }
    return Switchback(**(values | changes))


def arm(of: Switchback, region: str, at: float) -> Arm:
    placement = of.place(region, at)
    assert placement is not None
    return placement.arm


def test_each_block_gives_each_arm_one_slot_at_the_same_hour_of_neighbouring_days() -> None:
    plan, seen = design(), defaultdict[Block, list[Arm]](list)
    for region in REGIONS:
        for slot in range(14 * 6):
            placement = plan.place(region, MIDNIGHT + slot * 4 * HOUR)
            assert placement is not None
            assert placement.block.slot_of_day == slot % 6
            seen[placement.block].append(placement.arm)
    assert len(seen) == 12 * 6 * 7
    assert {tuple(sorted(arms)) for arms in seen.values()} == {("a", "b")}


def test_the_coin_is_fair_and_the_seed_decides_it() -> None:
    first = Counter(
        arm(design(seed=seed), region, MIDNIGHT) for seed in range(100) for region in REGIONS
    )
    assert 540 < first["a"] < 660
    slots = [MIDNIGHT + slot * 4 * HOUR for slot in range(84)]
    again, other = ([arm(design(seed=s), REGIONS[0], at) for at in slots] for s in (7, 8))
    assert [arm(design(), REGIONS[0], at) for at in slots] == again != other


def test_regions_toss_for_themselves() -> None:
    slots = [MIDNIGHT + slot * 4 * HOUR for slot in range(84)]
    plans = {tuple(arm(design(), region, at) for at in slots) for region in REGIONS}
    assert len(plans) == len(REGIONS)


@given(st.integers(-DAY_S, 16 * DAY_S))
def test_outside_its_time_nobody_is_placed(after_s: int) -> None:
    placed = design().place(REGIONS[0], MIDNIGHT + after_s)
    assert (placed is not None) == (0 <= after_s < 14 * DAY_S)


def test_the_first_hour_after_a_switch_is_not_counted_and_after_none_it_is() -> None:
    plan, kinds = design(), Counter[tuple[bool, bool]]()
    for slot in range(1, 84):
        at = MIDNIGHT + slot * 4 * HOUR
        switched = arm(plan, REGIONS[0], at - 1) != arm(plan, REGIONS[0], at)
        early, late = plan.place(REGIONS[0], at + HOUR - 1), plan.place(REGIONS[0], at + HOUR)
        assert early is not None
        assert late is not None
        assert late.counted
        assert early.counted is not switched
        kinds[switched, early.counted] += 1
    assert len(kinds) == 2
    first = plan.place(REGIONS[0], MIDNIGHT)
    assert first is not None
    assert not first.counted


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slot_s", 5 * HOUR),
        ("slot_s", 0),
        ("slot_s", -HOUR),
        ("days", 3),
        ("days", 0),
        ("washout_s", 4 * HOUR),
        ("washout_s", -1),
    ],
)
def test_what_is_no_design_is_refused_by_the_name_of_its_field(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"^{field}:"):
        design(**{field: value})
