"""A sweep: refused clearly, paired between values, and silent where it cannot know."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching.chance import FEATURES
from matching.policy import PolicyDocument
from matching.replay.behaviour import Behaviour
from matching.replay.draws import keys_of, uniform
from matching.replay.forecast import estimate, why_not
from matching.replay.regions import Regions
from matching.replay.support import Support
from matching.replay.sweep import Basis, Sweep, SweepRefused, play, result_of
from tests.unit.matching.towns import crowd, policy


def basis(offers: Any = None) -> Basis:
    record = crowd(1, chores=15, taskers=8)
    return Basis(record, (Behaviour(),) * 3, (1, 2, 3), offers, tick_s=600.0)


@pytest.mark.parametrize(
    ("field", "values", "reason"),
    [
        ("radius_m", (0,), "greater than or equal to 100"),
        ("radius_m", (-1,), "greater than or equal to 100"),
        ("radius_m", (float("nan"),), "is no number"),
        ("radius_m", (1e9,), "less than or equal to 200000"),
        ("radius_m", (30_000,), r"radius_cap_m \(20000\) must be at least radius_m \(30000\)"),
        ("radius_m", (True,), "valid number"),
        ("radius_m", (), "takes 1 to 12 values"),
        ("radius_m", (2_000, 2_000), "each value once"),
        ("max_waves", (2.5,), "valid integer"),
        ("favourites_first", (2,), "valid boolean"),
        ("shoe_size", (1,), "no such field"),
        ("hold_s", (60,), "not known in a replay"),
    ],
)
def test_a_sweep_that_cannot_be_run_is_refused(
    field: str, values: tuple[Any, ...], reason: str
) -> None:
    with pytest.raises(SweepRefused, match=reason):
        Sweep(policy(), field, values)


def test_a_category_is_swept_alone() -> None:
    sweep = Sweep(policy(), "radius_m", (3_000,), "mounting")
    variant = sweep.variants()[0]
    assert variant.for_category("mounting").radius_m == 3_000
    assert variant.default == policy().default


def test_todays_value_is_played_too_and_marked() -> None:
    sweep = Sweep(policy(radius_m=2_000.0), "radius_m", (300, 4_000))
    result = result_of(sweep, basis(), play(sweep, basis(), range(3)))
    assert (result["today"], result["values"]) == (2_000, [300, 4_000])
    fill = result["metrics"][0]
    assert [point["value"] for point in fill["points"]] == [300, 4_000, 2_000]
    today = fill["points"][2]
    assert today["change"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert today["low"] <= today["mean"] <= today["high"]
    assert fill["points"][0]["mean"] < fill["points"][1]["mean"]


def test_shares_of_a_sweep_add_up_to_the_whole() -> None:
    sweep = Sweep(policy(), "radius_m", (1_000, 4_000))
    whole = play(sweep, basis(), range(3))
    parts = play(sweep, basis(), [0]) + play(sweep, basis(), [1, 2])
    assert np.array_equal(whole.values, parts.values, equal_nan=True)
    assert np.array_equal(whole.gained, parts.gained)
    assert result_of(sweep, basis(), whole) == result_of(sweep, basis(), parts)


def test_places_count_what_is_newly_filled_and_lost() -> None:
    sweep = Sweep(policy(radius_m=2_000.0), "radius_m", (500, 2_000))
    near, same = result_of(sweep, basis(), play(sweep, basis(), range(3)))["places"]
    assert same["cells"] == []
    assert sum(cell["lost"] for cell in near["cells"]) > 1


def test_a_value_whose_offers_were_never_seen_is_not_told() -> None:
    rng = np.random.default_rng(1)
    near = np.column_stack([np.ones(200), *rng.uniform(0, 0.05, (len(FEATURES) - 1, 200))])
    sweep = Sweep(PolicyDocument(), "radius_m", (6_000,))
    result = result_of(sweep, basis(near), play(sweep, basis(near), range(3)))
    point = result["metrics"][0]["points"][0]
    assert not point["predictable"]
    assert point["mean"] is None
    assert "than any on record" in point["why"]


def test_few_recorded_answers_tell_nothing() -> None:
    nothing = np.zeros(len(FEATURES))
    assert why_not(nothing, 12) == "only 12 answered offers are on record; it takes 60"
    assert why_not(nothing, 60) is None
    assert why_not(nothing, None) is None


def test_an_interval_covers_what_is_drawn_nine_times_of_ten() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(400):
        *draws, new = rng.normal(0, 1, 6)
        found = estimate(np.array([[value, value, value] for value in draws]), 7)
        inside += found.low <= new <= found.high
    assert 0.86 <= inside / 400 <= 0.94


def test_support_counts_by_variant() -> None:
    support = Support.of(2, np.tile(np.linspace(0, 1, 201)[:, None], len(FEATURES)))
    features = np.full((3, len(FEATURES)), 0.5)
    features[2, 1] = 3.0
    support.count(np.array([0, 1, 1]), features)
    assert support.shares()[0].sum() == 0
    assert support.shares()[1].tolist() == [0, 0.5, 0, 0, 0, 0]


def test_draws_hang_on_their_keys_alone_and_are_even() -> None:
    keys = keys_of(f"id-{n}" for n in range(20_000))
    drawn = uniform(np.array([7], dtype=np.uint64), keys)
    assert np.array_equal(drawn[5:9], uniform(np.array([7], dtype=np.uint64), keys[5:9]))
    assert abs(drawn.mean() - 0.5) < 0.01
    assert np.bincount((drawn * 10).astype(int)).min() > 1_850
    other = uniform(np.array([8], dtype=np.uint64), keys)
    assert abs(np.corrcoef(drawn, other)[0, 1]) < 0.03


def test_a_region_tells_of_its_own_chores_and_the_regions_make_up_the_market() -> None:
    sweep = Sweep(policy(radius_m=2_000.0), "radius_m", (500, 4_000))
    everywhere = basis()
    east = (everywhere.record.chores.place[:, 0] > 0).astype(np.int64)
    split = replace(everywhere, regions=Regions(("west", "east", "empty"), east))
    result = result_of(sweep, split, play(sweep, split, range(3)))
    whole, (west, other) = result["metrics"][0]["points"], result["regions"]
    assert [west["name"], other["name"]] == ["west", "east"]
    for n, point in enumerate(whole):
        parts = sum(each["chores"] * each["points"][n]["mean"] for each in (west, other))
        assert parts / (west["chores"] + other["chores"]) == pytest.approx(point["mean"])
        assert west["points"][n]["low"] <= west["points"][n]["mean"] <= west["points"][n]["high"]
    assert west["points"][2]["change"] == {"mean": 0.0, "low": 0.0, "high": 0.0}


def test_a_regions_travel_is_that_of_its_own_bookings() -> None:
    regions = Regions(("west", "east"), np.array([0, 1, -1]))
    block, slot = np.array([0, 0, 1]), np.array([0, 1, 2, 3, 3])
    trips = regions.trips(block, slot, np.array([60.0, 90.0, 500.0, 10.0, 30.0]), lanes=2)
    assert trips.shape == (2, 2, 2, 2)
    assert trips[0, :, :, 0].tolist() == [[1, 1], [2, 0]]
    assert trips[1, :, :, 0].tolist() == [[60, 90], [40, 0]]
    assert not trips[..., 1].any()


def test_travel_to_the_only_region_is_the_markets_and_untold_where_nothing_is_booked() -> None:
    sweep = Sweep(policy(radius_m=2_000.0), "radius_m", (100, 4_000))
    everywhere = basis()
    chores = len(everywhere.record.chores)
    whole = replace(everywhere, regions=Regions(("all",), np.zeros(chores, np.int64)))
    result = result_of(sweep, whole, play(sweep, whole, range(3)))
    travel = next(each["points"] for each in result["metrics"] if each["name"] == "travel_s")
    for point, there in zip(travel, result["regions"][0]["travel"], strict=True):
        if there["mean"] is None:
            assert there["why"] == "in some draw nothing was booked there"
        else:
            assert there["mean"] == pytest.approx(point["mean"])
    assert result["regions"][0]["travel"][1]["mean"] is not None
